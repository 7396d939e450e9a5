"""Everyday servers, most with one fault: `python -m ...trial5_frameworks NAME PORT`."""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web
from tornado.ioloop import PeriodicCallback
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketHandler
from websockets.asyncio.server import ServerConnection, basic_auth, serve
from websockets.typing import Subprotocol

HOST = "127.0.0.1"
PATH = "/ws"
sockets: set[web.WebSocketResponse] = set()
kept: set[asyncio.Task[None]] = set()


async def _echo(socket: web.WebSocketResponse) -> web.WebSocketResponse:
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            await socket.send_str(message.data)
    return socket


async def greets_and_fails(request: web.Request) -> web.WebSocketResponse:
    """Greet, and fail on the history that comes next."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    await socket.send_json({"type": "welcome"})
    history: dict[str, Any] = {"messages": None}
    await socket.send_json({"type": "history", "count": len(history["messages"])})
    return await _echo(socket)


def session_holder(*, knows: bool) -> Callable[[web.Request], Any]:
    """Keep sessions in the memory of one process."""

    async def handle(request: web.Request) -> web.StreamResponse:
        if not knows:
            return web.json_response({"error": "unknown session id"}, status=404)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        return await _echo(socket)

    return handle


async def remembered(request: web.Request) -> web.WebSocketResponse:
    """Echo, and be known to the application, which closes it when it shuts down."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    sockets.add(socket)
    try:
        return await _echo(socket)
    finally:
        sockets.discard(socket)


async def _says_goodbye(_: web.Application) -> None:
    for socket in tuple(sockets):
        await socket.close(code=WSCloseCode.GOING_AWAY, message=b"Server shutdown")


async def reads_text(request: web.Request) -> web.WebSocketResponse:
    """Handle text, as the first example of the documentation does, and pass over the rest."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            await socket.send_json({"reading": len(message.data)})
    return socket


async def bursts(request: web.Request) -> web.WebSocketResponse:
    """Put bursts of 15 events into a queue of 10, and drop what does not fit."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    queue: asyncio.Queue[int] = asyncio.Queue(10)

    async def produce() -> None:
        number = 0
        while True:
            for _ in range(15):
                number += 1
                if not queue.full():
                    queue.put_nowait(number)
            await asyncio.sleep(0.3)

    async def deliver() -> None:
        while not socket.closed:
            await socket.send_json({"type": "event", "seq": await queue.get()})

    tasks = [asyncio.create_task(produce()), asyncio.create_task(deliver())]
    async for _ in socket:
        pass
    for task in tasks:
        task.cancel()
    return socket


tries: deque[float] = deque()


async def few_tries(request: web.Request) -> web.StreamResponse:
    """Take four tries in twelve seconds."""
    now = time.monotonic()
    while tries and tries[0] < now - 12:
        tries.popleft()
    if len(tries) >= 4:
        wait = {"Retry-After": "12"}
        return web.json_response({"error": "rate limit exceeded"}, status=429, headers=wait)
    tries.append(now)
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    return await _echo(socket)


async def strict(request: web.Request) -> web.StreamResponse:
    """Admit one token from one site, and ping often."""
    if request.headers.get("Origin") not in (None, "https://desk.example.org"):
        return web.json_response({"error": "origin not allowed"}, status=403)
    if request.headers.get("Authorization") != "Bearer desk-token":
        return web.json_response({"error": "invalid token"}, status=401)
    socket = web.WebSocketResponse(heartbeat=0.5)
    await socket.prepare(request)
    return await _echo(socket)


AIOHTTP: dict[str, Callable[[web.Request], Any]] = {
    "greets_and_fails": greets_and_fails,
    "knows_the_session": session_holder(knows=True),
    "knows_no_session": session_holder(knows=False),
    "remembered": remembered,
    "reads_text": reads_text,
    "bursts": bursts,
    "few_tries": few_tries,
    "strict": strict,
}


def _aiohttp(handler: Callable[[web.Request], Any], port: int) -> None:
    app = web.Application()
    app.on_shutdown.append(_says_goodbye)
    app.add_routes([web.get(PATH, handler)])
    web.run_app(app, host=HOST, port=port, print=None, access_log=None, shutdown_timeout=1)


class Page(RequestHandler):
    """Answers a plain GET."""

    def get(self) -> None:
        """Answer 200."""
        self.write("<title>desk</title>")


class Base(WebSocketHandler):
    """Sends every text back."""

    async def on_message(self, message: str | bytes) -> None:
        """Send it back as what it came."""
        await self.write_message(message, binary=isinstance(message, bytes))


