"""Further everyday servers: `python -m hangup.lab.worlds.trial6_frameworks NAME PORT`."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import itertools
import sys
import time
from collections.abc import Callable
from typing import Any

from aiohttp import WSMsgType, web
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketHandler

from hangup.lab.worlds.auth import complaint

HOST = "127.0.0.1"
PATH = "/ws"
USERS = ("Bearer anna", "Bearer bert")


async def _opened(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    return socket


async def _echo(socket: web.WebSocketResponse) -> web.WebSocketResponse:
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            await socket.send_str(message.data)
    return socket


async def has_no_feed(request: web.Request) -> web.StreamResponse:
    """Look a feed up that is not there, and end as if all were said."""
    socket = await _opened(request)
    feeds: dict[str, list[str]] = {}
    with contextlib.suppress(KeyError):
        for row in feeds["orders"]:
            await socket.send_str(row)
        await _echo(socket)
    return socket


open_sessions: dict[str, float] = {}


async def one_session(request: web.Request) -> web.StreamResponse:
    """Let a user in again only 10 s after the session before is over."""
    user = request.headers.get("Authorization", "")
    if user not in USERS:
        return web.json_response({"error": "unauthorized"}, status=401)
    if open_sessions.get(user, 0.0) > time.monotonic():
        return web.json_response({"error": "session is still open"}, status=409)
    open_sessions[user] = time.monotonic() + 3600
    try:
        return await _echo(await _opened(request))
    finally:
        open_sessions[user] = time.monotonic() + 10


async def cuts_a_log(request: web.Request) -> web.StreamResponse:
    """Send the last 64 bytes of a log, which begin in the middle of a letter."""
    socket = await _opened(request)
    log = "Zürich: Aufträge übertragen, für später gemerkt: Bücher, Möbel, Geräte, Schränke, ö"
    tail = log.encode()[-64:]
    while (tail[0] & 0xC0) != 0x80:
        tail = tail[1:]
    async for _ in socket:
        await socket.send_frame(tail, WSMsgType.TEXT)
    return socket


async def runs_native_code(request: web.Request) -> web.StreamResponse:
    """Hand messages to native code, which reads where nothing is."""
    socket = await _opened(request)
    async for message in socket:
        await socket.send_str(str(ctypes.string_at(len(message.data))))
    return socket


async def reads_the_origin(request: web.Request) -> web.StreamResponse:
    """Read the Origin of every client as if all were browsers."""
    if not request.headers["Origin"].startswith("http"):
        return web.Response(status=403)
    return await _echo(await _opened(request))


async def never_reads(request: web.Request) -> web.StreamResponse:
    """Send what happens, and read nothing; aiohttp answers pings as it reads."""
    socket = await _opened(request)
    for number in itertools.count(1):
        await socket.send_json({"type": "tick", "seq": number})
        await asyncio.sleep(0.25)
    return socket


AIOHTTP: dict[str, Callable[[web.Request], Any]] = {
    "has_no_feed": has_no_feed,
    "one_session": one_session,
    "cuts_a_log": cuts_a_log,
    "runs_native_code": runs_native_code,
    "reads_the_origin": reads_the_origin,
    "never_reads": never_reads,
}


async def _tells_the_version(_: web.Request) -> web.Response:
    return web.json_response({"version": "v2"})


def _aiohttp(name: str, port: int) -> None:
    app = web.Application()
    app.add_routes([web.get("/", _tells_the_version), web.get(PATH, AIOHTTP[name])])
    web.run_app(app, host=HOST, port=port, print=None, access_log=None, shutdown_timeout=1)


class Page(RequestHandler):
    """Answers a plain GET."""

    def get(self) -> None:
        """Answer 200."""
        self.write("<title>warehouse</title>")


class Base(WebSocketHandler):
    """Sends every text back."""

    async def on_message(self, message: str | bytes) -> None:
        """Send it back as what it came."""
        await self.write_message(message, binary=isinstance(message, bytes))


class AsksADirectory(Base):
    """Asks a directory for the user's groups before it accepts; the directory says nothing."""

    async def prepare(self) -> None:
        """Wait for an answer."""
        await asyncio.Event().wait()


class Feeds(Base):
    """Sends prices, each as often as patterns of the subscription match it."""

    patterns = ("price.*", "price.book")

    async def open(self, *args: str, **kwargs: str) -> None:
        """Begin to publish."""
        self.publishing = asyncio.create_task(self._publish())

    async def _publish(self) -> None:
        for number in itertools.count(1):
            for _ in self.patterns:
                await self.write_message({"type": "price", "id": number, "price": 4 + number % 5})
            await asyncio.sleep(0.15)

    def on_close(self) -> None:
        """End it."""
        self.publishing.cancel()


class Channels(Feeds):
    """Sends two channels, each of which counts its own events."""

    async def _publish(self) -> None:
        for number in itertools.count(1):
            await self.write_message({"channel": "trades", "seq": number})
            if number % 2:
                await self.write_message({"channel": "orders", "seq": 5000 + number // 2})
            await asyncio.sleep(0.12)


class Expires(Base):
    """Wants a token in the query, and says what is wrong with it once it is open."""

    async def open(self, *args: str, **kwargs: str) -> None:
        """Check the token."""
        wrong = complaint(self.get_argument("token", ""))
        if wrong:
            await self.write_message({"type": "error", "code": "auth", "message": wrong})
            self.close(4403, wrong)


class AsksForALogin(Base):
    """Says that it wants a login, and waits two seconds for it."""

    known = False

    async def open(self, *args: str, **kwargs: str) -> None:
        """Ask."""
        await self.write_message({"type": "auth_required", "version": "2026.3"})
        self.waiting = asyncio.get_running_loop().call_later(2.0, self._refuse)

    def _refuse(self) -> None:
        if not self.known:
            self.close(1008, "authentication timed out")

    async def on_message(self, message: str | bytes) -> None:
        """Take a login, and anything after it."""
        self.known = True
        await self.write_message({"type": "auth_ok"})

    def on_close(self) -> None:
        """Wait no more."""
        self.waiting.cancel()


TORNADO: dict[str, type[WebSocketHandler]] = {
    "directory": AsksADirectory,
    "takes_10k": Base,
    "feeds": Feeds,
    "channels": Channels,
    "expires": Expires,
    "login": AsksForALogin,
}


async def _tornado(name: str, port: int) -> None:
    settings: dict[str, Any] = {}
    if name == "takes_10k":
        settings["websocket_max_message_size"] = 10_240
    Application([("/", Page), (PATH, TORNADO[name])], **settings).listen(port, address=HOST)
    await asyncio.Event().wait()


def main(name: str, port: int) -> None:
    """Serve one of them until we are ended."""
    if name in AIOHTTP:
        _aiohttp(name, port)
    else:
        asyncio.run(_tornado(name, port))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
