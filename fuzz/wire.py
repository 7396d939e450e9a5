"""A wire without a network, on which an input comes in pieces and then ends."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from websockets.utils import accept_key

from hangup.event import TcpInfo

KEY = b"Sec-WebSocket-Key: "


class PiecesWire:
    """Gives what it has been given; `{accept}` in it becomes the key that the request asks for."""

    close_notify = None
    buffer = 65536
    unread = None

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = deque(chunks)
        self._accept = b""

    async def read(self) -> bytes:
        """Give the next piece, nothing at the end."""
        chunk = self._chunks.popleft() if self._chunks else b""
        return chunk.replace(b"{accept}", self._accept)

    async def write(self, data: bytes) -> None:
        """Take what is sent, and look for the key in it."""
        if KEY in data:
            key = data.partition(KEY)[2].partition(b"\r\n")[0]
            self._accept = accept_key(key.decode()).encode()

    def waiting(self) -> bool:
        """Nothing waits in the system."""
        return False

    def pause(self) -> None:
        """Nothing flows."""

    def resume(self) -> None:
        """Nothing flows."""

    async def flowing(self) -> None:
        """It flows always."""

    def close(self) -> None:
        """Nothing is open."""

    def break_off(self) -> None:
        """Nothing is open."""

    def tcp_info(self, at: float) -> TcpInfo | None:
        """There is no TCP."""
        return None


def pieces(data: bytes, cut: int) -> list[bytes]:
    """Cut an input into pieces of one size, or leave it whole for 0."""
    size = cut or len(data) or 1
    return [data[at : at + size] for at in range(0, len(data), size)]
