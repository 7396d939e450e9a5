"""What looks from outside, judges and tests runs on Windows and macOS too."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest
from tree import ROOT, SRC, name_of, parsed, place, python_files

ELSEWHERE = {
    "lab": "it starts servers, proxies and networks as Linux has them",
    "browser": "it starts a program that is spoken to on the descriptors 3 and 4",
}
"""Rooms that are for POSIX alone, and why."""
POSIX = {"fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios", "uvloop"}
"""Modules that Windows has not."""
PORTABLE = [path for path in python_files(SRC) if path.relative_to(SRC).parts[0] not in ELSEWHERE]


@pytest.mark.timeout(150)
@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_its_types_are_right_on(platform: str) -> None:
    """A name that only POSIX has is no attribute there, so mypy finds its use."""
    command = ("mypy", "--platform", platform, "--no-warn-unreachable", "--exclude", "hangup/lab/")
    found = subprocess.run(
        [sys.executable, "-m", *command, f"--cache-dir={ROOT / '.mypy_cache' / platform}", "src"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=140,
        check=False,
    )
    rooms = tuple(f"src/hangup/{room}/" for room in ELSEWHERE)
    lines = [line for line in found.stdout.splitlines() if ": error: " in line]
    assert [line for line in lines if not line.replace("\\", "/").startswith(rooms)] == []
    assert found.returncode == 0 or lines, found.stdout + found.stderr


def test_no_module_needs_posix_to_be_imported() -> None:
    needed = [
        place(path, node)
        for path in PORTABLE
        for node in parsed(path).body
        if POSIX & _imported(node)
    ]
    assert needed == []


def _imported(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names}
    if isinstance(node, ast.ImportFrom) and not node.level:
        return {(node.module or "").partition(".")[0]}
    return set()


def test_the_rooms_for_posix_alone_are_there() -> None:
    assert {room for room in ELSEWHERE if not (SRC / room).is_dir()} == set()
    assert name_of(SRC / "probe" / "wire.py") in {name_of(path) for path in PORTABLE}
