"""Tells whether it is the size that breaks, and from which byte on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hangup.shrink.journal import Journal
from hangup.shrink.minimize import limit
from hangup.shrink.steps import Message, Steps, encoded
from hangup.shrink.tree import Document, Node

BIG = 100
"""Bytes from which the size is asked for."""

Filler = Callable[[int], Message]


def by_size(journal: Journal, document: Document | None) -> Steps[bool]:
    """Find the limit when a filler of the same size breaks alike and a small one passes."""
    size = len(encoded(journal.whole))
    if size < BIG:
        return False
    for least, filler in _fillers(journal.whole, document):
        if (yield filler(size)) and not (yield filler(least)):
            journal.smallest = filler(size)
            fails = yield from limit(least, size, _noting(journal, filler))
            conclude(journal, filler, fails)
            return True
    return False


def conclude(journal: Journal, filler: Filler, fails: int) -> None:
    """Write down that one size breaks and one byte less passes."""
    journal.smallest, journal.passes = filler(fails), filler(fails - 1)
    journal.because = f"the size: {fails:,} bytes break, {fails - 1:,} pass"
    journal.minimal = True


def _noting(journal: Journal, filler: Filler) -> Callable[[int], Steps[bool]]:
    def breaks(size: int) -> Steps[bool]:
        broke = yield filler(size)
        if broke:
            journal.smallest = filler(size)
        return broke

    return breaks


def _fillers(whole: Message, document: Document | None) -> Iterator[tuple[int, Filler]]:
    """Give each filler with its least size: for JSON an empty value and the blanks after it."""
    if isinstance(whole, bytes):
        yield 1, lambda size: b"a" * size
        return
    if document:
        empty = document.render(_emptied(document))
        yield len(empty), lambda size: empty.ljust(size)
    yield 1, lambda size: "a" * size


def _emptied(document: Document) -> Node:
    root = document.root
    inside = root.children[0] if root.kind == "lines" else root
    return Node(id=root.id, kind=inside.kind)
