"""Faults of a wire: each changes the bytes of one direction, or when they come, or whether."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal, Protocol

Side = Literal["client", "server"]
"""Whose bytes are meant: the client's go up, the server's come down."""
Flow = AsyncIterator[bytes]


class Fault(Protocol):
    """Something wrong with one side's bytes."""

    @property
    def of(self) -> Side:
        """Whose bytes it concerns."""

    def through(self, flow: Flow) -> Flow:
        """Give what becomes of them; where it ends, this direction ends in a FIN.

        Raises:
            CutError: the whole connection ends here.
        """


class CutError(Exception):
    """A fault ends the connection in both directions, with a reset or in order."""

    def __init__(self, *, reset: bool) -> None:
        super().__init__("the connection ends here")
        self.reset = reset


@dataclass(frozen=True, slots=True)
class Point:
    """A place in a flow: after so many bytes, of all or of what follows the first HTTP head."""

    after: int = 0
    past_head: bool = False


START = Point()
HEAD = Point(past_head=True)
"""Right after the first HTTP head: from here on the bytes are those of the WebSocket."""


class Before:
    """The part of a flow before a point; then `reached` says whether there was one."""

    def __init__(self, flow: Flow, point: Point) -> None:
        self._flow = flow
        self._left = point.after
        self._head: bytes | None = b"" if point.past_head else None
        self.reached = False
        self.rest = b""

    async def __aiter__(self) -> Flow:
        """Give the chunks; what of the last one lies beyond the point is `rest`."""
        if self._place(b"") is not None:
            self.reached = True
            return
        async for chunk in self._flow:
            place = self._place(chunk)
            yield chunk[:place]
            if place is not None:
                self.reached, self.rest = True, chunk[place:]
                return

    def _place(self, chunk: bytes) -> int | None:
        begins = 0
        if self._head is not None:
            known = len(self._head)
            self._head += chunk
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return None
            begins, self._head = end + 4 - known, None
        if self._left <= len(chunk) - begins:
            return begins + self._left
        self._left -= len(chunk) - begins
        return None


@dataclass(frozen=True, slots=True)
class Latency:
    """Each byte comes so many seconds later."""

    of: Side
    seconds: float

    async def through(self, flow: Flow) -> Flow:
        """Delay what comes, and keep taking what follows."""
        queue: asyncio.Queue[tuple[float, bytes | None]] = asyncio.Queue()
        now = asyncio.get_running_loop().time

        async def fill() -> None:
            try:
                async for chunk in flow:
                    queue.put_nowait((now() + self.seconds, chunk))
            finally:
                queue.put_nowait((now() + self.seconds, None))

        filling = asyncio.create_task(fill())
        try:
            while True:
                due, chunk = await queue.get()
                await asyncio.sleep(due - now())
                if chunk is None:
                    await filling  # raises what the faults before this one raise
                    return
                yield chunk
        finally:
            filling.cancel()


@dataclass(frozen=True, slots=True)
class Drip:
    """Bytes come one by one, so many in a second."""

    of: Side
    per_second: float

    async def through(self, flow: Flow) -> Flow:
        """Give one byte at a time."""
        async for chunk in flow:
            for byte in chunk:
                await asyncio.sleep(1 / self.per_second)
                yield bytes([byte])


@dataclass(frozen=True, slots=True)
class AtPoint(ABC):
    """Passes on what lies before a point, and then does what the fault is."""

    of: Side
    at: Point = START

    async def through(self, flow: Flow) -> Flow:
        """Pass on what lies before the point."""
        before = Before(flow, self.at)
        async for chunk in before:
            yield chunk
        if before.reached:
            await self.strike(flow)

    @abstractmethod
    async def strike(self, flow: Flow) -> None:
        """Do it; what remains of the flow is there to be taken."""


class Stall(AtPoint):
    """From a point on nothing is taken any more: the sender's window fills up."""

    async def strike(self, flow: Flow) -> None:
        """Take nothing, for good."""
        await asyncio.Event().wait()


class Drop(AtPoint):
    """From a point on everything is taken and nothing arrives, not even the end."""

    async def strike(self, flow: Flow) -> None:
        """Take everything, for good."""
        await _lose(flow)


@dataclass(frozen=True, slots=True)
class Forget:
    """A flow that was silent for so many seconds is forgotten, and nobody is told."""

    of: Side
    silent: float

    async def through(self, flow: Flow) -> Flow:
        """Pass on what comes before the silence."""
        loop = asyncio.get_running_loop()
        last = loop.time()
        async for chunk in flow:
            if loop.time() - last >= self.silent:
                await _lose(flow)
            last = loop.time()
            yield chunk


class Reset(AtPoint):
    """At a point both ends get a reset."""

    async def strike(self, flow: Flow) -> None:
        """Cut both directions."""
        raise CutError(reset=True)


class Truncate(AtPoint):
    """At a point both directions end in order, and what follows is lost."""

    async def strike(self, flow: Flow) -> None:
        """End both directions."""
        raise CutError(reset=False)


@dataclass(frozen=True, slots=True)
class HalfClose:
    """At a point this direction ends in order, and the other goes on."""

    of: Side
    at: Point = START

    async def through(self, flow: Flow) -> Flow:
        """Pass on what lies before the point."""
        async for chunk in Before(flow, self.at):
            yield chunk


@dataclass(frozen=True, slots=True)
class BitFlip:
    """The byte at a point has other bits: those of `mask` are turned."""

    of: Side
    at: Point = START
    mask: int = 1

    async def through(self, flow: Flow) -> Flow:
        """Pass everything on, one byte of it changed."""
        before = Before(flow, self.at)
        async for chunk in before:
            yield chunk
        rest = before.rest
        async for chunk in _joined(rest, flow):
            if before.reached:
                before.reached = False
                yield bytes([chunk[0] ^ self.mask]) + chunk[1:]
            else:
                yield chunk


async def _joined(first: bytes, flow: Flow) -> Flow:
    if first:
        yield first
    async for chunk in flow:
        yield chunk


async def _lose(flow: Flow) -> None:
    async for _ in flow:
        pass
    await asyncio.Event().wait()
