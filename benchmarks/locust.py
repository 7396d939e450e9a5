"""What a connection costs under Locust, as a greenlet and by the engine, and what workers bring."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.load.installed import compiled
from benchmarks.measure import Bar, environment

USERS, FEW = 1_000, 10
WINDOW = 5.0
"""Seconds over which messages and processor time are counted."""
SETTLE = 4.0
"""Seconds after the last user has connected before that begins."""
MOST_BESIDE_BARE = 1.5
MOST_OF_TWO = 1 / 1.7
MOST_CPU = 1.15
TICKS = os.sysconf("SC_CLK_TCK")
HERE = Path(__file__).parent


class Cost(NamedTuple):
    """Messages in a second of processor time and of wall time, and memory in MB."""

    per_cpu_s: float
    per_s: float
    mb: float


class Server:
    """The echo in C, which takes little of the cores that the workers are measured on."""

    def __init__(self) -> None:
        self._process = subprocess.Popen([compiled("server")], stdout=subprocess.PIPE, text=True)
        self.url = f"ws://127.0.0.1:{self._number()}/"

    @property
    def echoed(self) -> int:
        """How many messages it has echoed."""
        self._process.send_signal(signal.SIGUSR1)
        return self._number()

    def end(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()

    def _number(self) -> int:
        assert self._process.stdout
        return int(self._process.stdout.readline().split()[1])


def measure(rounds: int) -> list[Bar]:
    """Measure each form with 1,000 connections, and one worker beside two."""
    rounds = max(1, min(rounds, 3))
    forms = ("greenlet", "engine")
    costs = {form: [_cost(form, USERS) for _ in range(rounds)] for form in forms}
    small = {form: _cost(form, FEW).mb for form in forms}
    bare = median(_bare() for _ in range(rounds))
    print(f"{'':>12}  messages/CPU s  messages/s  MB at {USERS:,}  KB a connection")
    for form, each in costs.items():
        middle = Cost(*(median(values) for values in zip(*each, strict=True)))
        kb = (middle.mb - small[form]) * 1000 / (USERS - FEW)
        print(
            f"{form:>12}  {middle.per_cpu_s:14,.0f}  {middle.per_s:10,.0f}"
            f"  {middle.mb:11.0f}  {kb:15.1f}"
        )
    print(f"{'hangup load':>12}  {bare:14,.0f}")
    engine = median(cost.per_cpu_s for cost in costs["engine"])
    greenlet = median(cost.per_cpu_s for cost in costs["greenlet"])
    print(f"the engine does {engine / greenlet:.1f} times as much in a CPU second as greenlets")
    return [
        *_workers(rounds),
        Bar("hangup load beside Locust's engine, by CPU", bare / engine, MOST_BESIDE_BARE),
    ]


def _workers(rounds: int) -> list[Bar]:
    """Hold two workers against one; the best of each, since what else runs only slows them."""
    rates = [(_rate(1), _rate(2)) for _ in range(rounds)]
    one, two = (max(rate.per_s for rate in each) for each in zip(*rates, strict=True))
    spent = [median(1 / rate.per_cpu_s for rate in each) for each in zip(*rates, strict=True)]
    for name, rate, cpu in (("1 worker", one, spent[0]), ("2 workers", two, spent[1])):
        print(f"{name:>12}  {rate:10,.0f} messages/s  {1 / cpu:10,.0f} in a CPU second of theirs")
    return [
        Bar("time of two workers beside one", one / two, MOST_OF_TWO),
        Bar("processor time for a message, two workers beside one", spent[1] / spent[0], MOST_CPU),
    ]


def _cost(form: str, users: int) -> Cost:
    with ExitStack() as stack:
        server = Server()
        stack.callback(server.end)
        args = ["--headless", "-u", str(users), "-r", str(users)]
        (process,) = stack.enter_context(_locusts(form, server.url, [args]))
        _wait_for(server, users)
        return _cost_of([process.pid], server)


def _cost_of(pids: list[int], server: Server) -> Cost:
    before, cpu, at = server.echoed, sum(map(_cpu, pids)), time.perf_counter()
    time.sleep(WINDOW)
    said, spent = server.echoed - before, sum(map(_cpu, pids)) - cpu
    return Cost(said / spent, said / (time.perf_counter() - at), sum(map(_mb, pids)))


def _rate(workers: int) -> Cost:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
    with ExitStack() as stack:
        server = Server()
        stack.callback(server.end)
        master = ["--headless", "-u", "100", "-r", "100", "--expect-workers", str(workers)]
        master += ["--master", "--master-bind-host", "127.0.0.1", "--master-bind-port", port]
        each = ["--worker", "--master-port", port]
        calls = [master, *[each] * workers]
        _, *ours = stack.enter_context(_locusts("greenlet", server.url, calls))
        _wait_for(server, 100)
        return _cost_of([process.pid for process in ours], server)


def _bare() -> float:
    """Give the messages in a second of processor time of `hangup load`."""
    server = Server()
    try:
        argv = ["-m", "hangup", "load", server.url, "--connections", str(USERS), "--every", "0"]
        argv += [
            "--messages",
            "200",
            "--send",
            "hello from {n}",
            "--expect",
            "hello",
            "--json",
            "-q",
        ]
        done = subprocess.run(
            [sys.executable, *argv], capture_output=True, text=True, env=environment(), timeout=120
        )
        found = re.search(r'"cpu_s": *([\d.]+)', done.stdout)
        assert found, done.stderr
        return USERS * 200 / float(found[1])
    finally:
        server.end()


@contextmanager
def _locusts(
    form: str, url: str, calls: list[list[str]]
) -> Iterator[list[subprocess.Popen[bytes]]]:
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "locust", "-f", str(HERE / "locust_users.py"), *args],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**environment(), "FORM": form, "URL": url},
        )
        for args in calls
    ]
    try:
        yield processes
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for(server: Server, users: int) -> None:
    deadline = time.monotonic() + 60
    while server.echoed < users and time.monotonic() < deadline:
        time.sleep(0.2)
    time.sleep(SETTLE)


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in _family(int(child)))]


def _cpu(pid: int) -> float:
    """Give the processor time of a process and its children, in seconds."""
    total = 0
    for each in _family(pid):
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def _mb(pid: int) -> float:
    pages = (int(Path(f"/proc/{each}/statm").read_text().split()[1]) for each in _family(pid))
    return sum(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6
