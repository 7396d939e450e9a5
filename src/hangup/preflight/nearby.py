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
Tail = tuple[str, str]
"""The last two parts of a module's name; the first one is empty at the root of what is read."""
Imports = dict[Source, frozenset[Tail]]
"""What each file may import: of `from a import b` both a and a.b, since b may be a module."""


def imports_of(sources: Iterable[Source]) -> Imports:
    """Read the imports of files from their text alone."""
    return {each: frozenset(map(tail_of, _imported(each))) for each in sources}


def tail_of(dotted: str) -> Tail:
    """Give the last two parts of a name: the root that is read may lie anywhere in a package."""
    before, _, last = dotted.rpartition(".")
    return before.rpartition(".")[2], last


def choose(files: Imports) -> list[Source]:
    """Give what speaks of WebSockets, all that it imports, and what imports it.

    Of what imports it, only the direct imports are added: that is where its parts are put
    together.
    """
    placed: dict[Tail, list[Source]] = {}
    for each in files:
        placed.setdefault(tail_of(each.dotted), []).append(each)
    imports = {each: set(_found(placed, tails)) for each, tails in files.items()}
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


def _found(placed: dict[Tail, list[Source]], tails: Iterable[Tail]) -> Iterator[Source]:
    for before, last in tails:
        yield from placed.get((before, last), ())
        if before:
            yield from placed.get(("", last), ())


def _imported(source: Source) -> Iterator[str]:
    """Give the dotted names of modules that a file may import."""
    for raw, names, plain in _IMPORT.findall(source.raw):
        if raw:
            module = absolute(source.dotted, source.is_package, raw.decode("utf-8", "replace"))
            yield module
            for name in _NAME.findall(names):
                yield f"{module}.{name.decode()}"
        for name in _NAME.findall(plain):
            yield name.decode()


def absolute(dotted: str, is_package: bool, module: str) -> str:
    """Give the name of a module that may be written with leading dots, as seen from another."""
    plain = module.lstrip(".")
    level = len(module) - len(plain)
    if not level:
        return plain
    parts = dotted.split(".")
    keep = parts[: max(0, len(parts) - level + is_package)]
    return ".".join([*keep, plain] if plain else keep)
