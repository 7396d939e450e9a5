"""Percentiles of a load beside those of the packets of the same run."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import TypeVar

from benchmarks.load.capture import capturing, latencies
from benchmarks.load.installed import MissingError
from benchmarks.load.runs import SERVER_CORE, DisturbedError, FailedError, Taken, first, on, taken
from benchmarks.load.tools import hangup
from benchmarks.measure import Bar, environment

CONNECTIONS, MESSAGES, EVERY = 100, 100, 0.1
SHARES = {"p50": 0.5, "p90": 0.9, "p99": 0.99}
MOST_OFF = 3.0
"""Percent."""
MOST_KEPT = 0.02
"""The share of a run for which the tool may wait for its core, and still be measured."""
TRIES = 3
"""Of each round: what others do on the machine is no error of the tool's."""
Result = TypeVar("Result")
Found = dict[str, tuple[float, float]]
"""For each percentile ours and the capture's, in milliseconds."""


def measure(rounds: int) -> list[Bar]:
    """Print both; give a bar for each percentile."""
    try:
        found = [undisturbed(_once) for _ in range(rounds)]
    except (MissingError, FailedError) as error:
        print(f"no packets: {error}", flush=True)
        return [Bar("latency beside a capture", float("nan"), MOST_OFF, " %", str(error))]
    print(f"\n{CONNECTIONS} connections, a message each {EVERY} s: latencies in ms; medians")
    print(f"{'':4} {'hangup':>8} {'packets':>8} {'off by':>8}")
    bars = []
    for name in SHARES:
        ours, theirs = (median(each[name][side] for each in found) for side in (0, 1))
        off = median(abs(each[name][0] / each[name][1] - 1) for each in found) * 100
        print(f"{name:4} {ours:8.2f} {theirs:8.2f} {off:6.2f} %")
        bars.append(Bar(f"{name} of latency beside the packets', off by", off, MOST_OFF, " %"))
    return bars


def ranked(values: list[float], share: float) -> float:
    """Give the value at or below which a share of all lies (nearest rank)."""
    return sorted(values)[max(1, round(share * len(values))) - 1]


def undisturbed(run: Callable[[], Result]) -> Result:
    """Give the first run that nobody disturbed.

    Raises:
        FailedError: all were.
    """
    why = ""
    for _ in range(TRIES):
        try:
            return run()
        except DisturbedError as error:
            why = str(error)
            print(f"once more: {why}", flush=True)
    raise FailedError(f"the machine is busy: {why}")


def check_kept(took: Taken) -> None:
    """Refuse a run in which the tool waited for its core.

    Raises:
        DisturbedError: it did.
    """
    if took.kept > MOST_KEPT:
        raise DisturbedError(f"the tool waited for its core for {took.kept:.1%} of the time")


def _once() -> Found:
    with tempfile.TemporaryDirectory() as folder, first(), _delaying() as port:
        file = Path(folder) / "packets"
        with capturing(port, file):
            pace = ("--every", str(EVERY), "--ramp", "1")
            took = taken(hangup(port, CONNECTIONS, MESSAGES, *pace))
        packets = latencies(file, port, MESSAGES)
    check_kept(took)
    spread = json.loads(took.output)["latency_ms"]
    if len(packets) != spread["count"]:
        raise DisturbedError(f"{len(packets):,} of {spread['count']:,} echoes are in the capture")
    if max(packets) > EVERY:  # from then on a message is due before it can be sent
        raise DisturbedError(f"an echo took {max(packets):.2f} s")
    return {name: (spread[name], ranked(packets, s) * 1e3) for name, s in SHARES.items()}


@contextlib.contextmanager
def _delaying() -> Iterator[int]:
    """Run the server that answers late, and give its port."""
    with on(SERVER_CORE):
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.load.delaying"],
            env=environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
    with process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline().split()[1])
        finally:
            process.terminate()
