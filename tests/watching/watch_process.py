"""`hangup watch --json` in a process of its own, whose events are read as they come."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import IO, Any, Self

Event = dict[str, Any]


class WatchProcess:
    """A running watch; `seen` holds all events that were read so far."""

    def __init__(self, *args: str) -> None:
        argv = [sys.executable, "-m", "hangup", "watch", "--json", *args]
        self.process = subprocess.Popen(
            argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.seen: list[Event] = []

    def until(self, wanted: Callable[[Event], bool], within: float = 30.0) -> Event:
        """Read events until one is wanted, and give it; a silent watch ends the test by timeout."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            line = _stream(self.process.stdout).readline()
            assert line, _stream(self.process.stderr).read()
            self.seen.append(json.loads(line))
            if wanted(self.seen[-1]):
                return self.seen[-1]
        raise AssertionError(f"not told within {within} s: {self.seen}")

    def changed_to(self, verdict: str, cause: str | None = None) -> Event:
        """Read events until a change to a state is told."""
        return self.until(
            lambda each: (
                each["event"] == "changed"
                and each["what"] == "state"
                and (each["after"]["verdict"], each["after"]["cause"]) == (verdict, cause)
            )
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.communicate()


def _stream(stream: IO[str] | None) -> IO[str]:
    assert stream
    return stream
