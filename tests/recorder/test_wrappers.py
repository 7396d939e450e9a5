"""Handlers outside of ASGI are recorded too: websockets, aiohttp, tornado."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import WSMsgType, web
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidStatus

from hangup.incident import Caught, ConnectionSeen
from hangup.recorder import MemorySink
from hangup.recorder.aiohttp import record
from hangup.recorder.tornado import RecordedHandler
from hangup.recorder.websockets import recorded

WITHIN = 5.0
Use = Callable[[ClientConnection], Awaitable[None]]


async def says_hello(socket: ClientConnection) -> None:
    await socket.send("hello")
    with contextlib.suppress(ConnectionClosed):
        assert await socket.recv() == "hello"


async def is_hung_up_on(socket: ClientConnection) -> None:
    await socket.send("hello")
    with pytest.raises(ConnectionClosed):
        await socket.recv()


@contextlib.asynccontextmanager
async def of_websockets(handler: Any, sink: MemorySink) -> AsyncIterator[int]:
    async with serve(recorded(handler, sink), "127.0.0.1", 0) as server:
        yield next(iter(server.sockets)).getsockname()[1]


@contextlib.asynccontextmanager
async def of_aiohttp(handler: Any, sink: MemorySink) -> AsyncIterator[int]:
    app = web.Application()
    app.router.add_get("/ws", handler)
    runner = web.AppRunner(record(app, sink))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert runner.addresses
    yield runner.addresses[0][1]
    await runner.cleanup()


@contextlib.asynccontextmanager
async def of_tornado(handler: Any, sink: MemorySink) -> AsyncIterator[int]:
    handler.recorder_sink = sink
    server = HTTPServer(Application([("/ws", handler)]))
    sockets = bind_sockets(0, "127.0.0.1")
    server.add_sockets(sockets)
    yield sockets[0].getsockname()[1]
    server.stop()
    await server.close_all_connections()


def run(start: Any, handler: Any, use: Use, **options: Any) -> tuple[list[Caught], ConnectionSeen]:
    """Use a recorded server as a client, and give what was seen of the connection."""
    sink = MemorySink()

    async def both() -> None:
        async with start(handler, sink) as port:
            with contextlib.suppress(InvalidStatus, ConnectionClosed):
                async with connect(f"ws://127.0.0.1:{port}/ws", **options) as socket:
                    await use(socket)
            async with asyncio.timeout(WITHIN):
                while not sink.connections:
                    await asyncio.get_running_loop().run_in_executor(None, int)

    asyncio.run(both())
    (seen,) = sink.connections
    return sink.caught, seen


async def echo_ws(socket: ServerConnection) -> None:
    async for message in socket:
        await socket.send(message)


async def crash_ws(socket: ServerConnection) -> None:
    raise KeyError(await socket.recv())


async def mask_ws(socket: ServerConnection) -> None:
    try:
        await crash_ws(socket)
    except KeyError:
        await socket.close(1011, "Internal error")


async def echo_aio(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            await socket.send_str(message.data)
    return socket


async def crash_aio(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    raise KeyError(await socket.receive_str())


async def date_aio(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    await socket.receive_str()
    await socket.send_json({"at": datetime.now(UTC)})
    return socket


async def mask_aio(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    try:
        raise KeyError(await socket.receive_str())
    except KeyError:
        await socket.close(code=1011, message=b"Internal error")
    return socket


async def refuse_aio(request: web.Request) -> web.WebSocketResponse:
    raise web.HTTPUnauthorized


class Echo(RecordedHandler):
    async def on_message(self, message: str | bytes) -> None:
        await self.write_message(message)


class Crash(RecordedHandler):
    async def on_message(self, message: str | bytes) -> None:
        raise KeyError(message)


class Mask(RecordedHandler):
    async def on_message(self, message: str | bytes) -> None:
        try:
            raise KeyError(message)
        except KeyError:
            self.close(1011, "Internal error")


SERVERS = {
    "websockets": (of_websockets, echo_ws, crash_ws, mask_ws, "crash_ws"),
    "aiohttp": (of_aiohttp, echo_aio, crash_aio, mask_aio, "crash_aio"),
    "tornado": (of_tornado, Echo, Crash, Mask, "on_message"),
}
each_server = pytest.mark.parametrize("name", SERVERS)


@each_server
def test_a_healthy_conversation_shows_no_failure(name: str) -> None:
    start, echo, *_ = SERVERS[name]

    caught, seen = run(start, echo, says_hello, additional_headers={"X-Hangup-Id": "p-1"})

    assert caught == []
    assert (seen.count, seen.path, seen.hangup_id) == (2, "/ws", "p-1")
    assert seen.server.startswith(name)
    assert seen.outcome.startswith("disconnected with 1000")


@each_server
def test_an_exception_is_named_with_its_frame(name: str) -> None:
    start, _, crash, _, function = SERVERS[name]

    (caught,), _ = run(start, crash, is_hung_up_on)

    assert (caught.kind, caught.exception, caught.phase) == ("exception", "KeyError", "message")
    assert caught.frame.endswith(f"in {function}")


@each_server
def test_a_masked_exception_is_named_with_the_close(name: str) -> None:
    start, _, _, mask, _ = SERVERS[name]

    (caught,), seen = run(start, mask, is_hung_up_on)

    assert (caught.kind, caught.exception) == ("masked-exception", "KeyError")
    assert seen.close is not None
    assert (seen.close.code, seen.close.reason) == (1011, "Internal error")


def test_aiohttp_names_what_is_no_json() -> None:
    (caught,), _ = run(of_aiohttp, date_aio, is_hung_up_on)

    assert (caught.kind, caught.detail) == ("unserializable", "$.at: datetime.datetime")


def test_aiohttp_tells_of_a_refused_upgrade() -> None:
    (caught,), seen = run(of_aiohttp, refuse_aio, says_hello)

    assert caught.kind == "masked-exception" or caught.kind == "refused"
    assert seen.outcome == "refused with HTTP 401"
