"""A wire without a network: an async generator is the peer."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Callable, Sequence

from websockets.utils import accept_key

from hangup.event import Connected, TcpInfo
from hangup.probe.recorder import Recorder

Peer = Callable[["MemoryWire"], AsyncIterator[bytes]]


class MemoryWire:
    """Reads what the peer yields: its return is a FIN, an OSError that it raises is an error.

    Once it has taken `takes` bytes after the request a write never ends; after `breaks` it fails.
    """

    close_notify = None

    def __init__(self, peer: Peer, takes: int | None = None, breaks: int | None = None) -> None:
        self.written = b""
        self.closed = self.broken = False
        self._takes, self._breaks = takes, breaks
        self._heard = asyncio.Event()
        self._peer = peer(self)

    async def read(self) -> bytes:
        return await anext(self._peer, b"")

    def waiting(self) -> bool:
        return False

    async def write(self, data: bytes) -> None:
        self.written += data
        self._heard.set()
        after_request = len(self.written.partition(b"\r\n\r\n")[2])
        if self._breaks is not None and after_request > self._breaks:
            raise BrokenPipeError(errno.EPIPE, "Broken pipe")
        if self._takes is not None and after_request > self._takes:
            await asyncio.Event().wait()

    def close(self) -> None:
        self.closed = True

    def break_off(self) -> None:
        self.broken = True

    def tcp_info(self, at: float) -> TcpInfo | None:
        return None

    async def heard(self, mark: bytes) -> bytes:
        """Wait until some bytes were written, and give all that were."""
        while mark not in self.written:
            self._heard.clear()
            await self._heard.wait()
        return self.written

    async def accepted(self) -> bytes:
        """Wait for a WebSocket request and give the 101 that answers it."""
        head = (await self.heard(b"\r\n\r\n")).decode()
        key = next(line for line in head.split("\r\n") if line.startswith("Sec-WebSocket-Key"))
        accept = accept_key(key.partition(": ")[2])
        lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
        return "\r\n".join([*lines, f"Sec-WebSocket-Accept: {accept}", "", ""]).encode()


def connecting_to(peer: Peer, takes: int | None = None, breaks: int | None = None):
    """Give a `connect` for `dial` that reaches the peer at once."""

    async def connect(
        addresses: Sequence[str], port: int, recorder: Recorder, within: float
    ) -> MemoryWire:
        now = recorder.now
        recorder.add(Connected(at=now, address=addresses[0], port=port, local="", took=0.0))
        return MemoryWire(peer, takes, breaks)

    return connect
