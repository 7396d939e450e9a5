"""The records of TLS in one direction, cut out of its bytes (RFC 8446, 5.1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

HANDSHAKE, ALERT, CHANGE_CIPHER, APPLICATION = 22, 21, 20, 23
TYPES = (CHANGE_CIPHER, ALERT, HANDSHAKE, APPLICATION)
MOST_RECORD = (1 << 14) + 2048
"""Bytes of a protected record at most (RFC 5246, 6.2.3)."""
HEADER = 5


class Record(NamedTuple):
    """One record: when it was whole, its type, its header and what stands in it."""

    ns: int
    type: int
    header: bytes
    body: bytes


class NotTlsError(Exception):
    """The bytes are no records of TLS."""


class Records:
    """Puts records together from bytes in whichever pieces they come."""

    def __init__(self) -> None:
        self._left = b""

    def take(self, ns: int, data: bytes) -> Iterator[Record]:
        """Give each record that is whole by now.

        Raises:
            NotTlsError: what came is none.
        """
        data = self._left + data if self._left else data
        at = 0
        try:
            while len(data) - at >= HEADER:
                size = data[at + 3] << 8 | data[at + 4]
                if data[at] not in TYPES or data[at + 1] != 3 or size > MOST_RECORD:
                    raise NotTlsError
                end = at + HEADER + size
                if end > len(data):
                    break
                header, body = data[at : at + HEADER], data[at + HEADER : end]
                at = end
                yield Record(ns, header[0], header, body)
        finally:
            self._left = data[at:]

    @property
    def left(self) -> bytes:
        """What is no whole record yet."""
        return self._left
