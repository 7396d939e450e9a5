"""What a test says of how its connections end: by its marker, `pytest.raises`, exact assertions."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from msgspec import Struct

from hangup.pytest_plugin.watch import Seen

CLIENTS = ("websockets", "aiohttp", "httpx_ws", "wsproto", "starlette", "fastapi")
"""Packages whose exceptions say that a connection was refused or ended."""
RAISING = ("raises", "assertRaises", "assertRaisesRegex")
EQUAL = ("assertEqual", "assertIs")
HELPERS = 2
"""How deep helper functions of the same module are read."""


class Declared(Struct, frozen=True):
    """The ends that a test expects: codes and statuses, or any end that it awaits as exception."""

    ends: frozenset[int] = frozenset()
    asserted: frozenset[int] = frozenset()
    any: bool = False

    def covers(self, seen: Seen) -> bool:
        """Whether an end is one that was expected."""
        return self.any or seen.number in self.ends or seen.number in self.asserted


def declared_by(item: pytest.Item, marker: pytest.Mark | None) -> Declared:
    """Give what a test declares."""
    ends = _ends(marker)
    function = getattr(item, "obj", None)
    if not callable(function):
        return Declared(ends)
    values = {**getattr(item, "funcargs", {})}
    if callspec := getattr(item, "callspec", None):
        values |= callspec.params
    found = list(_read(inspect.unwrap(function), values, HELPERS))
    asserted = frozenset(each for each in found if each is not None)
    return Declared(ends, asserted, None in found)


def _ends(marker: pytest.Mark | None) -> frozenset[int]:
    given = marker.kwargs.get("ends") if marker else None
    if given is None:
        return frozenset()
    ends = given if isinstance(given, tuple | list | set | frozenset) else (given,)
    if not all(isinstance(end, int) for end in ends):
        raise pytest.UsageError(f"websocket(ends=...): it takes numbers, not {given!r}")
    return frozenset(int(end) for end in ends)


def _read(function: Any, values: Mapping[str, Any], deep: int) -> Iterator[int | None]:
    """Give the numbers that a function asserts; None for an end awaited as an exception."""
    tree, known = _tree(function), {**getattr(function, "__globals__", {}), **values}
    if tree is None:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            yield from _asserted(node.test, known)
        elif isinstance(node, ast.Call):
            yield from _called(node, known, deep)


def _tree(function: Any) -> ast.AST | None:
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return None


def _asserted(test: ast.expr, known: Mapping[str, Any]) -> Iterator[int]:
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for each in test.values:
            yield from _asserted(each, known)
    elif isinstance(test, ast.Compare) and all(isinstance(op, ast.Eq | ast.Is) for op in test.ops):
        for each in (test.left, *test.comparators):
            yield from _numbers(each, known)


def _numbers(node: ast.expr, known: Mapping[str, Any]) -> Iterator[int]:
    """Give the number that an expression is, or the numbers of a tuple that is compared whole."""
    if isinstance(node, ast.Tuple | ast.List):
        for each in node.elts:
            yield from _numbers(each, known)
    value = _value(node, known)
    if isinstance(value, int) and not isinstance(value, bool):
        yield int(value)


def _value(node: ast.expr, known: Mapping[str, Any]) -> Any:
    """Give what a literal, a name or a dotted name stands for; None for all else."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = _value(node.value, known)
        return (
            getattr(owner, node.attr, None)
            if inspect.ismodule(owner) or inspect.isclass(owner)
            else None
        )
    return None


def _called(node: ast.Call, known: Mapping[str, Any], deep: int) -> Iterator[int | None]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else None
    name = node.func.id if isinstance(node.func, ast.Name) else name
    if name in RAISING and node.args:
        if _is_end(_kinds(node.args[0], known)):
            yield None
    elif name in EQUAL:
        for each in node.args[:2]:
            yield from _numbers(each, known)
    elif deep and isinstance(node.func, ast.Name) and inspect.isfunction(known.get(node.func.id)):
        yield from _read(known[node.func.id], {}, deep - 1)


def _kinds(node: ast.expr, known: Mapping[str, Any]) -> list[Any]:
    each = node.elts if isinstance(node, ast.Tuple) else [node]
    return [_value(one, known) for one in each]


def _is_end(kinds: list[Any]) -> bool:
    """Whether all of some exceptions say that a connection ended; a broad one says nothing."""
    return bool(kinds) and all(_package(kind) in CLIENTS for kind in kinds)


def _package(kind: Any) -> str:
    return str(getattr(kind, "__module__", "")).partition(".")[0]
