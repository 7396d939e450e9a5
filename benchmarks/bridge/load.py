"""The one generator: users who ask for events, check that each came once in order, and say so."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from benchmarks.bridge.dialects import EVENT, Dialect
from benchmarks.bridge.wire import Wire

TEXT = "the coast of Norway is 28953 km long when fjords are counted "
"""Makes an event of 130 to 180 bytes, with what each peer puts around it."""
DEADLINE = 60.0


@dataclass
class Load:
    """What is asked of a server: `pause` is 0.0 for as fast as it goes, else seconds of a burst."""

    events: int
    burst: int
    pause: float = 0.0


@dataclass
class Heard:
    """How long it took from the asking until everything was acknowledged, and what it was like."""

    seconds: float
    events: int
    busy: float
    """The generator's share of one core."""
    latencies: list[float] = field(default_factory=list)


class User:
    """One user with one connection."""

    def __init__(self, dialect: Dialect, name: str, latencies: list[float] | None = None) -> None:
        self.name = name
        self._dialect, self._latencies = dialect, latencies
        self._wire = Wire(dialect.path, name, self._hear)
        self._wanted, self._got = 0, 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._welcomed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if dialect.welcome is None:
            self._welcomed.set_result(None)

    @property
    def lost(self) -> bool:
        """Whether the connection has ended."""
        return self._wire.lost is not None

    async def open(self, port: int, source: str = "127.0.0.1") -> None:
        """Connect, and be welcomed."""
        loop = asyncio.get_running_loop()
        here = (source, 0)
        await loop.create_connection(lambda: self._wire, "127.0.0.1", port, local_addr=here)
        await self._wire.opened
        if greeting := self._dialect.greeting(self.name):
            self._wire.say(greeting)
        await self._welcomed

    def ask(self, load: Load, offset: float, latencies: list[float] | None) -> None:
        """Ask for events."""
        self._wanted, self._got, self._latencies = load.events, 0, latencies
        self.done = asyncio.get_running_loop().create_future()
        asked = {"events": load.events, "burst": load.burst, "pause": load.pause}
        self._wire.say(self._dialect.ask({**asked, "offset": offset, "text": TEXT}))

    def close(self) -> None:
        """Hang up."""
        self._wire.close()

    def _hear(self, payloads: list[bytes]) -> None:
        now = time.monotonic()
        found = EVENT.findall(b"".join(payloads))
        if not found:
            return self._word(payloads)
        first, last = int(found[0][0]), int(found[-1][0])
        if first != self._got + 1 or last != self._got + len(found):
            return self._fail(f"event {first} to {last} came behind {self._got}")
        self._got = last
        self._wire.say(self._dialect.ack(payloads, last))
        if self._latencies is not None:
            self._latencies += [now - float(sent) for _, sent in found]
        if last == self._wanted:
            self._wire.say(self._dialect.ping())
        if self._dialect.is_pong(payloads[-1]):
            self._word(payloads)
        return None

    def _word(self, payloads: list[bytes]) -> None:
        for payload in payloads:
            welcome = self._dialect.welcome
            if welcome and payload.startswith(welcome) and not self._welcomed.done():
                self._welcomed.set_result(None)
            elif self._dialect.is_pong(payload) and not self.done.done():
                self.done.set_result(None)
            elif reply := self._dialect.pulse(payload):
                self._wire.say(reply)

    def _fail(self, why: str) -> None:
        if not self.done.done():
            self.done.set_exception(AssertionError(f"{self.name}: {why}"))


@asynccontextmanager
async def users(dialect: Dialect, port: int, count: int) -> AsyncIterator[list[User]]:
    """Have users connected."""
    found = [User(dialect, f"u{number}") for number in range(count)]
    try:
        async with asyncio.timeout(DEADLINE):
            await asyncio.gather(*(user.open(port) for user in found))
        yield found
    finally:
        for user in found:
            user.close()


async def drive(users: list[User], load: Load) -> Heard:
    """Have every user ask at once, and wait until each has everything and is known to have it."""
    latencies: list[float] | None = [] if load.pause else None
    begun, spent = time.monotonic(), time.process_time()
    for number, user in enumerate(users):
        user.ask(load, load.pause * number / len(users), latencies)
    async with asyncio.timeout(DEADLINE + load.pause * load.events):
        await asyncio.gather(*(user.done for user in users))
    seconds = time.monotonic() - begun
    busy = (time.process_time() - spent) / seconds
    return Heard(seconds, load.events * len(users), busy, latencies or [])
