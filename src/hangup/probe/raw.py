"""What a trace shows of bytes that are not parsed yet, or never will be."""

from __future__ import annotations

from hangup.probe.recorder import Recorder

KEPT_HEAD = 256
MASKED = 0x80
COMPRESSED = 0x40
DATA_OPCODES = (0, 1, 2)
OPCODES = (*DATA_OPCODES, 8, 9, 10)


class RawBytes:
    """The first bytes of something on the wire, and how many there were in all."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._most = KEPT_HEAD + recorder.longest_secret
        self.first = bytearray()
        self.size = 0

    def add(self, data: bytes | bytearray) -> None:
        """Count bytes and keep them as far as there is room."""
        self.first += data[: max(0, self._most - len(self.first))]
        self.size += len(data)

    def take(self, other: RawBytes) -> None:
        """Become a copy of other bytes."""
        self.first[:] = other.first
        self.size = other.size

    def clear(self) -> None:
        """Forget all."""
        self.first.clear()
        self.size = 0

    def shown(self, *, before: bytes, compression: bool) -> bytes:
        """Give the first bytes without secrets.

        `before` is the end of the fragments before these bytes. A payload in which a secret could
        not be seen, because it is masked or compressed, is left out behind its header.
        """
        size = _header_size(self.first)
        header, payload = bytes(self.first[:size]), bytes(self.first[size:])
        if self._hides(header, payload, compression):
            return header
        before = before if header and header[0] & 15 == 0 else b""
        shown = header + self._recorder.head(payload, KEPT_HEAD - size, before=before, cut=True)
        # What looks like a header can be the beginning of a secret, when these are no frames.
        return self._recorder.head(shown, len(shown), cut=True)

    def _hides(self, header: bytes, payload: bytes, compression: bool) -> bool:
        if len(header) < 2:
            return False
        if header[1] & MASKED:
            mask = header[-4:]
            plain = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
            return self._recorder.head(plain, KEPT_HEAD, cut=True) != plain[:KEPT_HEAD]
        data = header[0] & 15 in DATA_OPCODES
        return data and compression and bool(header[0] & COMPRESSED)


def _header_size(head: bytes | bytearray) -> int:
    """Give the size of the frame header (RFC 6455, 5.2) that the bytes begin with, if they do."""
    if len(head) < 2 or head[0] & 15 not in OPCODES:
        return 0
    length = {126: 2, 127: 8}.get(head[1] & 0x7F, 0)
    return min(len(head), 2 + length + (4 if head[1] & MASKED else 0))
