"""Turns the messages of a HAR into frames."""

from __future__ import annotations

import base64

from hangup.event import Event, FrameReceived, FrameRejected, FrameSent, Opcode
from hangup.in_band import without_credentials
from hangup.redact import Redactor
from hangup.vantage.har_format import Message

KEPT_BYTES = 1024
OPCODES: dict[int, Opcode] = {
    0: "cont",
    1: "text",
    2: "binary",
    8: "close",
    9: "ping",
    10: "pong",
}
# What Chromium says of an illegal frame (net/websockets), and our name for it.
_REJECTIONS = (
    ("reserved bits", "frame.reserved-bits"),
    ("opcode", "frame.opcode"),
    ("must not mask", "frame.masked"),
    ("fragmented control", "frame.control"),
    ("too long payload", "frame.control"),
    ("continuation frame", "frame.fragmentation"),
    ("is unfinished", "frame.fragmentation"),
    ("UTF-8", "frame.utf8"),
    ("close frame", "frame.close-payload"),
    ("too large", "frame.too-big"),
    ("inflate", "frame.compression"),
)


def frame_of(message: Message, at: float, redactor: Redactor) -> Event | None:
    """Give the event of one message, None for an opcode that RFC 6455 does not know."""
    if message.type == "error":
        failure = next((name for text, name in _REJECTIONS if text in message.data), "frame.other")
        return FrameRejected(at=at, failure=failure, text=message.data, head=b"", size=0)
    opcode = OPCODES.get(message.opcode)
    if opcode is None:
        return None
    payload = payload_of(message)
    code, reason = _close_of(payload) if opcode == "close" else (None, "")
    data = b""
    if code is None:
        data = redactor.head(without_credentials(payload), KEPT_BYTES)
    if message.type == "send":
        return FrameSent(
            at=at, opcode=opcode, size=len(payload), data=data, code=code, reason=reason
        )
    return FrameReceived(
        at=at,
        opcode=opcode,
        size=len(payload),
        wire_size=len(payload),
        data=data,
        code=code,
        reason=reason,
    )


def payload_of(message: Message) -> bytes:
    """Give the bytes: browsers write text as it is and everything else in base64."""
    raw = message.data.encode("utf-8", "surrogatepass")
    if OPCODES.get(message.opcode) == "text":
        return raw
    try:
        return base64.b64decode(raw, validate=True)
    except ValueError:
        return raw


def _close_of(payload: bytes) -> tuple[int | None, str]:
    if len(payload) < 2:
        return None, ""
    return int.from_bytes(payload[:2], "big"), payload[2:].decode("utf-8", "replace")
