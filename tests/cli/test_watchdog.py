"""A pattern that runs away does not let a run outlive its budget."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable

BUDGET = 1.5
MARGIN = 1.0
RUNAWAY = r"(a|a)+(a|a)+(a|a)+$"


def test_a_runaway_pattern_ends_with_the_budget(start_server: Callable[..., str]) -> None:
    url = start_server("websockets")
    command = [sys.executable, "-m", "hangup", url, "--send", "a" * 60 + "b", "--expect", RUNAWAY]
    began = time.monotonic()
    run = subprocess.run(
        [*command, "--budget", str(BUDGET), "--json"], capture_output=True, timeout=20
    )
    took = time.monotonic() - began
    assert took <= BUDGET + MARGIN
    assert run.returncode == 3
    assert any("stuck" in note for note in json.loads(run.stdout)["notes"])
    assert b"scripts.py" in run.stderr or b"session.py" in run.stderr
