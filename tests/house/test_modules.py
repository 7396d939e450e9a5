"""Modules are small, say in one sentence what they are for, and name things plainly."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tree import SRC, TESTS, Function, functions, length, name_of, parsed, place, python_files

MOST_LINES = 400
LONGEST_FUNCTION = 60
USUAL_FUNCTION = 12
EMPTY_WORDS = {
    "advanced",
    "enhanced",
    "factory",
    "helper",
    "helpers",
    "manager",
    "smart",
    "unified",
    "util",
    "utils",
}
MODULES = python_files(SRC)


def test_no_module_has_more_than_400_lines() -> None:
    paths = [*MODULES, *python_files(TESTS)]
    long = [name_of(path) for path in paths if len(path.read_text().splitlines()) > MOST_LINES]
    assert long == []


def test_every_module_begins_with_one_sentence() -> None:
    assert [name_of(path) for path in MODULES if not _is_sentence(_first_line(path))] == []


def _first_line(path: Path) -> str:
    return (ast.get_docstring(parsed(path)) or "").partition("\n")[0]


def _is_sentence(line: str) -> bool:
    return line[:1].isupper() and line.endswith(".") and not re.search(r"[.!?] [A-Z]", line)


def test_no_function_has_more_than_60_lines() -> None:
    long = [
        place(path, function)
        for path in MODULES
        for function in functions(path)
        if length(function) > LONGEST_FUNCTION
    ]
    assert long == []


def test_half_of_the_functions_have_at_most_12_lines() -> None:
    lengths = [length(function) for path in MODULES for function in functions(path)]
    assert median(lengths) <= USUAL_FUNCTION


def test_every_public_method_has_a_docstring_there_or_in_its_protocol() -> None:
    classes = [
        (path, node)
        for path in MODULES
        for node in parsed(path).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]
    told = {method.name for _, each in classes if _is_protocol(each) for method in _public(each)}
    untold = [
        place(path, method)
        for path, each in classes
        for method in _public(each)
        if not ast.get_docstring(method) and method.name not in told
    ]
    assert untold == []


def _is_protocol(node: ast.ClassDef) -> bool:
    return any(isinstance(base, ast.Name) and base.id == "Protocol" for base in node.bases)


def _public(node: ast.ClassDef) -> Iterator[Function]:
    return (
        each for each in node.body if isinstance(each, Function) and not each.name.startswith("_")
    )


def test_no_name_is_an_empty_word() -> None:
    empty = [
        name
        for path in MODULES
        for name in (path.stem, *_defined(path))
        if EMPTY_WORDS & {word.lower() for word in re.findall(r"[A-Z]?[a-z]+", name)}
    ]
    assert empty == []


def _defined(path: Path) -> Iterator[str]:
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return (node.name for node in ast.walk(parsed(path)) if isinstance(node, kinds))


def test_a_broad_except_reraises_or_has_its_reason_on_its_line() -> None:
    silent = []
    for path in MODULES:
        lines = path.read_text().splitlines()
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ExceptHandler) and _is_broad(node) and not _reraises(node):
                comment = lines[node.lineno - 1].partition("#")[2]
                reason = re.sub(r"^\s*noqa: [A-Z0-9, ]+", "", comment).strip(" -")
                silent += [] if len(reason.split()) >= 3 else [place(path, node)]
    assert silent == []


def _is_broad(handler: ast.ExceptHandler) -> bool:
    named = {node.id for node in ast.walk(handler.type or handler) if isinstance(node, ast.Name)}
    return handler.type is None or bool(named & {"Exception", "BaseException"})


def _reraises(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None
