"""A client's end of a WebSocket that costs next to nothing: the server is what is measured."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Authorization: Bearer {user}\r\n\r\n"
)
NO_MASK = bytes(4)
"""A masking key of zeros leaves the payload as it is, and is as good as any for a server."""


def framed(text: bytes) -> bytes:
    """Give a text message as a masked frame (RFC 6455, 5.2)."""
    if len(text) < 126:
        return b"\x81" + bytes((0x80 | len(text),)) + NO_MASK + text
    return b"\x81\xfe" + len(text).to_bytes(2, "big") + NO_MASK + text


class Wire(asyncio.Protocol):
    """One connection; `heard` gets the payloads of all whole frames of one read."""

    def __init__(self, path: str, user: str, heard: Callable[[list[bytes]], None]) -> None:
        self._handshake = HANDSHAKE.format(path=path, user=user).encode()
        self._heard = heard
        self._left = b""
        self._transport: asyncio.Transport | None = None
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lost: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._handshake)

    def connection_lost(self, error: Exception | None) -> None:
        self.lost = f"the connection was lost: {error or self._left!r}"
        if not self.opened.done():
            self.opened.set_exception(ConnectionError(self.lost))

    def data_received(self, data: bytes) -> None:
        data = self._left + data if self._left else data
        if not self.opened.done():
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                self._left = head
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self.opened.set_exception(ConnectionError(head.decode("latin-1")))
                return
            self.opened.set_result(None)
        payloads, self._left = _payloads(data)
        if payloads:
            self._heard(payloads)

    def say(self, frames: bytes) -> None:
        """Write frames."""
        assert self._transport is not None
        self._transport.write(frames)

    def close(self) -> None:
        """Let go of the connection."""
        if self._transport is not None:
            self._transport.abort()


def _payloads(data: bytes) -> tuple[list[bytes], bytes]:
    found, at, size = [], 0, len(data)
    while at + 2 <= size:
        length, begin = data[at + 1], at + 2
        if length == 126:
            length, begin = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
        elif length == 127:
            length, begin = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
        if begin + length > size:
            break
        found.append(data[begin : begin + length])
        at = begin + length
    return found, data[at:]
