"""Undoes the escapes of URLs, HTML, JSON and repr, and knows where each byte was."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

MOST_LAYERS = 4
"""Escapes around escapes that are undone; those of URLs and HTML of themselves count once."""

# Each alternative begins with a literal byte, by which `re` skips over text without escapes.
_ESCAPE = re.compile(
    rb"%(?:25)*(?:(?P<percent>[0-9a-fA-F]{2})|[uU](?P<unit>[0-9a-fA-F]{4}))"
    rb"|&(?:amp;)*(?:#0*(?P<decimal>[0-9]{1,7});?|#[xX]0*(?P<hex>[0-9a-fA-F]{1,6});?"
    rb"|(?P<name>[A-Za-z]{2,8});)"
    rb"|\\(?:u(?P<json>[0-9a-fA-F]{4})|u\{0*(?P<point>[0-9a-fA-F]{1,6})\}"
    rb"|x(?P<byte>[0-9a-fA-F]{2})|(?P<char>[\"'/\\nrtbf]))"
)
_TORN = re.compile(
    rb"(?:%(?:25)*[0-9a-fA-FuU]?[0-9a-fA-F]{0,3}|&(?:amp;)*[#A-Za-z]?[0-9A-Za-z]{0,8}"
    rb"|\\(?:[ux]\{?[0-9a-fA-F]{0,6})?)\Z"
)
_CONTROLS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}

Layer = tuple[Sequence[int], Sequence[int]]
"""Offsets from which on, and what must be added to find them in what was escaped."""


class Unescaped:
    """Bytes without their escapes."""

    def __init__(self, escaped: bytes) -> None:
        self.plain = escaped
        self._layers: list[Layer] = []
        while len(self._layers) < MOST_LAYERS and (undone := _undone(self.plain)):
            self.plain, layer = undone
            self._layers.append(layer)

    @property
    def changed(self) -> bool:
        """Whether there was any escape."""
        return bool(self._layers)

    def origin(self, offset: int) -> int:
        """Give where the byte at an offset of `plain` was in what was given."""
        for offsets, shifts in reversed(self._layers):
            offset += shifts[bisect_right(offsets, offset) - 1]
        return offset


def torn_at(escaped: bytes) -> int:
    """Give where an escape begins that the end may have cut off, the end where there is none."""
    found = _TORN.search(escaped, max(0, len(escaped) - 32))
    return found.start() if found else len(escaped)


def _undone(escaped: bytes) -> tuple[bytes, Layer] | None:
    pieces: list[bytes] = []
    offsets, shifts = [0], [0]
    size = done = 0
    for match in _ESCAPE.finditer(escaped):
        kind = str(match.lastgroup)
        meant = _meant(kind, match[kind])
        if meant is None:
            continue
        pieces += (escaped[done : match.start()], meant)
        size += match.start() - done + len(meant)
        done = match.end()
        offsets.append(size)
        shifts.append(done - size)
    return (b"".join((*pieces, escaped[done:])), (offsets, shifts)) if pieces else None


def _meant(kind: str, text: bytes) -> bytes | None:
    if kind in ("percent", "byte"):
        return bytes((int(text, 16),))
    if kind == "char":
        return _CONTROLS.get(text, text)
    if kind == "name":
        from html.entities import html5  # here: few texts hold one, and the table is long

        named = html5.get(f"{text.decode()};")
        return named.encode() if named else None
    point = int(text, 10 if kind == "decimal" else 16)
    return chr(point).encode("utf-8", "surrogatepass") if point <= 0x10FFFF else None
