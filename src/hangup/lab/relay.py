"""A TCP proxy in the lab's own event loop, whose wire has the faults that it is given."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass

from hangup.lab.faults import CutError, Fault, Flow, Side
from hangup.lab.parts import parts_of
from hangup.lab.peer import Client, Play, listening
from hangup.lab.process import LOOPBACK
from hangup.lab.world import Place, Start


@contextlib.asynccontextmanager
async def upstream(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Connect to a port; what breaks the context off breaks the connection off."""
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    try:
        yield reader, writer
    except BaseException:
        writer.transport.abort()
        raise
    writer.close()


async def carry(
    client: Client,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    change: Callable[[bytes], bytes] = bytes,
) -> None:
    """Pass on what both sides say until both have ended; `change` alters what the server says."""

    async def to_back() -> None:
        while data := await client.reader.read(4096):
            writer.write(data)
        writer.close()

    forwards = asyncio.create_task(to_back())
    while data := await reader.read(4096):
        await client.raw(change(data))
    client.fin()
    await forwards


def relay(port: int, *faults: Fault) -> Play:
    """Pass every connection on to `port`, through the faults in their order.

    What an end does is passed on too: a FIN as a FIN, a reset as a reset.
    """

    async def play(client: Client) -> None:
        async with upstream(port) as (reader, writer):
            server = Client(reader, writer, client.number, client.age)
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(_pump(client, server, faults, "client"))
                    tasks.create_task(_pump(server, client, faults, "server"))
            except* (CutError, OSError) as group:
                if all(isinstance(each, CutError) and not each.reset for each in group.exceptions):
                    await asyncio.gather(_end(client), _end(server))
                client.reset()
                server.reset()

    return play


@dataclass(frozen=True, slots=True)
class Faulted:
    """Another start behind a faulty wire; `start` itself is the way around it."""

    start: Start
    faults: tuple[Fault, ...]

    @property
    def parts(self) -> tuple[str, ...]:
        """The programs that it needs."""
        return ("faulty wire", *parts_of(self.start))

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[Place]:
        """Run it."""
        async with self.start() as place, listening(relay(place.port, *self.faults)) as port:
            yield Place(port, place.port, place.ca_file)


def faulted(start: Start, *faults: Fault) -> Faulted:
    """Put a wire with faults before another start."""
    return Faulted(start, faults)


async def _pump(source: Client, sink: Client, faults: Iterable[Fault], side: Side) -> None:
    flow = _read(source)
    for fault in faults:
        if fault.of == side:
            flow = fault.through(flow)
    async for chunk in flow:
        await sink.raw(chunk)
    sink.writer.write_eof()
    await _read_out(source)


async def _read(source: Client) -> Flow:
    while data := await source.reader.read(65_536):
        yield data


async def _end(side: Client) -> None:
    side.writer.write_eof()
    await _read_out(side)


async def _read_out(side: Client) -> None:
    # What is left unread would turn our end into a reset.
    while await side.reader.read(65_536):
        pass
