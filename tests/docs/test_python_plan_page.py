"""The program of the page on plans in Python runs, and says what the page says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "plans-in-python.md"


def test_the_program_of_the_page_runs(start_server: Callable[..., str], tmp_path: Path) -> None:
    program = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert program
    (tmp_path / "chat_plan.py").write_text(program[1])
    done = subprocess.run(
        [sys.executable, "chat_plan.py"],
        cwd=tmp_path,
        env={
            **os.environ,
            "CHAT_URL": start_server("uvicorn"),
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == ["passed"] * 4


def test_the_program_of_the_page_is_typed(tmp_path: Path) -> None:
    program = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert program
    (tmp_path / "chat_plan.py").write_text(program[1])
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "chat_plan.py"],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(PAGE.parents[2] / "src")},
        capture_output=True,
        text=True,
        timeout=55,
        check=False,
    )
    assert done.returncode == 0, done.stdout
