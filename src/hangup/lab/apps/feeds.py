"""Feeds for many readers, each with its own way of treating a slow one: `feeds NAME PORT`.

All of them number their events and send about a megabyte a second, but where the name says else.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import sys
from collections.abc import Awaitable, Callable

from aiohttp import web
from tornado.web import Application
from tornado.websocket import WebSocketClosedError, WebSocketHandler
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

HOST, PATH = "127.0.0.1", "/ws"
EVERY, FILLING = 0.012, "x" * 12_000
"""Seconds between two events, and what makes each of them big."""
QUEUED = 8
"""Events that wait for one reader, at most."""

Feed = Callable[[ServerConnection], Awaitable[None]]


def event(number: int, filling: str = FILLING) -> str:
    """Write one event."""
    return json.dumps({"type": "tick", "seq": number, "data": filling})


class Queues:
    """One bounded queue for each reader; `put` decides about an event for which there is no room.

    It gives False for a reader that is to be ended.
    """

    def __init__(self, put: Callable[[asyncio.Queue[int], int], bool]) -> None:
        self._put = put
        self._readers: dict[ServerConnection, asyncio.Queue[int]] = {}
        self._ended: set[ServerConnection] = set()

    async def produce(self) -> None:
        """Offer each event to every reader."""
        for number in itertools.count(1):
            for reader, queue in tuple(self._readers.items()):
                if not self._put(queue, number):
                    self.end(reader)
            await asyncio.sleep(EVERY)

    def end(self, reader: ServerConnection) -> None:
        """Close a reader's connection beside everything else."""
        self._readers.pop(reader, None)
        self._ended.add(reader)
        self._closing = asyncio.ensure_future(reader.close(1013, "slow consumer"))

    async def serve(self, connection: ServerConnection) -> None:
        """Send one reader what is in its queue."""
        queue: asyncio.Queue[int] = asyncio.Queue(QUEUED)
        self._readers[connection] = queue
        listening = asyncio.ensure_future(_listen(connection))
        try:
            while connection not in self._ended:
                await connection.send(event(await queue.get()))
            await connection.wait_closed()
        finally:
            self._readers.pop(connection, None)
            listening.cancel()


async def _listen(connection: ServerConnection) -> None:
    with contextlib.suppress(ConnectionClosed):
        async for _ in connection:
            pass


def drop_newest(queue: asyncio.Queue[int], number: int) -> bool:
    """Let go of the event that has no room."""
    if not queue.full():
        queue.put_nowait(number)
    return True


def drop_oldest(queue: asyncio.Queue[int], number: int) -> bool:
    """Make room by letting go of the oldest event."""
    if queue.full():
        queue.get_nowait()
    queue.put_nowait(number)
    return True


def end_it(queue: asyncio.Queue[int], number: int) -> bool:
    """End the reader for whose event there is no room."""
    if queue.full():
        return False
    queue.put_nowait(number)
    return True


class InTurn:
    """A broadcast that awaits each send; `within` is how many seconds one may take, if any."""

    def __init__(self, within: float | None) -> None:
        self._within = within
        self._readers: set[ServerConnection] = set()

    async def produce(self) -> None:
        """Send each event to one reader after the other."""
        for number in itertools.count(1):
            for reader in tuple(self._readers):
                await self._send(reader, event(number))
            await asyncio.sleep(EVERY)

    async def _send(self, reader: ServerConnection, text: str) -> None:
        try:
            async with asyncio.timeout(self._within):
                await reader.send(text)
        except ConnectionClosed:
            self._readers.discard(reader)
        except TimeoutError:
            self._readers.discard(reader)
            self._closing = asyncio.ensure_future(reader.close(1008, "too slow"))

    async def serve(self, connection: ServerConnection) -> None:
        """Keep one reader among the others."""
        self._readers.add(connection)
        await _listen(connection)
        self._readers.discard(connection)


class Latest:
    """A feed that keeps the newest state only, and numbers what it sends to each reader."""

    def __init__(self) -> None:
        self._moved = asyncio.Condition()

    async def produce(self) -> None:
        """Move on."""
        while True:
            await asyncio.sleep(EVERY)
            async with self._moved:
                self._moved.notify_all()

    async def serve(self, connection: ServerConnection) -> None:
        """Send the newest state whenever this reader has taken the last one."""
        listening = asyncio.ensure_future(_listen(connection))
        try:
            for number in itertools.count(1):
                await connection.send(event(number))
                async with self._moved:
                    await self._moved.wait()
        finally:
            listening.cancel()


