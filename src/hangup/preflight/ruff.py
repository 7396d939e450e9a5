"""Runs ruff, the linter, on files, and gives what it found of the rules that close sockets."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from hangup.preflight.rules import BY_RUFF

MOST_FILES = 500
"""Files named in one command: Linux takes 2 MiB of arguments, other systems less."""
INSTALL = "pip install 'hangup[preflight]'"
SYNTAX = "invalid-syntax"
LATEST = "py313"
"""The code is meant for the Python that serves it, which need not be ours."""


class Spotted(Struct, frozen=True):
    """One diagnostic of ruff; lines and columns count from 1."""

    file: str
    line: int
    column: int
    code: str
    message: str


def find_ruff() -> str | None:
    """Give the program, that of our own environment before any other."""
    here = shutil.which("ruff", path=sysconfig.get_path("scripts"))
    return here or shutil.which("ruff")


class Running:
    """Ruff at work on files, in processes beside ours."""

    def __init__(self, program: str, files: Sequence[Path]) -> None:
        self._started = [
            subprocess.Popen(
                [*_command(program), *map(os.fspath, files[at : at + MOST_FILES])],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                stdin=subprocess.DEVNULL,
            )
            for at in range(0, len(files), MOST_FILES)
        ]

    def result(self) -> tuple[list[Spotted], str]:
        """Wait, and give what was found and, where ruff failed, its last words."""
        found: list[Spotted] = []
        failed = ""
        for process in self._started:
            out, err = process.communicate()
            if process.returncode not in (0, 1):
                words = err.decode("utf-8", "replace").strip().splitlines()
                failed = words[-1] if words else f"exit status {process.returncode}"
                continue
            try:
                found += _read(json.loads(out))
            except (ValueError, KeyError, TypeError, RecursionError) as exc:
                failed = f"its output cannot be read: {exc}"
        return found, failed


def _command(program: str) -> list[str]:
    return [
        program, "check", "--isolated", "--no-cache", "--ignore-noqa", "--no-fix", "--quiet",
        "--output-format=json", f"--target-version={LATEST}", f"--select={','.join(BY_RUFF)}",
        "--",
    ]  # fmt: skip


def _read(diagnostics: Iterable[dict[str, Any]]) -> Iterable[Spotted]:
    for each in diagnostics:
        place = each["location"]
        code = each["code"] or SYNTAX
        yield Spotted(each["filename"], place["row"], place["column"], code, each["message"])