class Masks(Base):
    """Hides whatever goes wrong at the start behind one close."""

    async def open(self, *args: str, **kwargs: str) -> None:
        """Load a profile that is not there."""
        try:
            profile: dict[str, str] = {}
            await self.write_message(profile["name"])
        except KeyError:
            self.close(1011, "internal server error")


class Forbids(Base):
    """Knows the codes of HTTP, and closes with them."""

    def open(self, *args: str, **kwargs: str) -> None:
        """Forbid."""
        self.close(403, "forbidden")


class Parses(Base):
    """Takes every message for JSON."""

    async def on_message(self, message: str | bytes) -> None:
        """Answer a call."""
        call = json.loads(message)
        await self.write_message({"id": call["id"], "result": "ok"})


class Reorders(Base):
    """Enriches each event in a task of its own, and some take longer."""

    async def on_message(self, message: str | bytes) -> None:
        """Publish what happened since."""
        for number in range(1, 21):
            task = asyncio.create_task(self._enrich(number))
            kept.add(task)
            task.add_done_callback(kept.discard)
            await asyncio.sleep(0.01)

    async def _enrich(self, number: int) -> None:
        await asyncio.sleep(0.06 if number % 4 == 0 else 0.0)
        await self.write_message({"type": "order", "seq": number})


class Renders(Base):
    """Renders for seconds, and reads no further frame meanwhile."""

    async def on_message(self, message: str | bytes) -> None:
        """Render."""
        await asyncio.sleep(4.0)
        await self.write_message("done")


class Quits(Base):
    """Ends the conversation when the client says so."""

    async def on_message(self, message: str | bytes) -> None:
        """Say goodbye."""
        if message == "quit":
            await self.write_message("bye")
            self.close(4000, "bye")
        else:
            await self.write_message(f"you said {message!r}")


class Streams(Base):
    """Thinks, and then streams an answer word by word."""

    async def on_message(self, message: str | bytes) -> None:
        """Answer."""
        await asyncio.sleep(1.4)
        for word in ("the", "answer", "is", "42"):
            await self.write_message({"token": word})
            await asyncio.sleep(0.05)
        await self.write_message({"finish_reason": "stop"})


TORNADO: dict[str, type[WebSocketHandler]] = {
    "masks": Masks,
    "forbids": Forbids,
    "parses": Parses,
    "reorders": Reorders,
    "recounts": Base,
    "selects_nothing": Base,
    "checks_origin": Base,
    "renders": Renders,
    "quits": Quits,
    "streams": Streams,
}


def recount() -> None:
    """Sum up a report with a library that blocks."""
    time.sleep(1.6)


async def _tornado(name: str, port: int) -> None:
    beats = {"websocket_ping_interval": 1.0, "websocket_ping_timeout": 0.8}
    settings: dict[str, Any] = beats if name == "renders" else {}
    app = Application([("/", Page), (PATH, TORNADO[name])], **settings)
    app.listen(port, address=HOST)
    if name == "recounts":
        PeriodicCallback(recount, 2000).start()
    await asyncio.Event().wait()


async def same(connection: ServerConnection) -> None:
    """Send every message back."""
    async for message in connection:
        await connection.send(message)


async def prices(connection: ServerConnection) -> None:
    """Send prices with ids that grow by leaps, and say alive in the same words each time."""
    number = 7_301_234_567_890_123_776
    while True:
        number += random.randrange(4096, 9_000_000)  # noqa: S311 - no secret
        await connection.send(json.dumps({"id": number, "symbol": "ABC", "price": 42.0}))
        await connection.send('{"type": "alive"}')
        await asyncio.sleep(0.2)


Run = Callable[[ServerConnection], Coroutine[Any, Any, None]]
WEBSOCKETS: dict[str, tuple[Run, dict[str, Any]]] = {
    "mqtt": (same, {"subprotocols": [Subprotocol("mqtt")]}),
    "members": (
        same,
        {"process_request": basic_auth(realm="desk", credentials=("desk", "a long password"))},
    ),
    "prices": (prices, {}),
}


async def _websockets(handler: Run, port: int, **options: Any) -> None:
    async with serve(handler, HOST, port, **options) as server:
        await server.serve_forever()


def main(name: str, port: int) -> None:
    """Serve one of them until we are ended."""
    if name in AIOHTTP:
        _aiohttp(AIOHTTP[name], port)
    elif name in TORNADO:
        asyncio.run(_tornado(name, port))
    else:
        handler, options = WEBSOCKETS[name]
        asyncio.run(_websockets(handler, port, **options))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
