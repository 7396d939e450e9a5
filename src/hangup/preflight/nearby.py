"""Chooses the files that can have to do with WebSockets, by their text and their imports."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from hangup.preflight.source import Source

_SPEAKS = re.compile(rb"websocket", re.I)
_IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n]*)|import[ \t]+([^\n]+))", re.M
)
_NAME = re.compile(rb"[A-Za-z_][\w.]*")


Imports = dict[Source, frozenset[str]]
"""The last parts of the names of modules that each file may import."""


def imports_of(sources: Iterable[Source]) -> Imports:
    """Read the imports of files from their text alone."""
    return {each: frozenset(_tails(each.raw)) for each in sources}


def choose(files: Imports) -> list[Source]:
    """Give what speaks of WebSockets, all that it imports, and what imports it.

    Of what imports it, only the direct imports are added: that is where its parts are put
    together. Files are known by the last part of their dotted name.
    """
    by_tail: dict[str, list[Source]] = {}
    for each in files:
        by_tail.setdefault(each.dotted.rpartition(".")[2], []).append(each)
    imports = {each: {s for t in files[each] for s in by_tail.get(t, ())} for each in files}
    speaking = {each for each in files if _SPEAKS.search(each.raw)}
    chosen = set(speaking)
    waiting = list(speaking)
    while waiting:
        new = imports[waiting.pop()] - chosen
        chosen |= new
        waiting += new
    importers = {each for each in files if imports[each] & speaking}
    chosen |= importers.union(*(imports[each] for each in importers))
    return [each for each in files if each in chosen]


def _tails(raw: bytes) -> Iterator[str]:
    for source, names, plain in _IMPORT.findall(raw):
        for name in [source, *_NAME.findall(names), *_NAME.findall(plain)]:
            if name:
                yield name.rpartition(b".")[2].decode("ascii", "replace")