async def own_pace(connection: ServerConnection) -> None:
    """Make each reader's events as it takes them."""
    listening = asyncio.ensure_future(_listen(connection))
    try:
        for number in itertools.count(1):
            await connection.send(event(number))
            await asyncio.sleep(EVERY)
    finally:
        listening.cancel()


async def trickle(connection: ServerConnection) -> None:
    """Send little events, far too little to fill anything."""
    listening = asyncio.ensure_future(_listen(connection))
    try:
        for number in itertools.count(1):
            await connection.send(event(number, "small"))
            await asyncio.sleep(0.1)
    finally:
        listening.cancel()


async def quiet(connection: ServerConnection) -> None:
    """Say something now and then, and let the library's pings find who is gone."""
    listening = asyncio.ensure_future(_listen(connection))
    try:
        for number in itertools.count(1):
            await connection.send(event(number, "still here"))
            await asyncio.sleep(0.25)
    finally:
        listening.cancel()


class Unbounded(WebSocketHandler):
    """On tornado: writes to everybody and waits for nobody, whatever piles up."""

    readers: set[Unbounded] = set()  # noqa: RUF012 - shared by all on purpose

    def open(self, *args: str, **kwargs: str) -> None:
        """Come among the readers."""
        self.readers.add(self)

    def on_close(self) -> None:
        """Leave them."""
        self.readers.discard(self)

    async def on_message(self, message: str | bytes) -> None:
        """Ignore what is said."""

    @classmethod
    async def produce(cls) -> None:
        """Write each event to everybody."""
        for number in itertools.count(1):
            for reader in tuple(cls.readers):
                with contextlib.suppress(WebSocketClosedError):
                    _ = reader.write_message(event(number))
            await asyncio.sleep(EVERY)


async def on_aiohttp(request: web.Request) -> web.WebSocketResponse:
    """On aiohttp: make each reader's events as it takes them, and give up after a timeout."""
    socket = web.WebSocketResponse(compress=False)
    await socket.prepare(request)
    listening = asyncio.ensure_future(_drain(socket))
    try:
        for number in itertools.count(1):
            async with asyncio.timeout(1.0):
                await socket.send_str(event(number))
            await asyncio.sleep(EVERY)
    except (TimeoutError, ConnectionError):
        assert request.transport
        request.transport.abort()
    finally:
        listening.cancel()
    return socket


async def _drain(socket: web.WebSocketResponse) -> None:
    async for _ in socket:
        pass


async def _websockets(name: str, port: int) -> None:
    feeds: dict[str, Queues | InTurn | Latest] = {
        "drops_newest": Queues(drop_newest),
        "drops_oldest": Queues(drop_oldest),
        "ends_slow": Queues(end_it),
        "patient": InTurn(None),
        "patient_timed": InTurn(0.4),
        "latest": Latest(),
    }
    alone: dict[str, Feed] = {"own_pace": own_pace, "trickle": trickle, "quiet": quiet}
    feed = feeds.get(name)
    serving: Feed = feed.serve if feed else alone[name]

    async def handler(connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):  # who leaves is no error of a feed
            await serving(connection)

    ping = 1.0 if name == "quiet" else None
    async with serve(
        handler, HOST, port, compression=None, ping_interval=ping, ping_timeout=ping
    ) as server:
        producing = asyncio.ensure_future(feed.produce() if feed else asyncio.Event().wait())
        await server.serve_forever()
        producing.cancel()


async def _tornado(port: int) -> None:
    Application([(PATH, Unbounded)]).listen(port, address=HOST)
    await Unbounded.produce()


def _aiohttp(port: int) -> None:
    app = web.Application()
    app.add_routes([web.get(PATH, on_aiohttp)])
    web.run_app(app, host=HOST, port=port, print=None, access_log=None, shutdown_timeout=1)


def main(name: str, port: int) -> None:
    """Serve one feed until we are ended."""
    if name == "tornado":
        asyncio.run(_tornado(port))
    elif name == "aiohttp":
        _aiohttp(port)
    else:
        asyncio.run(_websockets(name, port))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
