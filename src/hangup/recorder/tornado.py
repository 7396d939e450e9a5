"""Records the WebSockets of tornado's handlers."""

from __future__ import annotations

import inspect
from types import TracebackType
from typing import Any

import tornado
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from hangup.incident import Sink
from hangup.recorder.connection import Connection
from hangup.recorder.frames import defined_at
from hangup.recorder.handshake import Handshake
from hangup.recorder.library import Recorded

SERVER = f"tornado {tornado.version}"
_SHARED: dict[type, Recorded] = {}


class RecordedHandler(WebSocketHandler):
    """A WebSocketHandler whose connections are recorded: `class Chat(RecordedHandler)`.

    What a handler puts into `recorder_sink` gets what was seen; without one, the environment
    variable HANGUP_RECORD names it.
    """

    recorder_sink: Sink | None = None

    async def _execute(self, transforms: Any, *args: Any, **options: Any) -> None:
        shared = _shared(type(self))
        where = inspect.unwrap(type(self).on_message).__code__
        self._connection = Connection(
            shared.recording, self.request, SERVER, _handshake, lambda: defined_at(where)
        )
        # An instance's own attribute, since a handler's class overrides ours.
        on_message = self.on_message
        self.on_message = lambda message: self._heard(on_message, message)  # type: ignore[method-assign]
        with shared.running(self._connection):
            await super()._execute(transforms, *args, **options)

    def _heard(self, on_message: Any, message: str | bytes) -> Any:
        self._connection.before_receive()
        self._connection.note(False, message)
        return on_message(message)

    def finish(self, chunk: Any = None) -> Any:
        """Answer the handshake, and keep with what."""
        status = self.get_status()
        if status == 101:
            self._connection.accepted(self.selected_subprotocol)
        elif not self._connection.outcome:
            self._connection.done(self._connection.denies(status))
        return super().finish(chunk)

    def write_message(self, message: Any, binary: bool = False) -> Any:
        """Send a message, as tornado does."""
        connection = self._connection
        text = message if isinstance(message, str | bytes) else str(message)
        connection.before_text(text)
        found = connection.sent_after_close("send")
        try:
            sent = super().write_message(message, binary)
        except Exception as exc:
            connection.send_failed(exc)
            connection.done([found], None if isinstance(exc, WebSocketClosedError) else exc)
            raise
        connection.note(True, text)
        connection.done([found])
        return sent

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Close, as tornado does."""
        if self.ws_connection is None:
            super().close(code, reason)
            return
        found = self._connection.closes(code, reason)
        try:
            super().close(code, reason)
        except Exception as exc:
            self._connection.done(found, exc)
            raise
        self._connection.done(found)

    def on_ws_connection_close(
        self, close_code: int | None = None, close_reason: str | None = None
    ) -> None:
        """Keep how the connection ended."""
        self._connection.disconnects(close_code or 1006, close_reason)
        super().on_ws_connection_close(close_code, close_reason)

    def log_exception(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Keep what a callback raised, which tornado logs and ends the connection for."""
        if value is not None:
            self._connection.failed(value)
        super().log_exception(typ, value, tb)


def _shared(kind: type[RecordedHandler]) -> Recorded:
    """Give what all connections of one class of handlers share."""
    if kind not in _SHARED:
        _SHARED[kind] = Recorded(kind.recorder_sink)
    return _SHARED[kind]


def _handshake(request: Any, server: str, said: tuple[str, ...]) -> Handshake:
    path, _, query = request.uri.partition("?")
    return Handshake(
        path=path,
        query=query,
        headers=tuple((name.lower(), value) for name, value in request.headers.get_all()),
        peer=request.remote_ip or "",
        server=server,
        said=said,
    )
