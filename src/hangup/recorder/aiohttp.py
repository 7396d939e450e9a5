"""Records the WebSockets of an aiohttp application."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, ExitStack
from contextvars import ContextVar
from typing import Any

import aiohttp
from aiohttp import WSMsgType, web

from hangup.incident import Sink
from hangup.recorder import loose
from hangup.recorder.connection import Connection
from hangup.recorder.frames import defined_at
from hangup.recorder.handshake import Handshake
from hangup.recorder.library import Recorded, closing, sending, tapped
from hangup.recorder.stalls import STALL_AFTER

SERVER = f"aiohttp {aiohttp.__version__}"
_SWITCHING = 101
_taps: ContextVar[ExitStack] = ContextVar("hangup_taps")


def record(
    app: web.Application,
    sink: Sink | None = None,
    *,
    payloads: bool = False,
    stall: float = STALL_AFTER,
) -> web.Application:
    """Record an application's WebSockets by a middleware, its outermost, and a signal.

    It is called before the application runs, and gives it back. The options are those of
    `hangup.Recorder`.
    """
    shared = Recorded(sink, payloads=payloads, stall=stall)

    @web.middleware
    async def recorded(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return await handler(request)
        code = getattr(inspect.unwrap(request.match_info.handler), "__code__", None)
        connection = Connection(
            shared.recording, request, SERVER, _handshake, lambda: defined_at(code) if code else ""
        )
        with shared.running(connection), ExitStack() as taps:
            _taps.set(taps)
            return await _answered(connection, request, handler)

    app.middlewares.insert(0, recorded)
    app.on_response_prepare.append(_prepared)
    return app


async def _answered(
    connection: Connection,
    request: web.Request,
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
) -> web.StreamResponse:
    try:
        response = await handler(request)
    except web.HTTPException as exc:
        connection.done(connection.denies(exc.status))
        raise
    if response.status != _SWITCHING and not connection.accepted_at:
        connection.done(connection.denies(response.status))
    return response


async def _prepared(request: web.Request, response: web.StreamResponse) -> None:
    connection = loose.current.get()
    if connection and isinstance(response, web.WebSocketResponse):
        connection.accepted(response.headers.get("Sec-WebSocket-Protocol"))
        _taps.get().enter_context(_tapped(response, connection))


def _tapped(
    socket: web.WebSocketResponse[Any], connection: Connection
) -> AbstractContextManager[None]:
    """Put a tap on what a handler calls; each passes on to the socket's own method."""
    send_str, send_bytes, receive, close = (
        socket.send_str,
        socket.send_bytes,
        socket.receive,
        socket.close,
    )

    async def tapped_str(data: Any, compress: int | None = None) -> None:
        await sending(connection, lambda: send_str(data, compress), data)

    async def tapped_bytes(data: Any, compress: int | None = None) -> None:
        await sending(connection, lambda: send_bytes(data, compress), data)

    async def tapped_receive(timeout: float | None = None) -> Any:
        connection.before_receive()
        message = await receive(timeout)
        if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
            connection.note(False, message.data)
        elif connection.close is None:
            connection.disconnects(socket.close_code or 1006)
        return message

    async def tapped_close(*, code: int = 1000, message: bytes = b"", drain: bool = True) -> bool:
        if socket.closed or socket.close_code:  # aiohttp closes by itself too, and again
            return await close(code=code, message=message, drain=drain)
        reason = message.decode("utf-8", "replace") if isinstance(message, bytes) else message
        call = lambda: close(code=code, message=message, drain=drain)  # noqa: E731
        return bool(await closing(connection, call, code, reason))

    return tapped(
        socket,
        send_str=tapped_str,
        send_bytes=tapped_bytes,
        receive=tapped_receive,
        close=tapped_close,
    )


def _handshake(request: web.Request, server: str, said: tuple[str, ...]) -> Handshake:
    return Handshake(
        path=request.path,
        query=request.query_string,
        headers=tuple((name.lower(), value) for name, value in request.headers.items()),
        peer=request.remote or "",
        server=server,
        said=said,
    )
