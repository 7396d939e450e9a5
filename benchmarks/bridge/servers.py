"""Starts the peers, each on a core of its own, and reads what they take of the machine."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bridge.dialects import Dialect, OfBridge, OfCallbacks, OfSocketIo
from benchmarks.measure import environment
from hangup.lab.process import ServerProcess, free_port

NODE = Path(__file__).parents[1] / "node"
FILES = 16_384
"""Open files that a process with more than 10,000 connections needs."""


@dataclass(frozen=True)
class Peer:
    """A server that is measured: its command without the port, and how to speak with it."""

    name: str
    command: tuple[str, ...]
    dialect: Dialect
    arguments: tuple[str, ...] = ()


def _python(name: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "benchmarks.bridge.apps", name)


BRIDGE = Peer("bridge", _python("bridge"), OfBridge())
ALONE = Peer("bridge, not in Starlette", _python("alone"), OfBridge())
BARE = Peer("bare Starlette", _python("bare"), Dialect())
_SOCKET_IO = ("node", str(NODE / "peer.cjs"))
RECOVERABLE = Peer("Socket.IO", _SOCKET_IO, OfSocketIo(), ("recoverable",))
ACKNOWLEDGED = Peer("Socket.IO, callbacks", _SOCKET_IO, OfCallbacks(), ("acknowledged",))
PEERS = (BRIDGE, BARE, RECOVERABLE, ACKNOWLEDGED)


def install() -> None:
    """Install Node's packages where they are not.

    Raises:
        FileNotFoundError: there is no npm.
        CalledProcessError: it has failed.
    """
    installed = NODE / "node_modules" / ".installed"
    if not installed.exists():
        npm = shutil.which("npm")
        if npm is None:
            raise FileNotFoundError("npm is needed: the bridge is held against Socket.IO on Node")
        options = ("--silent", "--no-audit", "--no-fund", "--ignore-scripts")
        subprocess.run([npm, "ci", *options], cwd=NODE, check=True)
        installed.touch()


def allow_files() -> None:
    """Let this process and the servers open as many files as there are connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, max(FILES, hard)))


@contextmanager
def serving(peer: Peer, folder: str) -> Iterator[ServerProcess]:
    """Run a peer on the first core, with a file of its own, and us on another if there is one."""
    cores = sorted(os.sched_getaffinity(0))
    port = free_port()
    file = Path(folder) / f"events-{port}.db"
    rest = peer.arguments or (str(file),)
    os.sched_setaffinity(0, cores[:1])
    try:
        server = ServerProcess(
            [*peer.command, str(port), *rest], port, env={**environment(), "PYTHONHASHSEED": "0"}
        )
    finally:
        os.sched_setaffinity(0, cores[1:] or cores)
    try:
        with server.wait_ready():
            yield server
    finally:
        os.sched_setaffinity(0, cores)
        for left in Path(folder).glob(f"{file.name}*"):
            left.unlink()


def cpu(server: ServerProcess) -> float:
    """Give the seconds of all its threads."""
    threads = Path(f"/proc/{server.pid}/task").glob("*/schedstat")
    return sum(int(each.read_text().split()[0]) for each in threads) / 1e9


def resident(pid: int) -> int:
    """Give the bytes in RAM that are a process's alone."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    private = (line.split()[1] for line in lines if line.startswith("Private_"))
    return sum(map(int, private)) * 1024
