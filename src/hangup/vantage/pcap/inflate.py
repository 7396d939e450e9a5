"""Inflates the messages of one side, as much of them as is to be seen (RFC 7692, 7.2.2)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from hangup.vantage.pcap.room import Room

WINDOW = -15
"""The largest one reads what was written with any smaller one, and what was written without."""
STRIDE = 1 << 16
TAIL = b"\0\0\xff\xff"
MOST_OF_ALL = 1 << 32
"""Bytes that are inflated of one capture: a few of them can stand for very many."""


class BrokenStreamError(Exception):
    """The bytes are no deflate stream."""


class Inflater:
    """One side's messages; once there is no room left, `blind` is true and nothing comes of it."""

    def __init__(self, room: Room) -> None:
        self.blind = False
        self._room = room
        self._stream = zlib.decompressobj(WINDOW)

    def take(self, data: bytes, *, last: bool = False) -> Iterator[bytes]:
        """Give what some bytes hold, piece by piece; `last` when they end a message.

        Raises:
            BrokenStreamError: they hold nothing.
        """
        data += TAIL if last else b""
        more = bool(data)
        while more and not self.blind:
            try:
                piece = self._stream.decompress(data, STRIDE)
            except zlib.error:
                raise BrokenStreamError from None
            data = self._stream.unconsumed_tail
            # What fills the stride may go on without any more of what is compressed.
            more = bool(data) or len(piece) == STRIDE
            if self._stream.eof:
                # A peer may end its stream with a message (RFC 7692, 7.2.3.4) and begin another.
                self._stream, more = zlib.decompressobj(WINDOW), False
            self.blind = not self._room.take(len(piece))
            yield piece
