"""Shrinks what is no JSON: text by its characters, binary by its bytes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from hangup.shrink.journal import Journal, Told
from hangup.shrink.minimize import ddmin
from hangup.shrink.steps import Message, Steps
from hangup.shrink.values import MOST_PLAINED

RELATIVES = (
    ("é", "outside ASCII"),
    ("ñ", "outside ASCII"),
    ("€", "of three bytes or more in UTF-8"),
    ("\U0001f600", "beyond U+FFFF"),
    ("\U0001f601", "beyond U+FFFF"),
)
"""Characters of ever longer encodings, and what they stand for."""


def shrink_bytes(journal: Journal, told: Told) -> Steps[None]:
    """Find the fewest bytes."""
    assert isinstance(journal.whole, bytes)
    pieces = tuple(_pieces(journal.whole.decode("latin-1"), told.secret))
    kept = yield from ddmin(pieces, lambda kept: _noted(journal, _joined(kept)))
    journal.smallest = _joined(kept)
    journal.because = _bytes_said(journal.smallest)
    journal.minimal = True


def shrink_text(journal: Journal, told: Told) -> Steps[None]:
    """Find the fewest characters; a word with a credential is taken out whole or not at all."""
    assert isinstance(journal.whole, str)
    pieces = tuple(_pieces(journal.whole, told.secret))
    while True:
        kept = yield from ddmin(pieces, lambda kept: _noted(journal, "".join(kept)))
        plain = yield from _ordinary(kept, journal)
        if plain == pieces:
            break
        pieces = plain
    journal.smallest = "".join(pieces)
    yield from _explained(journal, pieces)
    journal.minimal = True


def character(char: str) -> str:
    """Name a character: `U+1F600 (GRINNING FACE)`."""
    name = unicodedata.name(char, "")
    return f"U+{ord(char):04X}" + (f" ({name})" if name else "")


def kind_of_character(char: str, breaks: Callable[[str], Steps[bool]]) -> Steps[str]:
    """Say what other characters that break have in common with this one, if that is known."""
    if char.isascii():
        return ""
    kinds: dict[str, bool] = {}
    for relative, kind in RELATIVES:
        if relative != char:
            kinds[kind] = (yield from breaks(relative)) and kinds.get(kind, True)
    common = next((kind for kind, broke in kinds.items() if broke), None)
    return f"; so do other characters {common}" if common else ""


def _noted(journal: Journal | None, message: Message) -> Steps[bool]:
    broke = yield message
    if broke and journal:
        journal.smallest = message
    return broke


def _joined(pieces: Sequence[str]) -> bytes:
    return "".join(pieces).encode("latin-1")


def _pieces(text: str, secret: Callable[[str], bool]) -> Iterator[str]:
    for line in re.split(r"(\n)", text):
        words = re.split(r"(\s+)", line)
        if not secret(line):
            yield from line
        elif any(map(secret, words)):
            for word in words:
                yield from [word] if secret(word) else word
        else:
            yield line


def _ordinary(pieces: tuple[str, ...], journal: Journal) -> Steps[tuple[str, ...]]:
    for i in range(min(len(pieces), MOST_PLAINED)):
        plain = (*pieces[:i], "a", *pieces[i + 1 :])
        if pieces[i] != "a" and (yield from _noted(journal, "".join(plain))):
            pieces = plain
    return pieces


def _explained(journal: Journal, pieces: tuple[str, ...]) -> Steps[None]:
    if not pieces:
        journal.because = "any message: an empty one breaks it too"
    elif set(pieces) == {"a"}:
        journal.passes = "a" * (len(pieces) - 1)
        journal.because = _length_said(len(pieces))
    elif len(pieces) == 1 and len(pieces[0]) == 1:
        related = yield from kind_of_character(pieces[0], partial(_noted, None))
        journal.passes = "a"
        journal.because = f"the character {character(pieces[0])}{related}"
    else:
        journal.because = f"the text '{''.join(pieces)}'"


def _length_said(length: int) -> str:
    if length == 1:
        return "any text: one character breaks it, an empty message passes"
    return f"the size: {length:,} bytes break, {length - 1:,} pass"


def _bytes_said(data: bytes) -> str:
    if not data:
        return "any message: an empty one breaks it too"
    if len(data) == 1:
        return f"the byte 0x{data[0]:02x}"
    return f"the bytes {data[:16].hex(' ')}{' ...' if len(data) > 16 else ''}"
