"""Tests never wait for real time to pass, and each of them asserts."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

from tree import TESTS, Function, functions, parsed, place, python_files

VIRTUAL_TIME = "virtual"
SUITES = TESTS / "pytest_plugin" / "suites"
"""Suites as people write them, which the plugin is tried on: what is wrong in them is the point."""
FILES = [
    path
    for path in python_files(TESTS)
    if path.name.startswith(("test_", "conftest")) and SUITES not in path.parents
]


def test_no_test_sleeps_except_in_virtual_time() -> None:
    sleeps = [
        place(path, node)
        for path in FILES
        if not _is_virtual(path)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and _sleeps(node)
    ]
    assert sleeps == []


def _is_virtual(path: Path) -> bool:
    imports = (node for node in ast.walk(parsed(path)) if isinstance(node, ast.ImportFrom))
    return any((node.module or "").endswith(VIRTUAL_TIME) for node in imports)


def _sleeps(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else None
    return "sleep" in (name, call.func.id if isinstance(call.func, ast.Name) else None)


def test_every_test_asserts() -> None:
    idle = [
        place(path, function)
        for path in FILES
        for function in functions(path)
        if function.name.startswith("test_") and not _asserts(function)
    ]
    assert idle == []


def test_a_module_of_a_folder_that_is_no_package_has_a_name_of_its_own() -> None:
    # All such folders are on the path of one run, and the first of two modules would be both.
    alone = [path for path in python_files(TESTS) if SUITES not in path.parents]
    plain = [path for path in alone if not (path.parent / "__init__.py").exists()]
    names = Counter(path.name for path in plain if path.name != "conftest.py")
    assert [name for name, count in names.items() if count > 1] == []


def _asserts(function: Function) -> bool:
    """Whether something in it can fail: an assert, `raises`, or a call that says it checks."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2].lstrip("_")
            if name.startswith(("raises", "fail", "assert", "check", "valid", "expect")):
                return True
    return False
