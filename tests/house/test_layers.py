"""The contracts of the layers, which stand in pyproject.toml, are kept."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tree import ROOT

# Each line breaks one contract: a module and the import that it must not have.
TRESPASSES = {
    "hangup/judge.py": ("import asyncio", "Judging cannot reach the network or a clock"),
    "hangup/fingerprint.py": ("import socket", "The root is pure: I/O lives in folders"),
    "hangup/experiments/baseline.py": (
        "from hangup.lab import process",
        "The house stands in layers",
    ),
    "hangup/vantage/har.py": ("import h11", "Only the probe touches the wire"),
    "hangup/newcomer.py": ('"""A module that was given no place."""', "The house stands in layers"),
}


def lint_imports(src: Path) -> subprocess.CompletedProcess[str]:
    """Hold the package under a folder against the contracts."""
    program = "from importlinter.cli import lint_imports_command as run; run()"
    config = os.fspath(ROOT / "pyproject.toml")
    return subprocess.run(
        [sys.executable, "-c", program, "--no-cache", "--config", config],
        env={**os.environ, "COLUMNS": "200"},
        cwd=src,  # from where `python -c` imports first
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


def test_every_contract_is_kept() -> None:
    linted = lint_imports(ROOT / "src")
    assert linted.returncode == 0, linted.stdout


@pytest.mark.parametrize("module", TRESPASSES)
def test_a_trespass_breaks_its_contract(module: str, tmp_path: Path) -> None:
    shutil.copytree(
        ROOT / "src" / "hangup", tmp_path / "hangup", ignore=shutil.ignore_patterns("__pycache__")
    )
    line, contract = TRESPASSES[module]
    with (tmp_path / module).open("a") as file:
        file.write(f"\n{line}\n")
    linted = lint_imports(tmp_path)
    assert linted.returncode == 1
    assert f"{contract} BROKEN" in linted.stdout
