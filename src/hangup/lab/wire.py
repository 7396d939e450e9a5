"""Builds frames byte by byte, legal and illegal ones (RFC 6455, 5.2)."""

from __future__ import annotations

import struct
import zlib

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    rsv: int = 0,
    mask: bytes | None = None,
    length: int | None = None,
) -> bytes:
    """Build one frame; `length` is what the header claims when that is not the truth."""
    claimed = len(payload) if length is None else length
    flag = 0x80 if mask else 0
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    if claimed < 126:
        head += bytes([flag | claimed])
    elif claimed < 65536:
        head += struct.pack("!BH", flag | 126, claimed)
    else:
        head += struct.pack("!BQ", flag | 127, claimed)
    if mask:
        payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
    return head + (mask or b"") + payload


def close(code: int, reason: bytes = b"") -> bytes:
    """Build a close frame."""
    return frame(CLOSE, struct.pack("!H", code) + reason)


def deflated(data: bytes) -> bytes:
    """Compress one message as RFC 7692, 7.2.1 says, without context from those before it."""
    deflate = zlib.compressobj(wbits=-15)
    return (deflate.compress(data) + deflate.flush(zlib.Z_SYNC_FLUSH))[:-4]
