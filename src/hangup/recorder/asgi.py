"""Records the WebSockets of an ASGI application, as its outermost middleware."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from sys import exception as active_exception
from time import monotonic
from typing import Any

from hangup.incident import Caught, Sink
from hangup.recorder import loose
from hangup.recorder.connection import Connection
from hangup.recorder.frames import defined_at, origin
from hangup.recorder.handshake import handshake_of
from hangup.recorder.ledger import KEPT, LONGEST_LAST
from hangup.recorder.recording import Recording
from hangup.recorder.safely import safely
from hangup.recorder.sinks import sink_from_environment
from hangup.recorder.stalls import STALL_AFTER, Watchdog
from hangup.recorder.upgrades import tell_of_lost_upgrade

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]

RECEIVE, SEND = "websocket.receive", "websocket.send"
ACCEPT, CLOSE, DISCONNECT = "websocket.accept", "websocket.close", "websocket.disconnect"
DENIAL = "websocket.http.response.start"
INTERNAL_ERROR = 1011
_LAST = KEPT - 1


class Recorder:
    """Pure ASGI 3 middleware that records each WebSocket and changes nothing.

    It belongs outermost, where it sees what frameworks make of exceptions: `app = Recorder(app)`.
    Other scopes are passed on as they are, and every exception is raised again unchanged. Of HTTP
    only a handshake that arrives as such is told of.

    `sink` gets what was seen; without one, the environment variable HANGUP_RECORD names it.
    `annotate` turns an exception after accept into close 1011 with `incident=<id>` as its reason.
    `payloads` keeps the bytes of the last messages, credentials taken out. `stall` is after how
    many seconds a blocked event loop is told of; 0 switches that off.
    """

    def __init__(
        self,
        app: App,
        sink: Sink | None = None,
        *,
        annotate: bool = False,
        payloads: bool = False,
        stall: float = STALL_AFTER,
    ) -> None:
        self.app, self.annotate = app, annotate
        self.recording = Recording(sink or sink_from_environment(), payloads=payloads)
        self._watchdog = Watchdog(self.recording, stall)
        self._servers: dict[str, str] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Run the application, and record when the scope is a WebSocket."""
        if scope["type"] != "websocket":
            if scope["type"] == "http":
                tell_of_lost_upgrade(self.recording, scope)
            await self.app(scope, receive, send)
            return
        connection = self._begin(scope, receive, send)
        try:
            await self.app(scope, connection.receive, connection.send)
        except BaseException as exc:
            incident = connection.failed(exc)
            if self.annotate and incident and isinstance(exc, Exception):
                await connection.annotate(incident)
            raise
        else:
            connection.returned()
        finally:
            self._watchdog.leave()
            connection.end()
            loose.current.set(None)

    def _begin(self, scope: Any, receive: Receive, send: Send) -> AsgiConnection:
        server = self._server(send)
        endpoint = partial(_endpoint, scope, self.app)
        connection = AsgiConnection(self.recording, scope, server, receive, send, endpoint)
        loose.watch()
        loose.current.set(connection)
        self._watchdog.enter()
        return connection

    def _server(self, send: Send) -> str:
        owner = inspect.unwrap(getattr(send, "func", send))
        module = getattr(owner, "__module__", None) or type(owner).__module__
        package = module.partition(".")[0].lstrip("_")
        if package == "builtins" and "granian" in sys.modules:
            package = "granian"  # its channels are compiled and name no module
        if package not in self._servers:
            self._servers[package] = _with_version(package)
        return self._servers[package]


