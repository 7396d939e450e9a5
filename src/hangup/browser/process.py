"""Starts a Chromium that nobody but us can speak to, and sees to it that it ends."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from hangup.browser.setting import profile_in

COMMANDS, ANSWERS = 3, 4
"""Descriptors that Chromium reads commands from, and writes answers to."""
SPARE = 10
"""Ours stand above those two, so that giving one cannot overwrite the other."""
LEAVE = 1.5
"""Seconds that it is given to end by itself, in which it also writes the end of its log."""
POLL = 0.02
NET_LOG = "net-log.json"
WORDS = "stderr.txt"
LONGEST_FOLDER = 30
"""Bytes of the folder for temporary files: a socket's path has 107 (unix(7)), of which ours takes
25, and Chromium's own folder with its socket some 50."""


class Running:
    """A started Chromium: `commands` and `answers` are descriptors, `folder` holds its files."""

    def __init__(self, pid: int, commands: int, answers: int, folder: Path) -> None:
        self.pid, self.commands, self.answers, self.folder = pid, commands, answers, folder
        self.status: int | None = None

    @property
    def net_log(self) -> Path:
        """Where it writes what its network stack does."""
        return self.folder / NET_LOG

    def logged(self) -> int:
        """Give the size of that log so far, in bytes."""
        with contextlib.suppress(OSError):
            return self.net_log.stat().st_size
        return 0

    def last_words(self) -> str:
        """Give the last line that it wrote on stderr."""
        with contextlib.suppress(OSError):
            text = (self.folder / WORDS).read_bytes()[-4096:].decode("utf-8", "replace")
            return next((line for line in reversed(text.splitlines()) if line.strip()), "")
        return ""

    def ended(self) -> bool:
        """Whether the process is over; it is reaped then."""
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.status = status if pid else None
        return self.status is not None

    async def wait(self, within: float) -> None:
        """Wait until it is over, for so many seconds at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                while not self.ended():  # noqa: ASYNC110 - a process tells nobody that it ends
                    await asyncio.sleep(POLL)

    def kill(self) -> None:
        """End it and all that it started, now."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        if self.status is None:
            _, self.status = os.waitpid(self.pid, 0)


@contextlib.asynccontextmanager
async def running(program: str, flags: Sequence[str]) -> AsyncIterator[Running]:
    """Run a Chromium with a profile of its own; afterwards it and its files are gone.

    Raises:
        OSError: it could not be started.
    """
    folder = Path(tempfile.mkdtemp(prefix="hangup-browser-", dir=_short()))
    try:
        process = _start(program, flags, folder)
        try:
            yield process
        finally:
            process.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(program: str, flags: Sequence[str], folder: Path) -> Running:
    profile = profile_in(folder)
    command = (
        program,
        *flags,
        "--remote-debugging-pipe",
        f"--user-data-dir={profile}",
        f"--log-net-log={folder / NET_LOG}",
        "--net-log-capture-mode=Everything",
        "about:blank",
    )
    theirs_in, ours_out = map(_spare, os.pipe())
    ours_in, theirs_out = map(_spare, os.pipe())
    new = os.O_WRONLY | os.O_CREAT
    given = [
        (os.POSIX_SPAWN_DUP2, theirs_in, COMMANDS),
        (os.POSIX_SPAWN_DUP2, theirs_out, ANSWERS),
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_OPEN, 2, os.fspath(folder / WORDS), new, 0o600),
    ]
    try:
        environment = {**os.environ, "TMPDIR": os.fspath(folder)}
        pid = os.posix_spawn(program, command, environment, file_actions=given, setpgroup=0)
    except OSError:
        for each in (ours_out, ours_in):
            os.close(each)
        raise
    finally:
        for each in (theirs_in, theirs_out):
            os.close(each)
    return Running(pid, ours_out, ours_in, folder)


def _short() -> str | None:
    """Give another folder than the usual one where Chromium's socket would not fit below that."""
    usual = tempfile.gettempdir()
    return "/tmp" if len(os.fsencode(usual)) > LONGEST_FOLDER else usual  # noqa: S108 - mkdtemp


def _spare(descriptor: int) -> int:
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, SPARE)
    os.close(descriptor)
    return moved
