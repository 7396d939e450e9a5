"""JSON that others wrote may be nested deeper than a decoder goes: whoever reads it says so."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from tree import SRC, name_of, parsed, place, python_files

OWN = {
    "lab": "its servers, files and children are its own",
    "expectations.py": "a file of the wheel",
    "cli/completing.py": "a file of the wheel",
    "cli/demo.py": "what was encoded a moment before",
    "cli/watched.py": "a document that was read once when it was kept",
    "bridge/redis_streams.py": "what the bridge's own scripts keep",
    "planning/messages.py": "a constant of its own",
    "load/locust/engine.py": "what its own other half sends",
    "browser/net_log.py": "the constants that Chromium writes first",
    "demo/original_report.py": "the scripted server of the demo answers",
    "asyncapi/contract.py": "what calls it catches that for the schema too",
}
"""Modules, or rooms, that decode nothing of others, and why."""
CATCH = {"RecursionError", "Exception", "BaseException"}
READERS = [
    path
    for path in python_files(SRC)
    if path.relative_to(SRC).parts[0] not in OWN and path.relative_to(SRC).as_posix() not in OWN
]


@pytest.mark.parametrize("path", READERS, ids=name_of)
def test_what_is_nested_too_deeply_is_an_answer(path: Path) -> None:
    guarded = {
        id(node)
        for block in ast.walk(parsed(path))
        if isinstance(block, ast.Try | ast.With) and CATCH & _caught(block)
        for line in block.body
        for node in ast.walk(line)
    }
    calls = [node for node in ast.walk(parsed(path)) if _decodes(node)]
    assert [place(path, node) for node in calls if id(node) not in guarded] == []


def test_what_is_its_own_is_there() -> None:
    assert {name for name in OWN if not (SRC / name).exists()} == set()


def _decodes(node: ast.AST) -> bool:
    called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
    return called in ("json.loads", "json.load", "msgspec.json.decode")


def _caught(block: ast.Try | ast.With) -> set[str]:
    """Give the names of what a block catches, or suppresses."""
    if isinstance(block, ast.Try):
        named = [handler.type for handler in block.handlers if handler.type]
    else:
        named = [item.context_expr for item in block.items]
    return {node.id for each in named for node in ast.walk(each) if isinstance(node, ast.Name)}
