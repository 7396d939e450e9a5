"""The engine of a worker: a process without Locust, told by lines of JSON who comes and who goes.

It reads commands from stdin, the order first, and writes an answer for each that asks for one. When
stdin ends, so does it, with all closes sent: a worker that dies leaves no engine behind.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import ssl
import sys
import time
from collections.abc import Callable

import msgspec
from msgspec import Struct

from hangup.load.accounts import Accounts
from hangup.load.cast import Cast
from hangup.load.client import Client
from hangup.load.crew import Crew
from hangup.load.latencies import Latencies
from hangup.load.line import Line, State, now
from hangup.load.locust.batch import Batch
from hangup.load.locust.declared import Order
from hangup.load.locust.ledger import Ledger, ending_took, is_ours
from hangup.load.moments import peak_mb
from hangup.probe.files import allow_files

LEAVING = 2.0
"""Seconds for the last ones to leave when all is over."""
MOST_LINE = 256 << 20
MOST_FILES = 1_000_000
"""As many as the system lets us have: how many users come is not known beforehand."""


class Command(Struct, frozen=True, omit_defaults=True):
    """Users who come or go, by number, and whether to tell what was counted, or to end."""

    comes: int = 0
    goes: int = 0
    tell: bool = False
    end: bool = False


class Answer(Struct, frozen=True, kw_only=True):
    """What was counted since the last answer, and what this process has cost so far."""

    batch: Batch
    cpu_s: float
    rss_mb: float


class Fleet(Crew):
    """Runs one connection for each user, as long as the user stays."""

    def __init__(
        self,
        order: Order,
        addresses: tuple[str, ...],
        cast: Cast,
        accounts: Accounts,
        tls: ssl.SSLContext | None,
    ) -> None:
        super().__init__(order.load(), addresses, cast, accounts, tls)
        self.closing_time = Latencies()
        self.unheard = 0
        self._again = order.again
        self._users: dict[int, Client | None] = {}

    def come(self, number: int) -> None:
        """Begin the connection of a user."""
        self.arrived += 1
        self.opening += 1
        client = Client(self, number, now(), self._parts(number))
        self._users[number] = client
        self._alive.add(client)
        client.task = self._loop.create_task(self._connect(client))

    def go(self, number: int) -> None:
        """End the connection of a user, who does not come again."""
        client = self._users.pop(number, None)
        if client is not None:
            client.stop()

    async def end(self) -> None:
        """End all connections."""
        self._users.clear()
        await self.stop(LEAVING)

    def ended(self, client: Line, state: State) -> None:
        """Count a connection that is over, and have its user come again."""
        super().ended(client, state)
        if is_ours(client, state):
            self.unheard += client.said - client.arrived
            self.lost -= client.said - client.arrived
        if client.opened:
            self.closing_time.add(int(ending_took(client, state) * 1e6))
        if client.number in self._users and self._again is not None:
            self._users[client.number] = None
            self.later(self._again, self._come_again, client.number)

    def _come_again(self, number: int) -> None:
        if self._users.get(number, self) is None:
            self.come(number)


async def serve() -> None:
    """Take commands until there are none."""
    reader = await _stdin()
    ordered = await reader.readline()
    if not ordered:
        return  # the worker was stopped before anybody came
    order = msgspec.json.decode(ordered, type=Order)
    cast, accounts = order.cast(), Accounts(now())
    fleet = Fleet(order, await _addresses(order.endpoint.host), cast, accounts, _tls(order))
    ledger = Ledger(fleet, accounts, cast, order.name)
    sweeping = asyncio.create_task(fleet._sweep())
    decode = msgspec.json.Decoder(Command).decode
    while line := await reader.readline():
        command = decode(line)
        if command.comes:
            fleet.come(command.comes)
        elif command.goes:
            fleet.go(command.goes)
        if command.end:
            await fleet.end()
        if command.tell or command.end:
            _answer(await ledger.take())
    await fleet.end()
    sweeping.cancel()


def main() -> None:
    """Run the engine; Ctrl-C is the worker's to hear."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    allow_files(MOST_FILES)
    with asyncio.Runner(loop_factory=_new_loop()) as runner:
        runner.run(serve())


async def _stdin() -> asyncio.StreamReader:
    reader = asyncio.StreamReader(MOST_LINE)
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
    return reader


async def _addresses(host: str) -> tuple[str, ...]:
    """Give the addresses of a host; one that has none is left to fail for each connection."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return (host,)
    return tuple(dict.fromkeys(str(each[4][0]) for each in found))


def _tls(order: Order) -> ssl.SSLContext | None:
    if not order.endpoint.secure:
        return None
    from hangup.probe.tls import make_context  # here: most loads are of loopback, without TLS

    return make_context(order.endpoint.tls)


def _answer(batch: Batch) -> None:
    answer = Answer(
        batch=batch,
        cpu_s=time.process_time(),
        rss_mb=peak_mb(),
    )
    sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
    sys.stdout.buffer.flush()


def _new_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # here: it comes with an extra, and not on every system
    except ImportError:
        return None
    return uvloop.new_event_loop


if __name__ == "__main__":
    main()
