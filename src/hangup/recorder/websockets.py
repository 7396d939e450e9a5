"""Records the connections of a handler of the `websockets` library."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from functools import wraps
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.version import version

from hangup.incident import Sink
from hangup.recorder.connection import Connection
from hangup.recorder.frames import defined_at
from hangup.recorder.handshake import Handshake
from hangup.recorder.library import Recorded, closing, sending, tapped
from hangup.recorder.stalls import STALL_AFTER

Handler = Callable[[ServerConnection], Awaitable[None]]
SERVER = f"websockets {version}"


def recorded(
    handler: Handler,
    sink: Sink | None = None,
    *,
    payloads: bool = False,
    stall: float = STALL_AFTER,
) -> Handler:
    """Give the handler with its connections recorded: `serve(recorded(handler), ...)`.

    The options are those of `hangup.Recorder`. Fragmented sends and `recv_streaming` pass
    unrecorded.
    """
    shared = Recorded(sink, payloads=payloads, stall=stall)
    code = getattr(inspect.unwrap(handler), "__code__", None)

    @wraps(handler)
    async def guarded(socket: ServerConnection) -> None:
        connection = Connection(
            shared.recording, socket, SERVER, _handshake, lambda: defined_at(code) if code else ""
        )
        connection.accepted(socket.subprotocol)
        with shared.running(connection), _tapped(socket, connection):
            await handler(socket)

    return guarded


def _tapped(socket: ServerConnection, connection: Connection) -> AbstractContextManager[None]:
    """Put a tap on what a handler calls; each passes on to the socket's own method."""
    send, recv, close = socket.send, socket.recv, socket.close

    async def tapped_send(message: Any, *args: Any, **options: Any) -> None:
        await sending(connection, lambda: send(message, *args, **options), message)

    async def tapped_recv(*args: Any, **options: Any) -> Any:
        connection.before_receive()
        try:
            message = await recv(*args, **options)
        except ConnectionClosed as exc:
            frame = exc.rcvd or exc.sent
            connection.disconnects(frame.code if frame else 1006, frame.reason if frame else "")
            raise
        connection.note(False, message)
        return message

    async def tapped_close(code: Any = 1000, reason: Any = "") -> None:
        await closing(connection, lambda: close(code, reason), code, reason)

    return tapped(socket, send=tapped_send, recv=tapped_recv, close=tapped_close)


def _handshake(socket: ServerConnection, server: str, said: tuple[str, ...]) -> Handshake:
    request = socket.request
    path, _, query = (request.path if request else "").partition("?")
    pairs = request.headers.raw_items() if request else ()
    peer = socket.remote_address
    return Handshake(
        path=path,
        query=query,
        headers=tuple((name.lower(), value) for name, value in pairs),
        peer=f"{peer[0]}:{peer[1]}" if isinstance(peer, tuple) else "",
        server=server,
        said=said,
    )
