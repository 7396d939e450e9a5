"""JSON in a message as a tree whose nodes keep their identity while others are taken out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import count
from typing import Literal

from msgspec import Struct

Kind = Literal["object", "array", "lines", "string", "number", "constant"]
CONSTANTS = {"null": None, "true": True, "false": False}
DEEPEST = 100
"""Levels; what is nested deeper is shrunk as text."""
MOST_PREFIX, MOST_SUFFIX = 64, 8
"""Characters that a protocol may put around JSON: `42/chat,` of Socket.IO, SignalR's `\\x1e`."""


class Node(Struct, frozen=True, kw_only=True):
    """A value; `path` is where it stood in the whole message, `text` a scalar as it is written.

    A string's `text` is its value. `lines` are JSON texts on lines of their own.
    """

    id: int
    kind: Kind
    path: str = ""
    text: str = ""
    keys: tuple[str, ...] = ()
    children: tuple[Node, ...] = ()


class Document(Struct, frozen=True, kw_only=True):
    """A message that is JSON but for what a protocol puts around it."""

    prefix: str
    root: Node
    suffix: str
    ascii: bool
    spaced: bool

    def render(self, root: Node) -> str:
        """Write the message with another tree."""
        return f"{self.prefix}{_write(root, self)}{self.suffix}"


class _Number(str):
    """A number as it was written: no digit is lost, and NaN stays what it is."""


def parse(text: str) -> Document | None:
    """Find the JSON object, array or lines in a message; None when it is something else."""
    try:
        return _lines(text) or _around(text)
    except RecursionError:
        return None


def walk(root: Node) -> Iterator[Node]:
    """Give every node, each before what it holds."""
    yield root
    for child in root.children:
        yield from walk(child)


def leaves(root: Node) -> list[Node]:
    """Give what holds nothing further, the root itself left out."""
    return [node for node in walk(root) if not node.children and node.id != root.id]


def changed(root: Node, change: Callable[[Node], Node | None]) -> Node:
    """Give the tree with each node changed, or taken out where the change is None."""
    pairs = [(i, change(child)) for i, child in enumerate(root.children)]
    kept = [(i, changed(child, change)) for i, child in pairs if child is not None]
    children = tuple(child for _, child in kept)
    if children == root.children:
        return root
    keys = tuple(root.keys[i] for i, _ in kept) if root.keys else ()
    return _with(root, keys, children)


def replaced(root: Node, id: int, new: Node | None) -> Node:
    """Give the tree with one node replaced, or taken out."""
    return changed(root, lambda node: new if node.id == id else node)


def added(root: Node, id: int, key: str, new: Node) -> Node:
    """Give the tree with one more field in one object."""

    def change(node: Node) -> Node:
        if node.id != id:
            return node
        return _with(node, (*node.keys, key), (*node.children, new))

    return change(root) if root.id == id else changed(root, change)


def scalar(node: Node, kind: Kind, text: str) -> Node:
    """Give another value in the place of a node."""
    return Node(id=node.id, kind=kind, path=node.path, text=text)


def _with(node: Node, keys: tuple[str, ...], children: tuple[Node, ...]) -> Node:
    return Node(id=node.id, kind=node.kind, path=node.path, keys=keys, children=children)


def _lines(text: str) -> Document | None:
    lines = text.split("\n")
    suffix = "\n" if len(lines) > 2 and not lines[-1] else ""
    values = [_load(line) for line in (lines[:-1] if suffix else lines)]
    if len(values) < 2 or not all(isinstance(value, list | dict) for value in values):
        return None
    ids = count(1)
    nodes = [_node(value, f"line {n}", ids) for n, value in enumerate(values, start=1)]
    if not all(nodes):
        return None
    root = Node(id=0, kind="lines", children=tuple(node for node in nodes if node))
    return _document(text, "", root, suffix)


def _around(text: str) -> Document | None:
    """Find JSON with a little around it, such as `42["event",{}]`."""
    start = re.search(r"[\[{]", text[: MOST_PREFIX + 1])
    if not start:
        return None
    try:
        value, end = _DECODER.raw_decode(text, start.start())
    except ValueError:
        return None
    root = _node(value, "", count()) if len(text) - end <= MOST_SUFFIX else None
    return _document(text, text[: start.start()], root, text[end:]) if root else None


def _document(text: str, prefix: str, root: Node, suffix: str) -> Document:
    return Document(
        prefix=prefix, root=root, suffix=suffix, ascii=text.isascii(), spaced='": ' in text
    )


# Pairs in place of a dict, so that a key given twice stays so.
_DECODER = json.JSONDecoder(
    object_pairs_hook=lambda pairs: dict(enumerate(pairs)),
    parse_int=_Number,
    parse_float=_Number,
    parse_constant=_Number,
)


def _load(line: str) -> object:
    try:
        return _DECODER.decode(line)
    except ValueError:
        return None


def _node(value: object, path: str, ids: Iterator[int], depth: int = 0) -> Node | None:
    if depth > DEEPEST:
        return None
    id = next(ids)
    if isinstance(value, _Number):
        return Node(id=id, kind="number", path=path, text=value)
    if isinstance(value, str):
        return Node(id=id, kind="string", path=path, text=value)
    if isinstance(value, list):
        items = [_node(v, f"{path}[{i}]", ids, depth + 1) for i, v in enumerate(value)]
        return _container(id, "array", path, (), items)
    if isinstance(value, dict):
        keys = tuple(key for key, _ in value.values())
        fields = [_node(v, _joined(path, key), ids, depth + 1) for key, v in value.values()]
        return _container(id, "object", path, keys, fields)
    written = next(word for word, constant in CONSTANTS.items() if constant is value)
    return Node(id=id, kind="constant", path=path, text=written)


def _container(
    id: int, kind: Kind, path: str, keys: tuple[str, ...], children: list[Node | None]
) -> Node | None:
    known = tuple(child for child in children if child)
    if len(known) < len(children):
        return None
    return Node(id=id, kind=kind, path=path, keys=keys, children=known)


def _joined(path: str, key: str) -> str:
    if not re.fullmatch(r"[\w$-]+", key):
        return f"{path}[{json.dumps(key)}]"
    if path.startswith("line ") and " " not in path[5:]:
        return f"{path}: {key}" if path[5:].isdigit() else f"{path}.{key}"
    return f"{path}.{key}" if path else key


def _write(node: Node, style: Document) -> str:
    inside = [_write(child, style) for child in node.children]
    match node.kind:
        case "string":
            return _string(node.text, style.ascii)
        case "object":
            colon = ": " if style.spaced else ":"
            pairs = zip(node.keys, inside, strict=True)
            inside = [f"{_string(key, style.ascii)}{colon}{value}" for key, value in pairs]
            return f"{{{(', ' if style.spaced else ',').join(inside)}}}"
        case "array":
            return f"[{(', ' if style.spaced else ',').join(inside)}]"
        case "lines":
            return "\n".join(inside)
        case _:
            return node.text


def _string(text: str, ascii: bool) -> str:
    # Half of a surrogate pair exists in JSON as an escape only.
    lone = any("\ud800" <= char <= "\udfff" for char in text)
    return json.dumps(text, ensure_ascii=ascii or lone)