class AsgiConnection(Connection):
    """One WebSocket scope: its `receive` and `send` are what the application gets."""

    __slots__ = ("_receive", "_send")

    def __init__(
        self,
        recording: Recording,
        scope: Any,
        server: str,
        receive: Receive,
        send: Send,
        endpoint: Callable[[], str],
    ) -> None:
        super().__init__(recording, scope, server, handshake_of, endpoint)
        self._receive, self._send = receive, send

    # These two run for each message. What they do in line is what `note` does, for the usual case
    # of text in ASCII once `fast` is set; whatever else there is costs an exception or a call.

    async def receive(self) -> Message:
        """Receive as the server does."""
        if self.odd:
            self.before_receive()
        message = await self._receive()
        try:
            text = message["text"]
            if self.fast and text.isascii():
                size = len(text)
                place = (self.count & _LAST) << 1
                self.ring[place] = monotonic()
                self.ring[place + 1] = size
                self.count += 1
                self.last = text if size <= LONGEST_LAST else None
                return message
        except (AttributeError, KeyError, TypeError):
            pass
        self._received(message)
        return message

    async def send(self, message: Message) -> None:
        """Send as the server does."""
        try:
            usual = message["type"] == SEND and not self.odd and active_exception() is None
        except (KeyError, TypeError):
            usual = False
        if not usual:
            await self._send_watched(message)
            return
        try:
            await self._send(message)
        except BaseException as exc:
            self._failed(SEND, message, None, exc)
            raise
        try:
            text = message["text"]
            if self.fast and text.isascii():
                place = (self.count & _LAST) << 1
                self.ring[place] = -monotonic()
                self.ring[place + 1] = len(text)
                self.count += 1
                self.sent += 1
                return
        except (AttributeError, KeyError):
            pass
        self._sent(message)

    async def _send_watched(self, message: Message) -> None:
        kind = message.get("type") if isinstance(message, dict) else None
        found = self._before(kind, message)
        try:
            await self._send(message)
        except BaseException as exc:
            self._failed(kind, message, found, exc)
            raise
        self._after(kind, message, found)

    @safely
    def _received(self, message: Message) -> None:
        if message["type"] == RECEIVE:
            text = message.get("text")
            self.note(False, message["bytes"] if text is None else text)
        elif message["type"] == DISCONNECT:
            self.disconnects(message.get("code", 1005), message.get("reason"))

    @safely
    def _sent(self, message: Message) -> None:
        text = message.get("text")
        data = message.get("bytes") if text is None else text
        if isinstance(data, str | bytes | bytearray | memoryview):
            self.note(True, data)  # type: ignore[arg-type]
        else:
            self.unsendable(data)

    async def annotate(self, incident: str) -> None:
        """Close with the id of what went wrong, where the server would say nothing of it."""
        if not self.accepted_at or self.disconnected or self.close or self.send_failure:
            return
        with suppress(Exception):  # a server that refuses the code drops the socket, as without us
            reason = f"incident={incident}"
            await self._send({"type": CLOSE, "code": INTERNAL_ERROR, "reason": reason})
            self.closed_by_us(INTERNAL_ERROR, reason)

    @safely
    def _before(self, kind: Any, message: Message) -> list[Caught | None] | None:
        if kind == SEND:
            self.before_text(message.get("text") or message.get("bytes"))
            return [self.sent_after_close("send")]
        if kind == ACCEPT:
            return [self.accepts()]
        if kind == CLOSE:
            return [*self.closes(message.get("code", 1000), message.get("reason"))]
        if kind == DENIAL:
            return [*self.denies(int(message.get("status", 403)))]
        return None

    @safely
    def _after(self, kind: Any, message: Message, found: list[Caught | None] | None) -> None:
        if kind == ACCEPT and not self.accepted_at:
            self.accepted(message.get("subprotocol"))
        elif kind == SEND:
            self._sent(message)
        self.done(found)

    @safely
    def _failed(
        self, kind: Any, message: Message, found: list[Caught | None] | None, exc: BaseException
    ) -> None:
        data = message.get("text") or message.get("bytes") or "" if kind == SEND else ""
        self.send_failed(exc, data)
        self.done(found, exc)


def _endpoint(scope: Any, app: Any) -> str:
    """Name where the handler is defined that a framework chose, else the application."""
    found = inspect.unwrap(scope.get("endpoint") or app)
    code = getattr(found, "__code__", None) or getattr(type(found).__call__, "__code__", None)
    if code is None or origin(code.co_filename) != "application":
        return ""
    return defined_at(code)


def _with_version(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except (PackageNotFoundError, ValueError):
        return package
