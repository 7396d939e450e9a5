"""Where the start-up goes: the modules that are loaded before the first packet, by their cost."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections import defaultdict
from statistics import median

from benchmarks.measure import Bar, environment

LINE = re.compile(rb"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)")
AFTER = "hangup.cause"
"""What is loaded first once the first packet has left: the causes, for judging."""
SHOWN = 15


def measure(rounds: int) -> list[Bar]:
    """Print the packages that cost most, in their own time; importtime itself adds to each."""
    costs: dict[str, list[float]] = defaultdict(list)
    counts: dict[str, int] = {}
    for _ in range(rounds):
        once: dict[str, float] = defaultdict(float)
        counts = defaultdict(int)
        for name, ms in _imported():
            once[_package(name)] += ms
            counts[_package(name)] += 1
        for package, ms in once.items():
            costs[package].append(ms)
    ranked = sorted(costs.items(), key=lambda item: -median(item[1]))
    print(f"{'package':24}  {'modules':>7}  {'own time':>9}")
    for package, each in ranked[:SHOWN]:
        print(f"{package:24}  {counts[package]:>7}  {median(each):>6.1f} ms")
    print(f"{'in all':24}  {sum(counts.values()):>7}  {sum(median(c) for _, c in ranked):>6.1f} ms")
    return []


def _imported() -> list[tuple[str, float]]:
    """Give the modules loaded before the first packet, with their own time in milliseconds."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    argv = ["-X", "importtime", "-m", "hangup", f"ws://127.0.0.1:{port}/", "--json"]
    done = subprocess.run(
        [sys.executable, *argv], capture_output=True, env=environment(), check=False
    )
    found: list[tuple[str, float]] = []
    for line in done.stderr.splitlines():
        if match := LINE.match(line):
            name = match[2].decode()
            if name == AFTER:
                return found
            found.append((name, int(match[1]) / 1000))
    return found


def _package(name: str) -> str:
    return name.partition(".")[0]
