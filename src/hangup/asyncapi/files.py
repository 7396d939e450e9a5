"""Reads AsyncAPI documents, 2.x and 3.x, and follows references inside them and to files beside."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml
from msgspec import Struct

from hangup.document import compose, read_text
from hangup.errors import DocumentError

MOST_FILES = 64
MOST_LINKS = 32
"""References that one reference may lead through."""
_INT, _FLOAT = re.compile(r"-?(?:0|[1-9]\d*)"), re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_WORDS = {"null": None, "~": None, "": None, "true": True, "false": False}
_CASES = {f(word): value for word, value in _WORDS.items() for f in (str, str.title, str.upper)}


class Spot(Struct, frozen=True):
    """A value of a document, with the file and the JSON Pointer (RFC 6901) at which it stands."""

    value: Any
    file: str
    pointer: str = ""

    @property
    def name(self) -> str:
        """The last part of the pointer: what the value is called where it stands."""
        return _unescaped(self.pointer.rpartition("/")[2])

    def error(self, what: str) -> DocumentError:
        """Say what is wrong here."""
        where = f" at {self.pointer}" if self.pointer else ""
        return DocumentError(self.file, None, f"{what}{where}")

    def text(self, key: str) -> str:
        """Give a text of this mapping, nothing when there is none."""
        value = self.value.get(key) if isinstance(self.value, dict) else None
        return value if isinstance(value, str) else ""


class Files:
    """The files of one description, each read once."""

    def __init__(self, path: str) -> None:
        self._read: dict[str, Any] = {}
        self.root = Spot(self._load(path), path)

    def follow(self, spot: Spot) -> Spot:
        """Give what a reference stands for, the spot itself when it is none.

        Raises:
            DocumentError: it leads nowhere, to another machine, or in a circle.
        """
        seen = {(spot.file, spot.pointer)}
        while isinstance(spot.value, dict) and isinstance(spot.value.get("$ref"), str):
            spot = self._target(spot, spot.value["$ref"])
            if (spot.file, spot.pointer) in seen or len(seen) > MOST_LINKS:
                raise spot.error("the references form a circle")
            seen.add((spot.file, spot.pointer))
        return spot

    def child(self, spot: Spot, *keys: str) -> Spot | None:
        """Give what stands below some keys, references followed, None when nothing does."""
        for key in keys:
            value = spot.value
            if not isinstance(value, dict) or key not in value:
                return None
            spot = self.follow(Spot(value[key], spot.file, f"{spot.pointer}/{_escaped(key)}"))
        return spot

    def children(self, spot: Spot | None) -> Iterator[Spot]:
        """Give the values of a mapping or a list, references not followed."""
        if spot is None:
            return
        value = spot.value
        pairs = value.items() if isinstance(value, dict) else enumerate(_list(value))
        for key, each in pairs:
            yield Spot(each, spot.file, f"{spot.pointer}/{_escaped(str(key))}")

    def _target(self, spot: Spot, ref: str) -> Spot:
        name, _, pointer = ref.partition("#")
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|//", name):
            raise spot.error(f"{ref[:80]!r} is on another machine; only local files are read")
        file = str(Path(spot.file).parent / unquote(name)) if name else spot.file
        return Spot(self._at(self._load(file), file, pointer, spot), file, pointer)

    def _at(self, value: Any, file: str, pointer: str, asked: Spot) -> Any:
        if pointer and not pointer.startswith("/"):
            raise asked.error(f"'#{pointer[:80]}' is no JSON Pointer")
        for part in pointer.split("/")[1:]:
            key = _unescaped(part)
            if isinstance(value, dict) and key in value:
                value = value[key]
            elif isinstance(value, list) and _is_place(key) and int(key) < len(value):
                value = value[int(key)]
            else:
                raise asked.error(f"{file} has nothing at {pointer[:80]!r}, which is referred to")
        return value

    def _load(self, file: str) -> Any:
        key = str(Path(file).absolute())
        if key not in self._read:
            if len(self._read) >= MOST_FILES:
                raise DocumentError(file, None, f"more than {MOST_FILES} files are referred to")
            node = compose(read_text(file), file)
            if node is None:
                raise DocumentError(file, (1, 1), "it is empty")
            self._read[key] = _plain(node, file)
        return self._read[key]


def _plain(node: yaml.Node, file: str) -> Any:
    """Give what a node holds by the JSON rules of YAML, so that a date is a text."""
    if isinstance(node, yaml.MappingNode):
        return {_key(key, file): _plain(value, file) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(each, file) for each in node.value]
    assert isinstance(node, yaml.ScalarNode)
    if node.style is not None:
        return node.value
    return _scalar(str(node.value))


def _key(node: yaml.Node, file: str) -> str:
    if not isinstance(node, yaml.ScalarNode):
        mark = node.start_mark
        raise DocumentError(file, (mark.line + 1, mark.column + 1), "a key must be a text")
    return str(node.value)


def _scalar(text: str) -> Any:
    if text in _CASES:
        return _CASES[text]
    if _INT.fullmatch(text) and len(text) < 300:
        return int(text)
    if _FLOAT.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    return text


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_place(key: str) -> bool:
    return key.isascii() and key.isdigit() and len(key) < 10


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _unescaped(part: str) -> str:
    return unquote(part).replace("~1", "/").replace("~0", "~")
