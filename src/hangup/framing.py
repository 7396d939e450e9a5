"""Frames of WebSocket as they are read and written (RFC 6455, 5), without extensions."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum

try:
    from websockets.speedups import apply_mask
except ImportError:
    from websockets.utils import apply_mask

__all__ = ["BrokenError", "Opcode", "Reader", "apply_mask", "framed"]

LONGEST_CONTROL = 125
MASKED, FINAL, RESERVED = 0x80, 0x80, 0x70


class Opcode(IntEnum):
    """What a frame is."""

    CONTINUATION, TEXT, BINARY = 0, 1, 2
    CLOSE, PING, PONG = 8, 9, 10


class BrokenError(Exception):
    """The peer has sent what it may not; `code` is that of the close that answers it."""

    def __init__(self, code: int, reason: str) -> None:
        self.code, self.reason = code, reason
        super().__init__(reason)


def framed(opcode: Opcode, payload: bytes) -> bytes:
    """Give a whole message as one frame of a server."""
    size = len(payload)
    if size <= LONGEST_CONTROL:
        return bytes((FINAL | opcode, size)) + payload
    if size < 1 << 16:
        return bytes((FINAL | opcode, 126)) + size.to_bytes(2, "big") + payload
    return bytes((FINAL | opcode, 127)) + size.to_bytes(8, "big") + payload


class Reader:
    """Puts messages together from what a peer sends, in whichever pieces it comes.

    What a client sends is `masked`, and what a server sends never (RFC 6455, 5.1).
    """

    __slots__ = ("_fragments", "_kind", "_left", "_masked", "_most", "_size")

    def __init__(self, most: int, *, masked: bool = True) -> None:
        self._most = most
        self._masked = MASKED if masked else 0
        self._left = b""
        self._kind = Opcode.CONTINUATION
        self._fragments: list[bytes] | None = None
        self._size = 0

    def read(self, data: bytes) -> Iterator[tuple[Opcode, bytes]]:
        """Give each message and control frame that is whole by now.

        Raises:
            BrokenError: nothing can be read of this connection any more.
        """
        data = self._left + data if self._left else data
        at, size = 0, len(data)
        try:
            while size - at >= 2:
                begin, length = _payload(data, at)
                end = begin + length + (4 if self._masked else 0)
                self._check_head(data[at], data[at + 1], length)
                # A client that breaks the rules is sent away at once; a server's frame is awaited,
                # since it may be no frame at all, and the whole of it tells what it is.
                if self._masked or end <= size:
                    self._check(data[at], length)
                if end > size:
                    break
                payload = data[begin:end]
                if self._masked:
                    payload = apply_mask(payload[4:], payload[:4])
                first, at = data[at], end
                whole = self._whole(first, payload)
                if whole is not None:
                    yield whole
        finally:
            self._left = data[at:]

    @property
    def between(self) -> bool:
        """Whether no message has come in part."""
        return not self._left and self._fragments is None

    def _check_head(self, first: int, second: int, length: int) -> None:
        opcode = first & 0x0F
        if Opcode.BINARY < opcode < Opcode.CLOSE or opcode > Opcode.PONG:
            raise BrokenError(1002, "a frame is unknown")
        if second & MASKED != self._masked:
            raise BrokenError(1002, "a frame has no mask, or one that it must not have")
        before = self._size if opcode < Opcode.CLOSE else 0
        # A client's control frame is refused by `_check` before it is whole.
        if length + before > self._most and not (self._masked and opcode >= Opcode.CLOSE):
            raise BrokenError(1009, f"a message holds {self._most} bytes at most")

    def _check(self, first: int, length: int) -> None:
        opcode = first & 0x0F
        if first & RESERVED:
            raise BrokenError(1002, "a frame has a reserved bit")
        if opcode >= Opcode.CLOSE:
            if length > LONGEST_CONTROL or not first & FINAL:
                raise BrokenError(1002, "a control frame is too long or fragmented")
        elif (self._fragments is None) is (opcode == 0):
            raise BrokenError(1002, "a frame does not follow the one before")

    def _whole(self, first: int, payload: bytes) -> tuple[Opcode, bytes] | None:
        opcode = first & 0x0F
        if opcode >= Opcode.CLOSE:
            return Opcode(opcode), payload
        if self._fragments is None:
            if first & FINAL:
                return Opcode(opcode), payload
            self._kind, self._fragments = Opcode(opcode), []
        self._fragments.append(payload)
        self._size += len(payload)
        if not first & FINAL:
            return None
        whole = b"".join(self._fragments)
        self._fragments, self._size = None, 0
        return self._kind, whole


def _payload(data: bytes, at: int) -> tuple[int, int]:
    """Give where the mask begins, and how long the payload is; 2 more bytes are there at least."""
    length = data[at + 1] & 0x7F
    if length < 126:
        return at + 2, length
    begin = at + (4 if length == 126 else 10)
    return begin, int.from_bytes(data[at + 2 : begin], "big") if len(data) >= begin else 0
