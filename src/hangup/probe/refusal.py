"""What websockets says of illegal frames and handshakes, and our names for it."""

from __future__ import annotations

from websockets.exceptions import (
    InvalidHandshake,
    InvalidHeader,
    InvalidUpgrade,
    NegotiationError,
)

_FRAMES = (
    ("reserved bits", "frame.reserved-bits"),
    ("RSV1", "frame.reserved-bits"),
    ("invalid opcode", "frame.opcode"),
    ("incorrect masking", "frame.masked"),
    ("control frame", "frame.control"),
    ("continuation frame", "frame.fragmentation"),
    ("incomplete fragmented", "frame.fragmentation"),
    ("status code", "frame.close-payload"),
    ("close code", "frame.close-payload"),
    ("close frame", "frame.close-payload"),
    ("decompression", "frame.compression"),
)
_BY_CODE = {1007: "frame.utf8", 1009: "frame.too-big"}
HTTP = b"HTTP/"
HTTP_IN_STREAM = "frame.http-in-stream"


def frame_failure(code: int, text: str, head: bytes | bytearray) -> str:
    """Name why a frame is illegal, from the close code and text that websockets gives."""
    if head.startswith(HTTP):
        return HTTP_IN_STREAM
    if code in _BY_CODE:
        return _BY_CODE[code]
    return next((name for part, name in _FRAMES if part in text), "frame.other")


def handshake_failure(exc: InvalidHandshake) -> str:
    """Name why a 101 is invalid."""
    if isinstance(exc, NegotiationError):
        return f"upgrade.{'subprotocol' if 'subprotocol' in str(exc) else 'extension'}-unoffered"
    if isinstance(exc, InvalidUpgrade):
        return f"upgrade.{'upgrade' if exc.name == 'Upgrade' else 'connection'}-header"
    if isinstance(exc, InvalidHeader) and exc.name == "Sec-WebSocket-Accept":
        return "upgrade.bad-accept"
    return "upgrade.header"
