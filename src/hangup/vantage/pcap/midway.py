"""Knows frames of WebSocket by themselves, where a capture began after the opening handshake."""

from __future__ import annotations

from hangup.framing import FINAL, LONGEST_CONTROL, MASKED, Opcode

OTHER_RESERVED, COMPRESSED = 0x30, 0x40


def may_be_frames(data: bytes, *, masked: bool) -> bool:
    """Whether a segment is a row of whole, legal frames of one side, and nothing else.

    Two bytes of a header say little, but that they lead exactly to the segment's end says much.
    """
    at = 0
    while at < len(data):
        size = _size(data[at : at + 10], masked)
        if size is None:
            return False
        at += size
    return at == len(data) > 0


def _size(head: bytes, masked: bool) -> int | None:
    """Give the whole size of the frame that begins with some bytes, None when none does."""
    if len(head) < 2:
        return None
    first, second = head[0], head[1]
    kind, length = first & 0x0F, second & 0x7F
    if kind not in tuple(Opcode) or first & OTHER_RESERVED or bool(second & MASKED) is not masked:
        return None
    control = kind >= Opcode.CLOSE
    if control and (length > LONGEST_CONTROL or not first & FINAL or first & COMPRESSED):
        return None
    extended = {126: 2, 127: 8}.get(length, 0)
    if extended:
        length = int.from_bytes(head[2 : 2 + extended], "big")
    return 2 + extended + (4 if masked else 0) + length
