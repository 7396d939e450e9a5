"""A server as a subprocess: started in its own process group, awaited, and ended with it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Generic, Self, TypeVar

from hangup.lab.errors import NoServersHereError, StartFailedError

LOOPBACK = "127.0.0.1"
_PORTS = range(20_000, 32_000)
_MOST_HELD = 64
_held: deque[int] = deque()
_LAST_LINES = 20
_POLL = 0.003

# The guard is told a group, waits until nobody holds its pipe any more, however we ended, and then
# ends that group. The server tells it its own before it becomes itself: nothing is without a guard.
_GUARD = 'read -r group && { read -r _; kill -s KILL -- "-$group"; }'
_GUARDED = 'echo $$ >&0; exec "$@" </dev/null'


def free_port() -> int:
    """Give a TCP port of loopback that nobody listens on, and that nobody else is given now.

    It lies below the range that kernels hand out to clients, so that no outgoing connection can
    take it before the server binds it.
    """
    while True:
        port = _PORTS[secrets.randbelow(len(_PORTS))]
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((LOOPBACK, port))
            _hold(probe)
            return port


def _hold(probe: socket.socket) -> None:
    """Keep a port from who looks for one too, and not from the server that it is meant for.

    A look asks for the port alone, so it fails while we have it; a server may share it, since we
    allow that and do not listen.
    """
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "SO_REUSEPORT"):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    _held.append(probe.detach())
    if len(_held) > _MOST_HELD:
        socket.close(_held.popleft())


class ServerProcess:
    """A running server; its process group is ended by `stop`, and when our process ends."""

    def __init__(
        self, argv: Sequence[str], port: int, *, env: Mapping[str, str] | None = None
    ) -> None:
        self.argv, self.port = tuple(argv), port
        if sys.platform == "win32":
            raise NoServersHereError
        if not shutil.which(self.argv[0]):
            raise StartFailedError(self.program, 127, f"{self.argv[0]}: not found", 0.0)
        with contextlib.ExitStack() as undone:  # also when interrupted: nothing is left over
            self._output: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives until stop
            undone.callback(self._output.close)
            self._guard = _guard()
            undone.callback(self._dismiss)
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", _GUARDED, "sh", *self.argv],
                stdin=self._guard.stdin,
                stdout=self._output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
                start_new_session=True,
            )
            undone.pop_all()

    @property
    def program(self) -> str:
        """The program's name, for messages."""
        return Path(self.argv[0]).name

    @property
    def pid(self) -> int:
        """The process id, which is also the id of its group."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process is alive."""
        return self._process.poll() is None

    def output(self) -> str:
        """Give the last lines it wrote; empty after `stop`."""
        if self._output.closed:
            return ""
        size = os.fstat(self._output.fileno()).st_size
        tail = os.pread(self._output.fileno(), 65_536, max(0, size - 65_536))
        return "\n".join(tail.decode("utf-8", "replace").splitlines()[-_LAST_LINES:])

    def wait_ready(self, within: float = 15.0) -> Self:
        """Return when the port accepts TCP.

        Raises:
            StartFailedError: the process ended or `within` seconds passed; it is stopped then.
        """
        deadline = time.monotonic() + within
        try:
            while not _accepts(self.port):
                code = self._process.poll()
                if code is not None or time.monotonic() > deadline:
                    raise StartFailedError(self.program, code, self.output(), within)
                time.sleep(_POLL)
        except BaseException:  # also when interrupted: nothing may be left behind
            self.stop(grace=0.0)
            raise
        return self

    def wait(self) -> None:
        """Return when the process has ended."""
        self._process.wait()

    def terminate(self) -> None:
        """Ask the group to end, and do not wait."""
        if self.running:
            _signal_group(self.pid, signal.SIGTERM)

    def stop(self, grace: float = 3.0) -> None:
        """End the group: TERM, then KILL after `grace` seconds; at once when that is 0."""
        if self._output.closed:
            return
        try:
            if grace > 0:
                self.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(grace)
        finally:
            _signal_group(self.pid, signal.SIGKILL)
            self._process.wait()
            self._output.close()
            self._dismiss()

    def _dismiss(self) -> None:
        self._guard.kill()
        self._guard.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


def start(
    argv: Sequence[str],
    port: int,
    *,
    env: Mapping[str, str] | None = None,
    within: float = 15.0,
) -> ServerProcess:
    """Start a server and return when `port` accepts TCP; `env` adds to our environment.

    Raises:
        StartFailedError: with the program, its exit code and its last lines.
    """
    return ServerProcess(argv, port, env=env).wait_ready(within)


Process = TypeVar("Process", bound=ServerProcess)


async def begin(start: Callable[..., Process], *args: object) -> Process:
    """Start a server in a thread; when we are cancelled meanwhile, it is ended as soon as it runs.

    Raises:
        LabError: what `start` raises.
    """
    handed = _Handed[Process]()
    try:
        return await asyncio.to_thread(lambda: handed.over(start(*args)))
    except asyncio.CancelledError:
        handed.back()
        raise


class _Handed(Generic[Process]):
    """A server on its way from the thread that starts it; ended once nobody waits for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: Process | None = None
        self._awaited = True

    def over(self, process: Process) -> Process:
        with self._lock:
            self._process = process
            if not self._awaited:
                process.stop(0.0)
        return process

    def back(self) -> None:
        with self._lock:
            self._awaited = False
            if self._process:
                self._process.stop(0.0)


@contextlib.asynccontextmanager
async def begun(start: Callable[..., Process], *args: object) -> AsyncIterator[Process]:
    """Begin a server and end it at once when the context does."""
    process = await begin(start, *args)
    try:
        yield process
    finally:
        await ended(process)


async def ended(*processes: ServerProcess) -> None:
    """End servers at once; whoever cancels us meanwhile does not cancel that."""

    def end() -> None:
        for process in processes:
            process.stop(0.0)

    # A loop ends after its threads, and the future of one is no task that could be cancelled.
    await asyncio.shield(asyncio.get_running_loop().run_in_executor(None, end))


def stop_all(processes: Iterable[ServerProcess], grace: float = 3.0) -> None:
    """End several servers at the same time, as `stop` ends one."""
    ending = list(processes)
    for process in ending:
        process.terminate()
    deadline = time.monotonic() + grace
    for process in ending:
        process.stop(max(0.01, deadline - time.monotonic()))


def _guard() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["/bin/sh", "-c", _GUARD],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _accepts(port: int) -> bool:
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1.0):
            return True
    except OSError:
        return False
