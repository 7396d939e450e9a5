"""What the recorder costs a server: its CPU time for one echoed message, and memory held."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from statistics import median

from websockets.sync.client import ClientConnection, connect

from benchmarks.measure import Bar, environment, print_table
from hangup.lab.process import LOOPBACK, ServerProcess, free_port

MOST_BESIDE_BARE, MOST_BESIDE_PASS_THROUGH = 1.10, 1.05
MOST_BYTES = 2048
BURST, BURSTS, WARM = 250, 40, 2
CONNECTIONS = 500
TEXT = '{"type": "message", "text": "how long is the coast of Norway?"}'
_PAGE = os.sysconf("SC_PAGE_SIZE")
APPS = ("bare", "pass_through", "recorded")
ENDING, ENDINGS = 25, 12
TARGET = "/ws?room=1&token=q7Zs3cretTokenValue{:06d}x9K"
ENDED = ("bare", "pass_through", "recorded", "written")
BEARER = "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl{:06d}"


def measure(rounds: int) -> list[Bar]:
    """Hold an echo under the recorder against the same one bare, and behind a mere wrapper."""
    values: dict[str, list[float]] = {app: [] for app in APPS}
    for _ in range(rounds):
        for app, cost in _cpu_per_message().items():
            values[app].append(cost)
    print_table(values, "bare", "us")
    ended: dict[str, list[float]] = {app: [] for app in ENDED}
    for _ in range(rounds):
        for app, cost in _cpu_per_connection().items():
            ended[app].append(cost)
    print_table(ended, "bare", "us")
    held = {app: [_held_per_connection(app) for _ in range(3)] for app in APPS}
    print_table(held, "bare", "B")
    more = median(held["recorded"]) - median(held["bare"])
    return [
        Bar("CPU beside bare", _ratio(values, "bare"), MOST_BESIDE_BARE, " x"),
        Bar(
            "CPU beside a pass-through",
            _ratio(values, "pass_through"),
            MOST_BESIDE_PASS_THROUGH,
            " x",
        ),
        Bar("memory of an open connection", more, MOST_BYTES, " B"),
    ]


def _ratio(values: Mapping[str, list[float]], beside: str) -> float:
    """Give the median of the rounds' ratios: a slow moment of the machine hits both."""
    rounds = zip(values["recorded"], values[beside], strict=True)
    return median(recorded / other for recorded, other in rounds)


def _serve(app: str) -> ServerProcess:
    port = free_port()
    argv = [sys.executable, "-m", "uvicorn", f"benchmarks.recorder_apps:{app}"]
    argv += ["--host", LOOPBACK, "--port", str(port), "--log-level", "warning"]
    steady = {**environment(), "PYTHONHASHSEED": "0"}
    return ServerProcess([*argv, "--ws", "websockets-sansio"], port, env=steady).wait_ready()


def _cpu_per_message() -> dict[str, float]:
    """Give the microseconds of each server's CPU for one message there and back.

    The servers take turns in short bursts, of which the median counts, so that whatever else the
    machine does hits all alike or none. They are started anew for each round, since how a process
    lies in memory makes some percent.
    """
    spent: dict[str, list[float]] = {app: [] for app in APPS}
    with contextlib.ExitStack() as stack:
        servers = {app: stack.enter_context(_serve(app)) for app in APPS}
        sockets = {app: stack.enter_context(_open(server)) for app, server in servers.items()}
        for _ in range(WARM + BURSTS):
            for app in APPS:
                before = _cpu(servers[app].pid)
                _echo(sockets[app], BURST)
                spent[app].append((_cpu(servers[app].pid) - before) / BURST * 1e6)
    return {app: median(each[WARM:]) for app, each in spent.items()}


def _cpu_per_connection() -> dict[str, float]:
    """Give the microseconds for a whole connection, each with two credentials of its own.

    They are looked for and taken out at its end, which is what is measured beside the handshake.
    """
    spent: dict[str, list[float]] = {app: [] for app in ENDED}
    with contextlib.ExitStack() as stack:
        servers = {app: stack.enter_context(_serve(app)) for app in ENDED}
        for number in range(WARM + ENDINGS):
            for app, server in servers.items():
                before = _cpu(server.pid)
                for each in range(ENDING):
                    with _open(server, number * ENDING + each) as socket:
                        _echo(socket, 1)
                spent[app].append((_cpu(server.pid) - before) / ENDING * 1e6)
    return {app: median(each[WARM:]) for app, each in spent.items()}


def _held_per_connection(app: str) -> float:
    """Give the bytes that one more open connection holds, each with a full ring of messages."""
    with _serve(app) as server, contextlib.ExitStack() as stack:
        for _ in range(CONNECTIONS // 5):
            _echo(stack.enter_context(_open(server)), 20)
        before = _resident(server.pid)
        for _ in range(CONNECTIONS):
            _echo(stack.enter_context(_open(server)), 20)
        return (_resident(server.pid) - before) / CONNECTIONS


def _open(server: ServerProcess, number: int = 0) -> ClientConnection:
    return connect(
        f"ws://{LOOPBACK}:{server.port}{TARGET.format(number)}",
        additional_headers={"Authorization": BEARER.format(number)},
        compression=None,
        ping_interval=None,
    )


def _echo(socket: ClientConnection, count: int) -> None:
    for _ in range(count):
        socket.send(TEXT)
        socket.recv()


def _cpu(pid: int) -> float:
    """Give the seconds of all its threads."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(each.read_text().split()[0]) for each in threads) / 1e9


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
