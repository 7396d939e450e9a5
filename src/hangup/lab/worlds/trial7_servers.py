"""Later servers that are no ASGI applications: `python -m ...trial7_servers NAME PORT`."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import sys
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from aiohttp import WSMsgType, web
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketHandler
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

HOST, PATH = "127.0.0.1", "/ws"


async def _opened(request: web.Request, **options: Any) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(**options)
    await socket.prepare(request)
    return socket


async def _echo(socket: web.WebSocketResponse) -> web.WebSocketResponse:
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            await socket.send_str(message.data)
        elif message.type is WSMsgType.BINARY:
            await socket.send_bytes(message.data)
    return socket


async def apologises(request: web.Request) -> web.StreamResponse:
    """Build the menu of a user who has none, and hide whatever goes wrong."""
    socket = await _opened(request)
    menus: dict[str, list[str]] = {"admin": ["users", "billing"]}
    try:
        await socket.send_json({"menu": menus["member"]})
        await _echo(socket)
    except Exception:  # noqa: BLE001 - a catch-all that hides the error is this fault
        await socket.close(code=1011, message=b"Something went wrong. Please try again later.")
    return socket


async def wants_a_number(request: web.Request) -> web.StreamResponse:
    """Want a number as zoom, and say so with 422."""
    try:
        int(request.query.get("zoom", "3"))
    except ValueError:
        wrong = {"loc": ["query", "zoom"], "msg": "Input should be a valid integer"}
        return web.json_response({"errors": [wrong]}, status=422)
    return await _echo(await _opened(request))


async def tells_the_exit_status(request: web.Request) -> web.StreamResponse:
    """Run a program that is not there, and close with its exit status."""
    socket = await _opened(request)
    process = await asyncio.create_subprocess_exec("/bin/sh", "-c", "exit 127")
    await socket.close(code=await process.wait(), message=b"terminal ended")
    return socket


async def spares_the_index(request: web.Request) -> web.StreamResponse:
    """Ignore a search that comes within a second of the one before."""
    socket = await _opened(request)
    last = 0.0
    async for message in socket:
        now = time.monotonic()
        if now - last >= 1.0:
            last = now
            query = json.loads(message.data)["query"]
            await socket.send_json({"results": [query, f"{query}s"]})
    return socket


async def speaks_ocpp(request: web.Request) -> web.StreamResponse:
    """Speak version 2.0.1 of a protocol, and end who speaks another."""
    socket = await _opened(request, protocols=("ocpp2.0.1",))
    if socket.ws_protocol is None:
        await socket.close(code=1002, message=b"unsupported subprotocol")
        return socket
    return await _echo(socket)


async def compresses_always(request: web.Request) -> web.StreamResponse:
    """Agree to no compression, and compress."""
    socket = await _opened(request, compress=False)
    async for message in socket:
        await socket.send_str(message.data, compress=15)
    return socket


AIOHTTP: dict[str, Callable[[web.Request], Any]] = {
    "apologises": apologises,
    "wants_a_number": wants_a_number,
    "tells_the_exit_status": tells_the_exit_status,
    "spares_the_index": spares_the_index,
    "speaks_ocpp": speaks_ocpp,
    "compresses_always": compresses_always,
}


def _aiohttp(name: str, port: int) -> None:
    app = web.Application()
    app.add_routes([web.get(PATH, AIOHTTP[name])])
    web.run_app(app, host=HOST, port=port, print=None, access_log=None, shutdown_timeout=1)


class Page(RequestHandler):
    """Answers a plain GET."""

    def get(self) -> None:
        """Answer 200."""
        self.write("<title>chapters</title>")


class Summarises(WebSocketHandler):
    """Awaits a slow model for each message; tornado reads nothing until that is done."""

    async def on_message(self, message: str | bytes) -> None:
        """Answer after 40 s."""
        await asyncio.sleep(40)
        await self.write_message({"summary": len(message)})


async def _tornado(port: int) -> None:
    Application([("/", Page), (PATH, Summarises)]).listen(port, address=HOST)
    await asyncio.Event().wait()


async def same(connection: ServerConnection) -> None:
    """Send every message back."""
    async for message in connection:
        await connection.send(message)


async def waits_for_either(connection: ServerConnection) -> None:
    """Send what is new and read what comes, until either is done; nothing is new."""
    news: list[str] = []

    async def send() -> None:
        for each in news:
            await connection.send(each)

    both = [asyncio.create_task(each) for each in (same(connection), send())]
    _, pending = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()


async def wants_a_login_first(connection: ServerConnection) -> None:
    """Wait 1.5 s for a token as first message."""
    try:
        async with asyncio.timeout(1.5):
            token = await connection.recv()
    except TimeoutError:
        await connection.close(1008, "authentication required: no token received")
        return
    await connection.send(json.dumps({"signed_in": len(token)}))
    await same(connection)


async def sends_the_backlog_last(connection: ServerConnection) -> None:
    """Send what happens now, and when the database has answered what happened before."""

    async def event(number: int) -> None:
        await connection.send(json.dumps({"type": "event", "seq": number}))

    async def backlog() -> None:
        await asyncio.sleep(0.35)
        for number in range(1, 13):
            await event(number)
            await asyncio.sleep(0.05)

    before = asyncio.create_task(backlog())
    try:
        for number in itertools.count(13):
            await event(number)
            await asyncio.sleep(0.15)
    finally:
        before.cancel()


async def pongs_unasked(connection: ServerConnection) -> None:
    """Send pongs that nobody asked for, as a sign of life, which RFC 6455 allows."""

    async def pong() -> None:
        while True:
            await connection.pong(b"alive")
            await asyncio.sleep(0.4)

    beating = asyncio.create_task(pong())
    await same(connection)
    beating.cancel()


async def in_fragments(connection: ServerConnection) -> None:
    """Answer in one fragment for each letter."""

    async def letters(message: str | bytes) -> AsyncIterator[str]:
        for letter in str(message):
            yield letter
            await asyncio.sleep(0.02)

    async for message in connection:
        await connection.send(letters(message))


async def works_in_turn(connection: ServerConnection) -> None:
    """Work for 20 s on each message before the next is read; one more may wait."""
    async for message in connection:
        await asyncio.sleep(20)
        await connection.send(f"{message!s}: done")


WEBSOCKETS: dict[str, Callable[[ServerConnection], Any]] = {
    "waits_for_either": waits_for_either,
    "wants_a_login_first": wants_a_login_first,
    "sends_the_backlog_last": sends_the_backlog_last,
    "pongs_unasked": pongs_unasked,
    "in_fragments": in_fragments,
    "works_in_turn": works_in_turn,
}


def _elsewhere(connection: ServerConnection, request: Request) -> Response | None:
    if request.path.partition("?")[0] == PATH:
        return None
    return connection.respond(404, "not found\n")


async def _websockets(name: str, port: int) -> None:
    options: dict[str, Any] = {}
    if name == "works_in_turn":
        options = {"max_queue": 1, "ping_interval": 1, "ping_timeout": 1.5}
    handler = WEBSOCKETS[name]
    async with serve(handler, HOST, port, process_request=_elsewhere, **options) as server:
        await server.serve_forever()


def main(name: str, port: int) -> None:
    """Serve one of them until we are ended."""
    if name in AIOHTTP:
        _aiohttp(name, port)
        return
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_tornado(port) if name == "summarises" else _websockets(name, port))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
