"""Logs: bytes read in a second, beside a pass that counts lines and beside grep; memory used."""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks.measure import Bar, environment, interleaved, print_table

SIZE = 200 * 1024 * 1024
LARGE = 5 * SIZE // 2
MOST_SECONDS_PER_GB = 2.0
MOST_GROWTH_MB = 8.0
STACK = (
    "2026-11-25 17:27:19,123 ERROR app.ws: failed\n"
    "Traceback (most recent call last):\n"
    '  File "/srv/app/auth.py", line 212, in check_token\n    now = time.monotonic()\n'
    "NameError: name 'time' is not defined\n"
)
READ = (
    "import re, sys, time\n"
    "from hangup.incident import grouped\n"
    "from hangup.logs.reading import Logs\n"
    "logs, began = Logs(), time.process_time()\n"
    "found = grouped(logs.read(sys.argv[1]))\n"
    "took = time.process_time() - began\n"
    # What getrusage tells of a child begins with the memory of its parent.
    "peak = re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]\n"
    "print(took, peak, sum(group.count for group in found))\n"
)
COUNT = (
    "import sys, time\n"
    "began, lines = time.process_time(), 0\n"
    "with open(sys.argv[1], 'rb') as file:\n"
    "    while block := file.read(1024 * 1024):\n"
    "        lines += block.count(b'\\n')\n"
    "print(time.process_time() - began, 0, lines)\n"
)


def application(chosen: random.Random) -> str:
    """Write a line of an application."""
    return (
        f"2026-11-25 17:27:{chosen.randrange(60):02d},123 INFO [71] app.chat: user "
        f"{chosen.randrange(10**6)} sent {chosen.randrange(4000)} bytes, no error in "
        f"{chosen.random():.3f} s\n"
    )


def access(chosen: random.Random) -> str:
    """Write a line of nginx that tells of no failure."""
    return (
        f"10.0.{chosen.randrange(255)}.7 - - [25/Nov/2026:17:27:19 +0000] "
        f'"GET /items/{chosen.randrange(10**6)} HTTP/1.1" 200 {chosen.randrange(9999)} "-" '
        '"Mozilla/5.0 (X11; Linux x86_64)"\n'
    )


def container(chosen: random.Random) -> str:
    """Write a line of Docker with JSON of structlog inside."""
    return (
        '{"log":"{\\"event\\": \\"message handled\\", \\"user\\": '
        f'{chosen.randrange(10**6)}, \\"level\\": \\"info\\"}}\\n","stream":"stdout",'
        '"time":"2026-11-25T17:27:19.123456789Z"}\n'
    )


def upgrades(chosen: random.Random) -> str:
    """Write a line of uvicorn that tells of an upgrade, all of which are counted."""
    return f'INFO:     127.0.0.1:{chosen.randrange(65535)} - "WebSocket /ws" [accepted]\n'


def timed(chosen: random.Random) -> str:
    """Write a line of nginx with its duration, one in twenty of an upgrade."""
    status = 200 if chosen.randrange(20) else 101
    return (
        f"10.0.{chosen.randrange(255)}.7 - - [25/Nov/2026:17:27:19 +0000] "
        f'"GET /ws?user={chosen.randrange(10**6)} HTTP/1.1" {status} 512 "-" '
        f'"Mozilla/5.0 (X11; Linux x86_64)" {chosen.random() * 90:.3f}\n'
    )


def envoy(chosen: random.Random) -> str:
    """Write a line of Envoy in JSON, one in twenty of an upgrade."""
    status = 200 if chosen.randrange(20) else 101
    return (
        f'{{"method":"GET","path":"/ws?user={chosen.randrange(10**6)}","response_code":{status},'
        f'"duration":{chosen.randrange(90000)},"upstream_host":"10.0.0.2:8000"}}\n'
    )


def haproxy(chosen: random.Random) -> str:
    """Write a line of HAProxy, one in twenty of an upgrade."""
    status = 200 if chosen.randrange(20) else 101
    return (
        "Nov 25 17:27:19 lb haproxy[7]: 10.0.0.1:4711 [25/Nov/2026:17:26:19.123] fe be/s1 "
        f"0/0/1/2/{chosen.randrange(90000)} {status} 5678 - - ---- 1/1/0/0/0 0/0 "
        '"GET /ws HTTP/1.1"\n'
    )


COUNTED: dict[str, Callable[[random.Random], str]] = {
    "upgrades, all counted": upgrades,
    "nginx, 5 % counted": timed,
    "Envoy JSON, 5 % counted": envoy,
    "HAProxy, 5 % counted": haproxy,
}
KINDS: dict[str, Callable[[random.Random], str]] = {
    "application": application,
    "access": access,
    "container": container,
}


def measure(rounds: int) -> list[Bar]:
    """Print the tables; the bars are those of lines that hold no incident."""
    bars: list[Bar] = []
    with tempfile.TemporaryDirectory() as folder:
        for name, line in {**KINDS, **COUNTED}.items():
            size = SIZE if name in KINDS else SIZE // 4
            path = _write(Path(folder) / "log", line, size)
            seconds = _beside(path, rounds)
            rate = size / 1e6 / seconds
            print(f"{name}: {rate:.0f} MB/s of processor time")
            if name in KINDS:
                what = f"seconds for 1 GB of {name} lines"
                bars.append(Bar(what, seconds * 1e9 / SIZE, MOST_SECONDS_PER_GB, " s"))
        bars.append(_memory(Path(folder)))
    return bars


def _beside(path: Path, rounds: int) -> float:
    values = interleaved(
        {
            "hangup": lambda: _python(READ, path)[0] * 1000,
            "count lines": lambda: _python(COUNT, path)[0] * 1000,
            "grep": lambda: _grep(path) * 1000,
        },
        rounds,
    )
    print_table(values, "count lines")
    return median(values["hangup"]) / 1000


def _memory(folder: Path) -> Bar:
    """Hold a large file with incidents against one of a tenth of its size."""
    stacks = _python(READ, _write(folder / "log", application, LARGE // 10, 100))
    large = _python(READ, _write(folder / "log", application, LARGE, 1000))
    small_mb, large_mb = stacks[1] / 1024, large[1] / 1024
    print(f"peak memory {large_mb:.1f} MB of {LARGE / 1e6:.0f} MB, {large[2]:.0f} incidents found")
    return Bar("more memory for ten times the log", large_mb - small_mb, MOST_GROWTH_MB, " MB")


def _python(script: str, path: Path) -> list[float]:
    command = [sys.executable, "-c", script, os.fspath(path)]
    done = subprocess.run(command, capture_output=True, check=True, env=environment())
    return [float(word) for word in done.stdout.split()]


def _grep(path: Path) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        ["grep", "-c", "Traceback", os.fspath(path)], stdout=subprocess.DEVNULL, check=False
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _write(path: Path, line: Callable[[random.Random], str], size: int, stacks: int = 0) -> Path:
    """Write a file of about a size from one block of lines, with stacks spread over it."""
    chosen = random.Random(1)
    block = "".join(line(chosen) for _ in range(8000)).encode()
    times = size // len(block) + 1
    with path.open("wb") as file:
        for number in range(times):
            file.write(block)
            file.write(STACK.encode() * ((number + 1) * stacks // times - number * stacks // times))
    return path
