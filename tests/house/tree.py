"""The project's own files, for tests that hold them against the rules of the house."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "hangup"
TESTS = ROOT / "tests"
Function = ast.FunctionDef | ast.AsyncFunctionDef
GENERATED = {"__pycache__", "node_modules", "build", "dist"}


def python_files(under: Path) -> list[Path]:
    """Give every Python file of ours under a folder."""
    return [path for path in files(under) if path.suffix == ".py"]


def files(under: Path) -> list[Path]:
    """Give every file of ours under a folder: no hidden, installed or generated ones."""
    found = []
    for folder, folders, names in os.walk(under):
        folders[:] = sorted(set(folders) - GENERATED - {n for n in folders if n.startswith(".")})
        found += [Path(folder) / name for name in sorted(names) if not name.startswith(".")]
    return found


def name_of(path: Path) -> str:
    """Give a path as it is named in messages and test ids."""
    return path.relative_to(ROOT).as_posix()


@cache
def parsed(path: Path) -> ast.Module:
    """Parse a file, once."""
    return ast.parse(path.read_bytes(), str(path))


def functions(path: Path) -> Iterator[Function]:
    """Give every function of a file, nested ones and methods too."""
    return (node for node in ast.walk(parsed(path)) if isinstance(node, Function))


def length(function: Function) -> int:
    """Give a function's lines, its docstring included."""
    assert function.end_lineno
    return function.end_lineno - function.lineno + 1


def place(path: Path, node: ast.stmt | ast.expr | ast.excepthandler) -> str:
    """Name a place as editors open it."""
    return f"{name_of(path)}:{node.lineno}"
