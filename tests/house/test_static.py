"""What reads the code without running it finds nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tree import ROOT


@pytest.mark.timeout(150)
@pytest.mark.parametrize(
    "command",
    [("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy", "src")],
    ids=" ".join,
)
def test_nothing_is_found_by(command: tuple[str, ...]) -> None:
    found = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr
