"""Locust in processes of its own, and what it wrote."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PATIENCE = 50.0


def free_port() -> int:
    """Give a port that is free, and the one after it, which Locust once took as well."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Run:
    """One process of Locust's, and its files."""

    def __init__(self, file: str, folder: Path, url: str, args: Sequence[str]) -> None:
        self._prefix = folder / "out"
        self.output = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "locust", "-f", str(HERE / file), *args],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "URL": url, "PYTHONDEVMODE": ""},
        )

    def stop(self, how: int = signal.SIGINT) -> int:
        """End it, and give its exit status."""
        self.process.send_signal(how)
        return self.wait()

    def wait(self) -> int:
        """Wait until it ends, and give its exit status."""
        try:
            self.output += self.process.communicate(timeout=PATIENCE)[0]
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.output += self.process.communicate()[0]
        return self.process.returncode

    @property
    def document(self) -> Any:
        """What hangup wrote of it."""
        return json.loads(Path(f"{self._prefix}_hangup.json").read_text("utf-8"))

    @property
    def rows(self) -> dict[str, Any]:
        """Locust's own statistics, by name."""
        read = json.loads(Path(f"{self._prefix}_locust.json").read_text("utf-8"))
        return {row["name"]: row for row in read}


@contextmanager
def locust(
    file: str, folder: Path, url: str, *args: str, headless: bool = True, users: int = 1
) -> Iterator[Run]:
    """Run Locust until the block ends."""
    files = ("--csv", str(folder / "out"), "--json-file", str(folder / "out_locust"))
    plain = ("--headless", "-u", str(users), "-r", str(users)) if headless else ()
    run = Run(file, folder, url, [*plain, *files, "--only-summary", *args])
    try:
        yield run
    finally:
        if run.process.poll() is None:
            run.process.kill()
            run.wait()


@contextmanager
def master_and_workers(
    file: str, folder: Path, url: str, *, workers: int, users: int
) -> Iterator[tuple[Run, list[Run]]]:
    """Run a master and some workers on loopback."""
    port = str(free_port())
    bound = ("--master", "--master-bind-host", "127.0.0.1", "--master-bind-port", port)
    to = ("--worker", "--master-host", "127.0.0.1", "--master-port", port)
    expected = ("--expect-workers", str(workers))
    with locust(file, folder, url, *bound, *expected, users=users) as master:
        started = [Run(file, folder, url, to) for _ in range(workers)]
        try:
            yield master, started
        finally:
            _end(started)


def _end(workers: list[Run]) -> None:
    deadline = time.monotonic() + 10
    while any(w.process.poll() is None for w in workers) and time.monotonic() < deadline:
        time.sleep(0.02)
    for worker in workers:
        if worker.process.poll() is None:
            worker.process.kill()
        worker.wait()


def children_of(pid: int) -> list[int]:
    """Give the processes that a process has started."""
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def fetched(url: str, wanted: str) -> str:
    """Fetch a page until it holds a text, or for some seconds."""
    deadline = time.monotonic() + 10
    while True:
        with urllib.request.urlopen(url) as response:
            page = str(response.read().decode())
        if wanted in page or time.monotonic() > deadline:
            return page
        time.sleep(0.05)
