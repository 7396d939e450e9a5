"""Whether an assertion that failed, in a test that passed, was meant to be survived."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import CodeType

FailedAt = tuple[tuple[CodeType, int], ...]
"""The frames in which an assertion failed, the innermost first, each with its line."""
NAMED = "AssertionError"
EXPECTING = ("raises", "suppress", "assertRaises")


def where(failed: FailedAt) -> str:
    """Say where it failed."""
    code, line = failed[0]
    return f"{Path(code.co_filename).name}:{line}"


def meant(failed: FailedAt) -> bool:
    """Whether the code around it names AssertionError as what it expects, or tries again later."""
    spans = (span for code, _ in failed for span in _spans(code.co_filename))
    lines = {(code.co_filename, line) for code, line in failed}
    return any(
        path == file and first <= line <= last
        for path, first, last in spans
        for file, line in lines
    )


@cache
def _spans(path: str) -> tuple[tuple[str, int, int], ...]:
    """Give the lines of a file in which an assertion may fail."""
    try:
        tree = ast.parse(Path(path).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return ()
    blocks = (block for node in ast.walk(tree) for block in _blocks(node))
    return tuple((path, block[0].lineno, block[-1].end_lineno or 0) for block in blocks)


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    if isinstance(node, ast.Try) and any(_names(handler.type) for handler in node.handlers):
        yield node.body
    elif isinstance(node, ast.With | ast.AsyncWith):
        calls = [item.context_expr for item in node.items]
        if any(isinstance(c, ast.Call) and _expects(c) for c in calls):
            yield node.body
    elif isinstance(node, ast.For | ast.While | ast.AsyncFor) and _waits(node):
        yield node.body


def _names(node: ast.AST | None) -> bool:
    return node is not None and any(
        isinstance(each, ast.Name) and each.id == NAMED for each in ast.walk(node)
    )


def _expects(call: ast.Call) -> bool:
    return _called(call) in EXPECTING and any(_names(each) for each in call.args)


def _waits(loop: ast.AST) -> bool:
    """Whether a loop sleeps between its tries."""
    calls = (node for node in ast.walk(loop) if isinstance(node, ast.Call))
    return any(_called(call) == "sleep" for call in calls)


def _called(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))
