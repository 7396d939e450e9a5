"""Servers made after public cases: `python -m hangup.lab.worlds.cases_servers NAME PORT`."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import resource
import sys
import time
from typing import Any

from aiohttp import web
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection as SyncConnection
from websockets.sync.server import serve as serve_sync

from hangup.lab.apps.asgi import PATH, Crash

HOST = "127.0.0.1"
FILES = 16


def _elsewhere(connection: Any, request: Request) -> Response | None:
    if request.path.partition("?")[0] == PATH:
        return None
    answer: Response = connection.respond(404, "not found\n")
    return answer


async def old_signature(connection: ServerConnection, path: str) -> None:
    """Echo, with the handler's signature of years ago."""
    async for message in connection:
        await connection.send(message)


async def sends_a_dict(connection: ServerConnection) -> None:
    """Answer with an object that nobody has serialised."""
    async for _ in connection:
        await connection.send({"type": "answer"})


kept: list[Any] = []


async def leaks(connection: ServerConnection) -> None:
    """Echo, and keep two descriptors of every connection that is over."""
    try:
        async for message in connection:
            await connection.send(message)
    finally:
        asyncio.get_running_loop().call_later(0.1, _leak)


def _leak() -> None:
    with contextlib.suppress(OSError):
        kept.extend(os.dup(0) for _ in range(2))


async def _websockets(handler: Any, port: int) -> None:
    if handler is leaks:
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))
    async with serve(handler, HOST, port, process_request=_elsewhere) as server:
        await server.serve_forever()


def holds_the_lock(connection: SyncConnection) -> None:
    """Call native code that keeps the interpreter's lock for seconds."""
    for _ in connection:
        for _ in range(4):
            ctypes.PyDLL(None).usleep(800_000)
            time.sleep(0.01)
        connection.send("done")


def raises_now_and_then(connection: SyncConnection) -> None:
    """Raise on every third connection, before any message."""
    kept.append(connection)
    if len(kept) % 3 == 1:
        raise Crash("in the handler")
    for message in connection:
        connection.send(message)


def _threads(handler: Any, port: int) -> None:
    beat = 0.5 if handler is holds_the_lock else 20.0
    with serve_sync(
        handler, HOST, port, process_request=_elsewhere, ping_interval=beat, ping_timeout=beat
    ) as server:
        server.serve_forever()


async def knows_chat_only(request: web.Request) -> web.WebSocketResponse:
    """Select a subprotocol that this client did not offer, which is none."""
    socket = web.WebSocketResponse(protocols=("chat",))
    await socket.prepare(request)
    async for message in socket:
        await socket.send_str(message.data)
    return socket


def _aiohttp(handler: Any, port: int) -> None:
    app = web.Application()
    app.add_routes([web.get(PATH, handler)])
    web.run_app(app, host=HOST, port=port, print=None, access_log=None, shutdown_timeout=1)


ASYNC = (old_signature, sends_a_dict, leaks)
THREADS = (holds_the_lock, raises_now_and_then)
AIOHTTP = (knows_chat_only,)


def main(name: str, port: int) -> None:
    """Serve one of them until we are ended."""
    for handler in ASYNC:
        if handler.__name__ == name:
            asyncio.run(_websockets(handler, port))
    for other in THREADS:
        if other.__name__ == name:
            _threads(other, port)
    for last in AIOHTTP:
        if last.__name__ == name:
            _aiohttp(last, port)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
