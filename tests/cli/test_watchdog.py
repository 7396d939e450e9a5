"""A pattern that runs away does not let a run outlive its budget."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable

BUDGET = 6.0
MARGIN = 1.0
STUCK = """
import asyncio
from hangup.cli.watchdog import Stalled, Watchdog

async def turn_for_ever():
    while True:
        pass

try:
    with Watchdog(0.2):
        asyncio.run(turn_for_ever())
except Stalled:
    print("left")
"""
RUNAWAY = r"(a|a)+(a|a)+(a|a)+$"


def test_a_runaway_pattern_decides_nothing(start_server: Callable[..., str]) -> None:
    url = start_server("websockets")
    command = [sys.executable, "-m", "hangup", url, "--send", "a" * 60 + "b", "--expect", RUNAWAY]
    began = time.monotonic()
    run = subprocess.run(
        [*command, "--budget", str(BUDGET), "--json"], capture_output=True, timeout=30
    )
    took = time.monotonic() - began
    assert took <= BUDGET + MARGIN
    assert run.returncode == 3
    found = json.loads(run.stdout)
    assert "given up" in found["summary"]
    assert [each for each in found["findings"] if each["verdict"] == "supported"] == []


def test_a_loop_that_is_stuck_is_left_and_its_place_is_told() -> None:
    run = subprocess.run([sys.executable, "-c", STUCK], capture_output=True, timeout=20, text=True)
    assert run.stdout == "left\n"
    assert "stuck here" in run.stderr
    assert "in turn_for_ever" in run.stderr
