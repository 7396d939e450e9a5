"""The engine's own reading of frames under the Autobahn cases, as the package kosoku runs them."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hangup.conversation import Conversation
from hangup.endpoint import Endpoint
from hangup.framing import Opcode
from hangup.load.accounts import Accounts
from hangup.load.crew import Crew
from hangup.load.line import Line, now
from hangup.load.order import Load
from hangup.load.script import Part, part_of

CASES = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "9.*", "10.*"]
AT_ONCE = 8
SERVER = Path(__file__).parents[1] / "probe" / "conformance_server.py"
DEVIATIONS = {
    **{case: ["NON-STRICT", "OK"] for case in ("6.4.1", "6.4.2", "6.4.3", "6.4.4")},
    **{case: ["INFORMATIONAL", "INFORMATIONAL"] for case in ("7.1.6", "7.13.1", "7.13.2")},
}
"""Text is checked when it is whole; where the suite says INFORMATIONAL it asks for no more."""


class Echo(Line):
    """Sends back what it hears, in the kind it came in, and keeps the last of it."""

    last_heard = b""
    played_out = True

    def begin(self) -> None:
        self.until = now() + 30.0

    def hear(self, at: float, payload: bytes) -> None:
        self._echo(Opcode.TEXT, payload)

    def hear_pong(self, at: float, payload: bytes) -> None:
        return

    def waited(self, at: float) -> None:
        self.hang_up()

    def _take(self, at: float, opcode: Opcode, payload: bytes) -> None:
        if opcode is Opcode.BINARY and not self.closed_at:
            self._echo(opcode, payload)
        else:
            super()._take(at, opcode, payload)

    def _echo(self, opcode: Opcode, payload: bytes) -> None:
        self.last_heard = payload
        if "runCase" in self.part.endpoint.target:
            self.write(opcode, payload)


class Case(Crew):
    """One connection, of which it is known when it is over."""

    async def play(self, part: Part) -> bytes:
        over = asyncio.get_running_loop().create_future()
        line = Echo(self, 1, now(), part)
        self.done = lambda: over.done() or over.set_result(None)
        await self._loop.create_connection(lambda: line, "127.0.0.1", part.endpoint.port)
        sweeping = asyncio.create_task(self._sweep())
        self._alive.add(line)  # type: ignore[arg-type]
        await over
        sweeping.cancel()
        return line.last_heard

    def ended(self, client: Line, state: object) -> None:
        self._alive.discard(client)  # type: ignore[arg-type]
        self.done()


async def _connect(port: int, target: str) -> bytes:
    endpoint = Endpoint(secure=False, host="127.0.0.1", port=port, target=target)
    load = Load(endpoint=endpoint, stages=(), connections=1)
    crew = Case(load, ("127.0.0.1",), lambda _: None, Accounts(now()))  # type: ignore[arg-type]
    async with asyncio.timeout(40):
        return await crew.play(part_of(endpoint, Conversation(), 10.0))


async def drive(port: int) -> None:
    """Be the client of every case, several at once, and ask for the verdicts at the end."""
    count = int(await _connect(port, "/getCaseCount"))
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with turn:
            await _connect(port, f"/runCase?case={number}&agent=load")

    await asyncio.gather(*map(one, range(1, count + 1)))
    await _connect(port, "/updateReports?agent=load")


@pytest.fixture(scope="module")
def verdicts() -> dict[str, list[str]]:
    with subprocess.Popen(
        [sys.executable, SERVER, *CASES], stdout=subprocess.PIPE, env=dict(os.environ)
    ) as server:
        try:
            assert server.stdout is not None
            asyncio.run(drive(int(server.stdout.readline())))
            found: dict[str, list[str]] = json.loads(server.stdout.readline())
            return found
        finally:
            server.kill()


def test_every_case_is_passed_or_its_deviation_explained(verdicts: dict[str, list[str]]) -> None:
    odd = {case: both for case, both in verdicts.items() if both != ["OK", "OK"]}
    assert odd == DEVIATIONS
    assert len(verdicts) > 240
