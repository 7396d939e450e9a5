"""Where client libraries learn how a connection ended: one table, one small change in each."""

from __future__ import annotations

import functools
import sys
from collections.abc import Awaitable, Callable, Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

from hangup.pytest_plugin.watch import Seen

DROPPED = 1006
OWN_FAILURES = (1002, 1007, 1009, 1011)
"""Codes with which a client library ends what it cannot bear."""


def watch(module: ModuleType) -> None:
    """Change a module of the table, once."""
    if not getattr(module, "_hangup_watched", False):
        module._hangup_watched = True  # type: ignore[attr-defined]
        _TABLE[module.__name__](module)


def _around(owner: Any, name: str, wrapper: Callable[..., Any]) -> None:
    """Put `wrapper(original, self, *args)` in the place of a method."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapped(self: Any, *args: Any, **named: Any) -> Any:
        return wrapper(original, self, *args, **named)

    setattr(owner, name, wrapped)


def _websockets(module: Any) -> None:
    """Watch the sans-I/O protocol, on which its asyncio, trio and threading clients stand."""
    protocol = module.ClientProtocol

    def init(original: Any, self: Any, *args: Any, **named: Any) -> None:
        self._hangup = Seen("websockets")
        original(self, *args, **named)

    def process_response(original: Any, self: Any, response: Any) -> Any:
        try:
            result = original(self, response)
        except Exception:
            self._hangup.refuse(response.status_code)
            raise
        self._hangup.accepted()
        return result

    def send_close(original: Any, self: Any, code: Any = None, reason: str = "") -> Any:
        self._hangup.leave(1005 if code is None else int(code))
        return original(self, code, reason)

    def fail(original: Any, self: Any, code: Any, reason: str = "") -> Any:
        if self.state is module.OPEN and not _aborted_by_us():
            server = int(code) not in OWN_FAILURES
            self._hangup.end("server" if server else "library", int(code), reason)
        return original(self, code, reason)

    def recv_frame(original: Any, self: Any, frame: Any) -> Any:
        result = original(self, frame)
        if self.close_rcvd is not None:
            self._hangup.end("server", int(self.close_rcvd.code), self.close_rcvd.reason)
        return result

    _around(protocol, "__init__", init)
    _around(protocol, "process_response", process_response)
    _around(protocol, "send_close", send_close)
    _around(protocol, "fail", fail)
    _around(protocol, "recv_frame", recv_frame)


def _aborted_by_us() -> bool:
    """Whether the end of the stream comes of a transport that the test itself aborted."""
    frame = sys._getframe(1)
    for _ in range(12):
        if frame.f_code.co_name == "connection_lost":
            return frame.f_locals.get("exc") is None
        if frame.f_back is None:
            break
        frame = frame.f_back
    return False


def _legacy_websockets(module: Any) -> None:
    """Watch the client of websockets before 14, which newer releases still carry."""

    def init(original: Any, self: Any, *args: Any, **named: Any) -> None:
        self._hangup = Seen("websockets")
        original(self, *args, **named)

    async def handshake(original: Any, self: Any, *args: Any, **named: Any) -> Any:
        try:
            result = await original(self, *args, **named)
        except Exception as exc:
            if isinstance(status := getattr(exc, "status_code", None), int):
                self._hangup.refuse(status)
            raise
        self._hangup.accepted()
        return result

    def connection_lost(original: Any, self: Any, exc: Any) -> Any:
        theirs, ours = self.close_rcvd, self.close_sent
        if theirs is not None and self.close_rcvd_then_sent:
            self._hangup.end("server", int(theirs.code), theirs.reason)
        elif theirs is None and ours is not None and ours.code in OWN_FAILURES:
            self._hangup.end("library", int(ours.code), ours.reason)
        elif theirs is None and ours is None:
            self._hangup.end("server", DROPPED)
        self._hangup.leave()
        return original(self, exc)

    protocol = module.WebSocketClientProtocol
    _around(protocol, "__init__", init)
    _around(protocol, "handshake", handshake)
    _around(protocol, "connection_lost", connection_lost)


def _aiohttp(module: Any) -> None:
    """Watch what `ws_connect` gives, and what it raises."""
    response, kinds = module.ClientWebSocketResponse, import_module("aiohttp.http").WSMsgType

    def init(original: Any, self: Any, *args: Any, **named: Any) -> None:
        original(self, *args, **named)
        self._hangup = Seen("aiohttp")
        self._hangup.accepted()

    async def connect(original: Any, self: Any, *args: Any, **named: Any) -> Any:
        try:
            return await original(self, *args, **named)
        except module.WSServerHandshakeError as exc:
            Seen("aiohttp").refuse(exc.status)
            raise

    async def receive(original: Any, self: Any, *args: Any, **named: Any) -> Any:
        message = await original(self, *args, **named)
        if message.type is kinds.CLOSE:
            self._hangup.end("server", int(message.data), message.extra or "")
        elif self.closed and self.close_code == DROPPED:
            self._hangup.end("server", DROPPED)
        return message

    async def close(original: Any, self: Any, *args: Any, **named: Any) -> Any:
        self._hangup.leave(int(named.get("code", args[0] if args else 1000)))
        result = await original(self, *args, **named)
        if self.close_code is not None:
            self._hangup.end("server", int(self.close_code))
        return result

    _around(response, "__init__", init)
    _around(response, "receive", receive)
    _around(response, "close", close)
    _around(module.ClientSession, "_ws_connect", connect)


def _wsproto(module: Any) -> None:
    """Watch the client's side of wsproto, on which httpx-ws stands."""

    def init(original: Any, self: Any, connection_type: Any, *args: Any, **named: Any) -> None:
        original(self, connection_type, *args, **named)
        self._hangup = None
        if connection_type is module.ConnectionType.CLIENT:
            self._hangup = Seen("wsproto")
            self._hangup.accepted()

    def events(original: Any, self: Any) -> Iterator[Any]:
        for event in original(self):
            if self._hangup and type(event).__name__ == "CloseConnection":
                self._hangup.end("server", int(event.code), event.reason or "")
            yield event

    def send(original: Any, self: Any, event: Any) -> Any:
        if self._hangup and type(event).__name__ == "CloseConnection":
            self._hangup.leave(int(event.code))
        return original(self, event)

    _around(module.Connection, "__init__", init)
    _around(module.Connection, "events", events)
    _around(module.Connection, "send", send)


