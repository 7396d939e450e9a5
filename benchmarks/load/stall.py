"""A server that stands still in the middle of a paced load: who is late, and who notices."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.load.accuracy import check_kept, ranked, undisturbed
from benchmarks.load.capture import capturing, latencies
from benchmarks.load.installed import MissingError
from benchmarks.load.runs import DisturbedError, FailedError, first, serving, taken
from benchmarks.load.tools import hangup
from benchmarks.measure import Bar

# Nobody's phase is another's: 97 arrivals in a second, each of whom speaks every tenth of one.
CONNECTIONS, MESSAGES, EVERY = 97, 120, 0.1
AT, STALLED = 6.0, 1.0
"""Seconds after the start of the tool, and for how long."""
MOST_OFF = 3.0
"""Percent."""


@dataclass(frozen=True)
class Row:
    """The p99 in milliseconds: of the tool, of arithmetic, and from each sending to its echo."""

    ours: float
    demanded: float
    closed: float


def measure(rounds: int) -> list[Bar]:
    """Print what was found and what should have been; give the bar."""
    try:
        found = [undisturbed(_once) for _ in range(rounds)]
    except (MissingError, FailedError) as error:
        print(f"no stall: {error}", flush=True)
        return [Bar("p99 through a stall", float("nan"), MOST_OFF, " %", str(error))]
    ours, demanded, closed = (
        median(getattr(row, name) for row in found) for name in ("ours", "demanded", "closed")
    )
    off = median(abs(row.ours / row.demanded - 1) for row in found) * 100
    print(
        f"\na stall of {STALLED:g} s in {MESSAGES * EVERY:g} s, {CONNECTIONS} connections, "
        f"a message each {EVERY} s: p99\n"
        f"hangup {ours:.1f} ms, by arithmetic {demanded:.1f} ms (off by {off:.2f} %); from sending "
        f"to echo, as a closed loop counts, {closed:.1f} ms"
    )
    return [Bar("p99 through a stall beside open-model arithmetic, off by", off, MOST_OFF, " %")]


def _once() -> Row:
    with tempfile.TemporaryDirectory() as folder, first(), serving() as server:
        file = Path(folder) / "packets"
        with capturing(server.port, file):
            stall = _Stall(server.pid)
            stall.start()
            pace = ("--every", str(EVERY), "--ramp", "1")
            took = taken(hangup(server.port, CONNECTIONS, MESSAGES, *pace))
            stall.join()
        packets = latencies(file, server.port, MESSAGES)
    check_kept(took)
    if len(packets) != CONNECTIONS * MESSAGES:
        raise DisturbedError(f"{len(packets):,} echoes are in the capture")
    ours = json.loads(took.output)["latency_ms"]["p99"]
    return Row(ours, demanded(stall.seconds) * 1e3, ranked(packets, 0.99) * 1e3)


def demanded(stalled: float) -> float:
    """Give the p99 in seconds when messages are due evenly: of them, in all, 1 % waits longer."""
    return stalled - 0.01 * MESSAGES * EVERY


class _Stall(threading.Thread):
    """Stops the server for a while; `seconds` is for how long it really was."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.seconds = 0.0
        self._pid = pid

    def run(self) -> None:
        time.sleep(AT)
        began = time.monotonic()
        os.kill(self._pid, signal.SIGSTOP)
        time.sleep(STALLED)
        os.kill(self._pid, signal.SIGCONT)
        self.seconds = time.monotonic() - began
