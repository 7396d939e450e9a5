"""The frames of one side of a WebSocket, overheard: any length is passed over, its head is kept."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import NamedTuple

from hangup.framing import FINAL, LONGEST_CONTROL, MASKED, Opcode, apply_mask
from hangup.vantage.pcap.inflate import BrokenStreamError, Inflater

COMPRESSED, OTHER_RESERVED = 0x40, 0x30
OPCODES = frozenset(Opcode)
HTTP = b"HTTP/"
LEGAL_CODES = frozenset((*range(1000, 1004), *range(1007, 1015)))
OWN_CODES = range(3000, 5000)
"""Codes that a close frame may hold (RFC 6455, 7.4 and what is registered)."""
SHOWN = 256
"""Bytes kept of what is no frame."""


class Frame(NamedTuple):
    """One whole frame; `head` holds the first bytes of its payload, `before` what led to them.

    `size` is its payload's, inflated where it came compressed; `wire_size` as it was on the wire.
    """

    ns: int
    opcode: Opcode
    fin: bool
    compressed: bool
    size: int
    wire_size: int
    head: bytes
    before: bytes


class Illegal(NamedTuple):
    """Bytes that are no legal frame: our failure, in words, and the first of them."""

    ns: int
    failure: str
    text: str
    head: bytes


class FrameReader:
    """Reads what one side sends, in whichever pieces it comes; nothing after an illegal frame.

    What a client sends is `masked`. `most` bytes are kept of each payload, and as many of the end
    of a fragment. Text is only held against UTF-8 where that is asked for. It is `over` with a
    close frame or an illegal one; `behind` is what had come after a close frame by then.
    """

    def __init__(
        self, *, masked: bool, inflater: Inflater | None, most: int, check_text: bool
    ) -> None:
        self._masked, self._inflater, self._most = masked, inflater, most
        self._check_text = check_text
        self._text: codecs.IncrementalDecoder | None = None
        self._garbled = False
        self._left = b""
        self._message: Opcode | None = None
        self._squeezed = False
        self._before = b""
        self._frame: _Frame | None = None
        self.over = False
        self.behind = b""

    @property
    def pending(self) -> int:
        """Bytes of a frame that has not come whole."""
        return len(self._left) + (self._frame.begun if self._frame else 0)

    def take(self, ns: int, data: bytes) -> Iterator[Frame | Illegal]:
        """Give each frame that is whole by now."""
        data, self._left = self._left + data, b""
        at = 0
        while not self.over:
            if self._frame is None:
                found = self._header(data[at : at + 14])
                if isinstance(found, str):
                    yield self._illegal(ns, found, data[at:])
                    return
                if found is None:
                    self._left = data[at:]
                    return
                self._frame = found
                at += found.header
            frame = self._frame
            piece = data[at : at + frame.left]
            at += len(piece)
            broken = self._payload(frame, piece)
            if broken:
                yield self._illegal(ns, broken, frame.shown)
                return
            if frame.left:
                return
            self._frame = None
            yield from self._whole(ns, frame)
        self.behind = data[at:]

    def rest(self, ns: int) -> Illegal | None:
        """Name what is pending at the end: too little of an HTTP response to be told before."""
        if self._left and HTTP.startswith(self._left) and self._left.startswith(b"HT"):
            return self._illegal(ns, "frame.http-in-stream", self._left)
        return None

    def _header(self, head: bytes) -> _Frame | str | None:
        """Give the frame that begins, what makes it illegal, or None when more must come."""
        if not self._masked and head.startswith(HTTP):
            return "frame.http-in-stream"
        if len(head) < 2 or (not self._masked and len(head) < 5 and HTTP.startswith(head)):
            return None
        first, second = head[0], head[1]
        illegal = self._illegal_head(first, second)
        if illegal:
            return illegal
        extended = {126: 2, 127: 8}.get(second & 0x7F, 0)
        size = 2 + extended + (4 if self._masked else 0)
        if len(head) < size:
            return None
        length = int.from_bytes(head[2 : 2 + extended], "big") if extended else second & 0x7F
        mask = head[size - 4 : size] if self._masked else b""
        return _Frame(first, size, length, mask, head[:size])

    def _illegal_head(self, first: int, second: int) -> str:
        kind, length = first & 0x0F, second & 0x7F
        if kind not in OPCODES:
            return "frame.opcode"
        if bool(second & MASKED) is not self._masked:
            return "frame.masked"
        control = kind >= Opcode.CLOSE
        squeezed = bool(first & COMPRESSED)
        bare = control or kind == Opcode.CONTINUATION or self._inflater is None
        if first & OTHER_RESERVED or (squeezed and bare):
            return "frame.reserved-bits"
        if control:
            return "frame.control" if length > LONGEST_CONTROL or not first & FINAL else ""
        follows = kind == Opcode.CONTINUATION
        return "" if follows is (self._message is not None) else "frame.fragmentation"

    def _payload(self, frame: _Frame, piece: bytes) -> str:
        """Take a piece of the payload; say what makes it illegal."""
        if not frame.control and frame.begins:
            self._begin(frame)
        plain = frame.unmasked(piece)
        frame.left -= len(piece)
        if frame.control:
            frame.keep(plain, LONGEST_CONTROL, 0)
            return ""
        pieces: Iterator[bytes] = iter((plain,))
        if self._squeezed and self._inflater:
            pieces = self._inflater.take(plain, last=frame.fin and not frame.left)
        try:
            for each in pieces:
                frame.keep(each, self._most, 0 if frame.fin else self._most)
                self._hold_against_utf8(each, last=False)
        except BrokenStreamError:
            return "frame.compression"
        self._hold_against_utf8(b"", last=frame.fin and not frame.left)
        return ""

    def _hold_against_utf8(self, data: bytes, *, last: bool) -> None:
        """Note text that is none; it is told once its frame is whole, as its reader finds it."""
        if self._text:
            try:
                self._text.decode(data, last)
            except UnicodeDecodeError:
                self._text, self._garbled = None, True

    def _begin(self, frame: _Frame) -> None:
        frame.begins = False
        if frame.opcode == Opcode.CONTINUATION:
            return
        self._before = b""
        self._squeezed = bool(frame.first & COMPRESSED)
        text = frame.opcode == Opcode.TEXT and self._check_text
        blind = self._squeezed and self._inflater is not None and self._inflater.blind
        self._text = codecs.getincrementaldecoder("utf-8")() if text and not blind else None

    def _whole(self, ns: int, frame: _Frame) -> Iterator[Frame | Illegal]:
        before = self._before if frame.opcode == Opcode.CONTINUATION else b""
        unseen = self._squeezed and self._inflater is not None and self._inflater.blind
        size = frame.length if frame.control or unseen else frame.size
        compressed = bool(frame.first & COMPRESSED)
        head = bytes(frame.head)
        yield Frame(ns, frame.opcode, frame.fin, compressed, size, frame.length, head, before)
        if frame.opcode == Opcode.CLOSE:
            self.over = True
            illegal = _illegal_close(head)
            if illegal:
                yield self._illegal(ns, illegal, frame.shown)
        elif self._garbled:
            yield self._illegal(ns, "frame.utf8", frame.shown)
        elif not frame.control:
            self._message = None if frame.fin else frame.opcode
            self._before = b"" if frame.fin else (before + bytes(frame.tail))[-self._most :]

    def _illegal(self, ns: int, failure: str, head: bytes | bytearray) -> Illegal:
        self.over, self._left, self._frame = True, b"", None
        return Illegal(ns, failure, _WORDS[failure], bytes(head[:SHOWN]))


class _Frame:
    """A frame whose header came."""

    def __init__(self, first: int, header: int, length: int, mask: bytes, raw: bytes) -> None:
        self.first, self.header, self.length, self._mask = first, header, length, mask
        self.opcode, self.fin = Opcode(first & 0x0F), bool(first & FINAL)
        self.left, self.size, self.begins = length, 0, True
        self.head, self.tail = bytearray(), bytearray()
        self.shown = bytearray(raw)

    @property
    def control(self) -> bool:
        return self.opcode >= Opcode.CLOSE

    @property
    def begun(self) -> int:
        return self.header + self.length - self.left

    def unmasked(self, piece: bytes) -> bytes:
        self.shown += piece[: max(0, SHOWN - len(self.shown))]
        if not self._mask or not piece:
            return piece
        turn = (self.length - self.left) % 4
        return apply_mask(piece, self._mask[turn:] + self._mask[:turn])

    def keep(self, plain: bytes, most: int, last: int) -> None:
        self.size += len(plain)
        self.head += plain[: max(0, most - len(self.head))]
        if last:
            self.tail = (self.tail + plain[-last:])[-last:]


_WORDS = {
    "frame.http-in-stream": "an HTTP response in the place of a frame",
    "frame.masked": "incorrect masking",
    "frame.opcode": "invalid opcode",
    "frame.reserved-bits": "reserved bits must be 0",
    "frame.control": "control frame too long or fragmented",
    "frame.fragmentation": "a frame that does not follow the one before",
    "frame.close-payload": "a close frame with a code that none may hold",
    "frame.utf8": "text that is not UTF-8",
    "frame.compression": "decompression failed",
}


def _illegal_close(payload: bytes) -> str:
    if not payload:
        return ""
    code = int.from_bytes(payload[:2], "big")
    try:
        payload[2:].decode()
    except UnicodeDecodeError:
        return "frame.utf8"
    legal = len(payload) >= 2 and (code in LEGAL_CODES or code in OWN_CODES)
    return "" if legal else "frame.close-payload"