def _httpx_ws(module: Any) -> None:
    """Watch what tells httpx-ws of a refusal, and of a stream that ended."""

    def read(original: Any, self: Any, *args: Any) -> Any:
        try:
            return original(self, *args)
        except Exception:
            _dropped(self)
            raise

    async def aread(original: Any, self: Any, *args: Any) -> Any:
        try:
            return await original(self, *args)
        except Exception:
            _dropped(self)
            raise

    def refused(original: Any, self: Any, response: Any, *args: Any) -> None:
        original(self, response, *args)
        Seen("httpx-ws").refuse(response.status_code)

    _around(module.WebSocketSession, "_read_stream", read)
    _around(module.AsyncWebSocketSession, "_read_stream", aread)
    _around(module.WebSocketUpgradeError, "__init__", refused)


def _dropped(session: Any) -> None:
    seen = getattr(session.connection, "_hangup", None)
    if seen:
        seen.end("server", DROPPED)


def _starlette(module: Any) -> None:
    """Watch the application inside the test client's session: what it sends is what happens."""

    def init(original: Any, self: Any, app: Any, *args: Any, **named: Any) -> None:
        original(self, _watched(app), *args, **named)

    _around(module.WebSocketTestSession, "__init__", init)


def _watched(app: Any) -> Callable[[Any, Any, Any], Awaitable[None]]:
    async def watched(scope: Any, receive: Any, send: Any) -> None:
        seen = Seen("the test client")

        async def receiving() -> Any:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                seen.leave()
            return message

        async def sending(message: Any) -> None:
            kind = message["type"]
            if kind == "websocket.accept":
                seen.accepted()
            elif kind == "websocket.http.response.start":
                seen.refuse(message["status"])
            elif kind == "websocket.close" and seen.opened:
                seen.end("server", message.get("code", 1000), message.get("reason") or "")
            elif kind == "websocket.close":
                seen.refuse(403)  # what a server makes of it
            await send(message)

        try:
            await app(scope, receiving, sending)
        except Exception:
            seen.end("server", DROPPED)
            raise

    return watched


_TABLE: dict[str, Callable[[Any], None]] = {
    "websockets.client": _websockets,
    "websockets.legacy.client": _legacy_websockets,
    "aiohttp.client": _aiohttp,
    "wsproto.connection": _wsproto,
    "httpx_ws": _httpx_ws,
    "starlette.testclient": _starlette,
}
