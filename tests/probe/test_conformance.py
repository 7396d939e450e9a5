"""Our client under the Autobahn cases (RFC 6455 and RFC 7692), as the package kosoku runs them.

kosoku 0.1 is under the MIT licence, the cases in it under Apache-2.0. Its own oddity is no
failure of it: case 7.1.5 (a close frame between two fragments) fails for every client on
websockets, which refuses that close frame; `WatchedProtocol` accepts it, as RFC 6455, 5.4 does.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hangup.event import Upgraded

from .watching import endpoint_at, trace_of

CASES = [
    *("1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "9.*", "10.*"),
    # Sections 12 and 13 are 216 cases of 1000 messages; those left out differ in size only.
    *(f"12.{section}.1" for section in range(1, 6)),
    *(f"13.{section}.1" for section in range(1, 8)),
]
AT_ONCE = 8
LONGEST_CASE = 20.0

READS_FIRST = "what came before the illegal frame is read in one go with it, and not echoed first"
WHOLE_FRAMES = "UTF-8 is checked frame by frame, and here the rest of the frame never comes"
NOT_OFFERED = "we offer what browsers offer, and the suite asks for no more than is offered"
UNSPECIFIED = "the suite only tells what a client does here"
DEVIATIONS = {
    **dict.fromkeys(["3.2", "3.3", "3.4"], (["NON-STRICT", "OK"], READS_FIRST)),
    **dict.fromkeys(["4.1.3", "4.1.4", "4.1.5"], (["NON-STRICT", "OK"], READS_FIRST)),
    **dict.fromkeys(["4.2.3", "4.2.4", "4.2.5"], (["NON-STRICT", "OK"], READS_FIRST)),
    "5.15": (["NON-STRICT", "OK"], READS_FIRST),
    **dict.fromkeys(["13.2.1", "13.5.1", "13.6.1"], (["UNIMPLEMENTED", "OK"], NOT_OFFERED)),
    **dict.fromkeys(["6.4.3", "6.4.4"], (["NON-STRICT", "OK"], WHOLE_FRAMES)),
    **dict.fromkeys(
        ["7.1.6", "7.13.1", "7.13.2"], (["INFORMATIONAL", "INFORMATIONAL"], UNSPECIFIED)
    ),
}
"""Case: the verdicts on behaviour and on closing, and why; a case that is better fails the test."""


async def echo(session) -> None:
    while (message := await session.hear(None, LONGEST_CASE)) is not None:
        await session.send(message)


async def drive(port: int) -> None:
    """Be the client of every case, several at once, and ask for the verdicts at the end."""
    said = []
    turn = asyncio.Semaphore(AT_ONCE)

    async def ask(session) -> None:
        said.append(await session.hear(None, LONGEST_CASE))

    async def one(target: str, script) -> None:
        async with turn:
            endpoint = endpoint_at(port, target=target)
            trace = await trace_of(endpoint, script, within=LONGEST_CASE)
            assert trace.first(Upgraded)

    await one("/getCaseCount", ask)
    numbers = range(1, int(said[0]) + 1)
    await asyncio.gather(*(one(f"/runCase?case={i}&agent=hangup", echo) for i in numbers))
    await one("/updateReports?agent=hangup", ask)


@pytest.fixture(scope="module")
def verdicts() -> dict[str, list[str]]:
    program = Path(__file__).with_name("conformance_server.py")
    with subprocess.Popen(
        [sys.executable, program, *CASES], stdout=subprocess.PIPE, env=dict(os.environ)
    ) as server:
        try:
            asyncio.run(drive(int(server.stdout.readline())))
            return json.loads(server.stdout.readline())
        finally:
            server.kill()


@pytest.mark.timeout(120)
def test_every_case_is_passed_or_its_deviation_explained(verdicts) -> None:
    odd = {case: both for case, both in verdicts.items() if both != ["OK", "OK"]}
    assert odd == {case: both for case, (both, _) in DEVIATIONS.items()}
    assert len(verdicts) > 300


@pytest.mark.timeout(120)
def test_no_case_finds_a_breach_of_the_protocol(verdicts) -> None:
    assert not [case for case, both in verdicts.items() if "FAILED" in both[0] + both[1]]
