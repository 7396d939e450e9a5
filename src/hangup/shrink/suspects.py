"""Finds the values that matter: with one of them changed, and nothing else, the message passes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from hangup.shrink.reduce import Accepts
from hangup.shrink.steps import Steps
from hangup.shrink.tree import Kind, Node, changed, leaves, replaced, scalar
from hangup.shrink.values import LONG

PLAIN = 7
"""The strangeness of an ordinary value."""
MOST_STRANGE = 12
"""Strange values that are looked at one by one."""
MOST_SINGLE = 24
"""Ordinary values up to which each is changed alone; more are changed in groups."""
MOST_GROUPS = 40
BIG = 2**31
"""The first number that is no 32-bit integer."""

Repairs = dict[int, Node | None]
"""For each node that matters the value with which the message passes; None is its absence."""


def strangeness(node: Node) -> int:
    """Rank a value by how often its like breaks servers, the strangest first."""
    match node.kind:
        case "constant":
            return 0 if node.text == "null" else 6
        case "number":
            return _strange_number(node.text)
        case "string":
            return _strange_string(node.text)
        case _:
            return 4


def repairs(node: Node) -> Iterator[Node | None]:
    """Give what could stand in a value's place; at last nothing."""
    for kind, text in _others(node):
        if (kind, text) != (node.kind, node.text):
            yield scalar(node, kind, text)
    yield None


def contrast(root: Node, node: Node, breaks: Accepts) -> Steps[tuple[Node | None] | None]:
    """Give the first repair with which the message passes, in a tuple; None when there is none."""
    for repair in repairs(node):
        if not (yield from breaks(replaced(root, node.id, repair))):
            return (repair,)
    return None


def suspects(root: Node, breaks: Accepts) -> Steps[Repairs]:
    """Give the values that matter, the strangest first."""
    ordered = sorted(leaves(root), key=strangeness)
    strange = [node for node in ordered if strangeness(node) < PLAIN][:MOST_STRANGE]
    plain = [node for node in ordered if node not in strange]
    found: Repairs = {}
    for node in strange:
        repair = yield from contrast(root, node, breaks)
        if repair:
            found[node.id] = repair[0]
    waiting = [plain] if len(plain) > MOST_SINGLE else [[node] for node in plain]
    found.update((yield from _among(root, waiting, breaks)))
    return found


def _among(root: Node, waiting: list[list[Node]], breaks: Accepts) -> Steps[Repairs]:
    """Change groups at once: where the message breaks still, none of the group matters."""
    found: Repairs = {}
    for _ in range(MOST_GROUPS):
        if not waiting:
            break
        group = waiting.pop(0)
        if (yield from breaks(_dulled(root, group))):
            continue
        if len(group) == 1:
            found[group[0].id] = _dull(group[0])
        elif group:
            waiting += [group[: len(group) // 2], group[len(group) // 2 :]]
    return found


def _dulled(root: Node, group: Sequence[Node]) -> Node:
    dull = {node.id: _dull(node) for node in group}
    return changed(root, lambda node: dull.get(node.id, node))


def _dull(node: Node) -> Node:
    """Give another value of the same type."""
    return next(each for each in repairs(node) if each is not None)


def _others(node: Node) -> tuple[tuple[Kind, str], ...]:
    match node.kind:
        case "constant" if node.text in ("true", "false"):
            other = "false" if node.text == "true" else "true"
            return ("constant", other), ("string", "a"), ("number", "1")
        case "number":
            return *_nearer(node.text), ("number", "1"), ("number", "0"), ("string", "a")
        case "string" if len(node.text) > 1 and set(node.text) == {"a"}:
            return ("string", node.text[1:]), ("string", "a"), ("number", "1")
        case "string":
            return ("string", "a"), ("string", "b"), ("number", "1")
        case _:
            return ("string", "a"), ("number", "1")


def _nearer(text: str) -> tuple[tuple[Kind, str], ...]:
    """Give the whole number that is next nearer to zero."""
    if not re.fullmatch(r"-?[1-9]\d{0,99}", text):
        return ()
    number = int(text)
    return (("number", str(number - 1 if number > 0 else number + 1)),)


def _strange_number(text: str) -> int:
    if not re.fullmatch(r"-?\d{1,18}(\.\d+)?", text):
        return 1
    number = float(text)
    if number < 0 or number >= BIG:
        return 1
    return 5 if number == 0 or "." in text else PLAIN


def _strange_string(text: str) -> int:
    if not text:
        return 3
    if not text.isascii() or not text.isprintable():
        return 1
    return 2 if len(text) > 8 * LONG else PLAIN
