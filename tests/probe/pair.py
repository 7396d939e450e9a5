"""An open session over a socket pair: no handshake, the other end in the test's hands."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.utils import accept_key

from hangup.event import ResponseReceived
from hangup.probe.frames import WatchedProtocol
from hangup.probe.recorder import Recorder
from hangup.probe.session import Session
from hangup.probe.wire import SocketWire, Wire
from hangup.redact import Redactor

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
DEFLATE = "permessage-deflate"


def opened_protocol(
    recorder: Recorder, *, compression: bool = False, answer_pings: bool = True
) -> WatchedProtocol:
    """Give a protocol past its 101."""
    protocol = WatchedProtocol(
        recorder, key=KEY, subprotocols=(), compression=compression, answer_pings=answer_pings
    )
    headers = [
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Accept", accept_key(KEY)),
    ]
    if compression:
        headers.append(("Sec-WebSocket-Extensions", DEFLATE))
    answer = ResponseReceived(
        at=0.0, status=101, reason="", http_version="1.1", headers=tuple(headers), took=0.0
    )
    assert protocol.accept(answer, 0)
    assert compression == any(isinstance(e, PerMessageDeflate) for e in protocol.extensions)
    return protocol


@contextlib.asynccontextmanager
async def reading(
    wire: Wire, recorder: Recorder, *, compression: bool = False
) -> AsyncIterator[Session]:
    """Run a session with its reader beside it, as `dial` does."""
    session = Session(wire, opened_protocol(recorder, compression=compression), recorder)
    reader = asyncio.create_task(session.read_on())
    try:
        yield session
    finally:
        reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reader
        session.finish()


@contextlib.asynccontextmanager
async def open_session() -> AsyncIterator[tuple[Session, socket.socket, Recorder]]:
    """Give a session, the socket at its other end, and what records it."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with ours, theirs:
        recorder = Recorder(Redactor(()))
        async with reading(SocketWire(ours), recorder) as session:
            yield session, theirs, recorder
