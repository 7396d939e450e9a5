"""One run of a tool against a server of its own: the cores they have, and what the tool takes."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.load.installed import compiled
from benchmarks.measure import environment

PAGE = os.sysconf("SC_PAGE_SIZE")
LOOK = 0.05
"""Seconds between two looks at a tool's memory."""
DEADLINE = 180.0
SEEN = re.compile(r"connections (\d+) messages (\d+) peak (\d+) seconds ([\d.]+)")
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, TOOL_CORE = CORES[:1], CORES[-1:]


class FailedError(Exception):
    """A tool did not do what it was asked to; the message says what it did."""


class DisturbedError(Exception):
    """Others kept a tool, the server or the capture from their work: it is to be run again."""


@dataclass(frozen=True)
class Seen:
    """What the server saw: handshakes, echoes, most at once, seconds from first to last."""

    connections: int
    messages: int
    peak: int
    seconds: float


@dataclass(frozen=True)
class Taken:
    """What the processes of a tool took: CPU in seconds, and their most memory in bytes.

    `kept` is the share of the run for which the tool had work and no core, for others had it.
    """

    cpu: float
    memory: int
    kept: float
    output: str


@dataclass
class Server:
    """The echo server in C; `seen` is there once it has ended."""

    port: int
    pid: int
    seen: Seen = field(default_factory=lambda: Seen(0, 0, 0, 0.0))


@contextlib.contextmanager
def on(cores: Sequence[int]) -> Iterator[None]:
    """Have us, and who is started by us, on some cores alone."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextlib.contextmanager
def first() -> Iterator[None]:
    """Have us, and who is started by us, run before all others, where we may.

    It is for runs that need a few percent of a core, and need them at once.
    """
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    try:
        yield
    finally:
        with contextlib.suppress(PermissionError):
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


@contextlib.contextmanager
def serving(before: int = 0) -> Iterator[Server]:
    """Run the server on its core; its clock begins after so many connections.

    Raises:
        MissingError: it cannot be compiled.
    """
    program = str(compiled("server"))
    with on(SERVER_CORE):
        process = subprocess.Popen([program, str(before)], stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout is not None
        server = Server(int(process.stdout.readline().split()[1]), process.pid)
        try:
            yield server
        finally:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            found = SEEN.search(process.stdout.read())
    if found is None:
        raise FailedError(f"the server ended with status {process.returncode}")
    server.seen = Seen(int(found[1]), int(found[2]), int(found[3]), float(found[4]))


@contextlib.contextmanager
def started(
    command: Sequence[str], more: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Start a tool on its core, with its output in a pipe; it is ended at the end."""
    with on(TOOL_CORE):
        process = subprocess.Popen(
            command,
            env={**environment(), **(more or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def taken(command: Sequence[str], more: Mapping[str, str] | None = None) -> Taken:
    """Run a tool to its end.

    Raises:
        FailedError: its exit status is not 0, or it does not end.
    """
    with tempfile.TemporaryFile("w+") as output, on(TOOL_CORE):
        process = subprocess.Popen(
            command,
            env={**environment(), **(more or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        with on(SERVER_CORE):
            look = _Look(process.pid)
            look.start()
            began = time.monotonic()
            _, status, usage = os.wait4(process.pid, 0)
            kept = look.end() / (time.monotonic() - began)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read()
    if process.returncode:
        last = " ".join(text.strip().splitlines()[-1:])
        raise FailedError(f"exit status {process.returncode}: {last[:200]}")
    return Taken(usage.ru_utime + usage.ru_stime, look.most, kept, text)


class _Look(threading.Thread):
    """Looks at a process and its children until it is over, or ends it when it is late."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.most = 0
        self._kept = 0.0
        self._over = threading.Event()
        self._pid = pid

    def end(self) -> float:
        """Look no more; give the seconds for which the process had work and no core."""
        self._over.set()
        self.join()
        return self._kept

    def run(self) -> None:
        late = time.monotonic() + DEADLINE
        over = False
        while not over:
            over = self._over.wait(LOOK if self.most else 0)
            self.most = max(self.most, sum(map(_resident, _tree(self._pid))))
            with contextlib.suppress(OSError):
                self._kept = int(Path(f"/proc/{self._pid}/schedstat").read_text().split()[1]) / 1e9
            if time.monotonic() > late:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._pid, signal.SIGKILL)


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in children.read_text().split():
                yield from _tree(int(child))


def _resident(pid: int) -> int:
    with contextlib.suppress(OSError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    return 0
