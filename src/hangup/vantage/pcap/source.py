"""Reads a file of any size in pieces, and knows where in it an error is."""

from __future__ import annotations

from typing import BinaryIO, NamedTuple

MOST_PACKET = 1 << 24
"""Bytes of one packet; a length beyond that is a damaged file's (libpcap cuts at 256 KiB)."""
STRIDE = 1 << 20


class Packet(NamedTuple):
    """One captured packet: its time in nanoseconds since the epoch, its link type, its bytes."""

    ns: int
    link: int
    data: bytes


class Secrets(NamedTuple):
    """A key log that stands in the file itself (Decryption Secrets Block)."""

    text: bytes


class DamagedError(Exception):
    """The file breaks off, or is no capture from here on; what came before it holds."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


class Source:
    """Bytes in order; `head` was read before to see what the file is."""

    def __init__(self, file: BinaryIO, head: bytes = b"") -> None:
        self._file, self._head = file, head
        self.offset = 0

    def read(self, size: int) -> bytes:
        """Give exactly so many bytes.

        Raises:
            EOFError: the file ends here, where nothing is begun.
            DamagedError: it ends, or cannot be read, within them.
        """
        data = self._take(size)
        if len(data) == size:
            self.offset += size
            return data
        if not data:
            raise EOFError
        raise DamagedError(self._broken_off(data))

    def whole(self, size: int) -> bytes:
        """Give exactly so many bytes of something that is begun.

        Raises:
            DamagedError: the file ends within them.
        """
        try:
            return self.read(size)
        except EOFError:
            raise DamagedError(self._broken_off(b"")) from None

    def skip(self, size: int) -> None:
        """Pass over bytes without keeping them.

        Raises:
            DamagedError: the file ends within them.
        """
        while size:
            step = min(size, STRIDE)
            self.whole(step)
            size -= step

    def _broken_off(self, data: bytes) -> str:
        return f"it ends in the middle of a packet, at byte {self.offset + len(data)}"

    def _take(self, size: int) -> bytes:
        try:
            if not self._head:
                return self._file.read(size)
            data, self._head = self._head[:size], self._head[size:]
            return data if len(data) == size else data + self._file.read(size - len(data))
        except OSError as exc:
            raise DamagedError(f"it cannot be read on: {exc.strerror or exc}") from None
