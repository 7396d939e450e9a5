"""Runs the program as a user does, in a process of its own, and measures it from outside."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TRIES = 3
"""A bar in seconds is met when one of so many runs meets it: the machine may be busy."""
HANGS = 30.0
"""Seconds after which a run is killed."""
GLANCE = 0.02
"""Seconds between two looks at a process's memory."""


@dataclass(frozen=True)
class Run:
    """What one process did: `elapsed` in seconds from its start to its end, `peak_mb` resident."""

    status: int
    stdout: bytes
    stderr: bytes
    elapsed: float
    peak_mb: float

    @property
    def document(self) -> dict[str, Any]:
        """The only document on stdout; anything beside it is an error."""
        document = json.loads(self.stdout)
        assert isinstance(document, dict), self.stdout
        return document


def hangup(*args: str, prefix: Sequence[str] = (), cwd: Path | None = None) -> Run:
    """Run `python -m hangup ARGS`; `prefix` is a command that runs it."""
    argv = [*prefix, sys.executable, "-m", "hangup", *args]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.monotonic()
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=cwd, env=_environment()
        )
        peak = _watch(process, began + HANGS)
        elapsed = time.monotonic() - began
        out.seek(0)
        err.seek(0)
        return Run(process.returncode, out.read(), err.read(), elapsed, peak)


def _watch(process: subprocess.Popen[bytes], until: float) -> float:
    """Wait for the end, and give the peak of resident memory in MB.

    What `wait4` tells would not do: its peak holds that of the process we were forked from.
    """
    peak = 0.0
    while time.monotonic() < until:
        peak = max(peak, _high_water(process.pid))
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GLANCE)
            return peak
    process.kill()
    process.wait()
    raise AssertionError(f"still running after {HANGS:g} s: {process.args!r}")


def _high_water(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:  # no /proc here, or no process any more
        return 0.0
    line = next((line for line in status.splitlines() if line.startswith("VmHWM:")), "")
    return int(line.split()[1]) / 1024 if line else 0.0


def diagnose(*args: str) -> Run:
    """Run a diagnosis with its document on stdout, the silence of -q on stderr."""
    return hangup(*args, "--json", "-q")


def fastest(run: Callable[[], Run], within: float) -> Run:
    """Run until a run ends within so many seconds, at most a few times; give the fastest."""
    runs: list[Run] = []
    while len(runs) < TRIES and not (runs and runs[-1].elapsed <= within):
        runs.append(run())
    return min(runs, key=lambda each: each.elapsed)


def _environment() -> dict[str, str]:
    kept = {name: v for name, v in os.environ.items() if not name.startswith("HANGUP_")}
    return {**kept, "PYTHONPATH": os.pathsep.join(sys.path), "NO_COLOR": "1"}
