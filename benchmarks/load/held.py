"""Open and quiet connections in one process: their number, their memory, and their CPU."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bridge.servers import resident
from benchmarks.load.installed import MissingError
from benchmarks.load.runs import FailedError, serving, started
from benchmarks.load.tools import hangup
from benchmarks.measure import Bar

CONNECTIONS = 15_000
MOST_KB, MOST_CPU = 4.0, 1.0
ARRIVING, SETTLED, WATCHED, HELD = 10.0, 3.0, 10.0, 60.0
DEADLINE = 60.0
HANDSHAKES = 0.3
"""Seconds between two looks at who is there."""


@dataclass(frozen=True)
class Row:
    """What was open, the memory of the process in bytes, and its share of a core in percent."""

    open: int
    memory: int
    cpu: float


def measure() -> list[Bar]:
    """Print what each of them takes; give the bars."""
    said = f"of {CONNECTIONS:,} idle connections"
    try:
        one, all_ = _row(1), _row(CONNECTIONS)
    except (MissingError, FailedError) as error:
        print(f"nothing is held: {error}", flush=True)
        return [Bar(f"memory {said}", float("nan"), MOST_KB, " KB", str(error))]
    each = (all_.memory - one.memory) / (all_.open - one.open) / 1024
    print(
        f"\n{all_.open:,} connections held in one process: {each:.2f} KB each beside a base of "
        f"{one.memory / 1e6:.1f} MB, {all_.cpu:.2f} % of a core ({one.cpu:.2f} % with one)"
    )
    return [
        Bar(f"of {CONNECTIONS:,} idle connections are missing", CONNECTIONS - all_.open, 0),
        Bar(f"memory of each {said}", each, MOST_KB, " KB"),
        Bar(f"CPU {said}", all_.cpu, MOST_CPU, " %"),
    ]


def _row(connections: int) -> Row:
    more = ("--every", "0", "--hold", str(HELD), "--ramp", str(ARRIVING))
    with serving() as server, started(hangup(server.port, connections, 1, *more)) as process:
        _await(process, connections)
        time.sleep(SETTLED)
        before = _cpu(process.pid)
        time.sleep(WATCHED)
        spent = _cpu(process.pid) - before
        memory = resident(process.pid)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=DEADLINE)
    counts = json.loads(output)["connections"]
    return Row(counts["peak"] - counts["failed"] - counts["broken"], memory, spent / WATCHED * 100)


def _await(process: subprocess.Popen[str], connections: int) -> None:
    late = time.monotonic() + DEADLINE
    while _sockets(process.pid) < connections:
        if process.poll() is not None or time.monotonic() > late:
            raise FailedError(f"{connections:,} connections do not open")
        time.sleep(HANDSHAKES)


def _sockets(pid: int) -> int:
    found = 0
    for each in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            found += str(each.readlink()).startswith("socket:")
    return found


def _cpu(pid: int) -> float:
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(each.read_text().split()[0]) for each in threads) / 1e9
