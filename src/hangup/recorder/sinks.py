"""Where what was seen goes: memory, lines on stderr, or what HANGUP_RECORD names."""

from __future__ import annotations

import atexit
import os
import queue
import sys
import threading
from collections import deque
from importlib import import_module
from importlib.util import find_spec
from typing import IO

import msgspec

from hangup.incident import Caught, ConnectionSeen, Seen, Sink

RECORD_TO = "HANGUP_RECORD"
"""Environment variable: `stderr`, or the path of a store."""
STDERR = "stderr"
MOST_KEPT = 10_000
MOST_WAITING = 4096
LAST_WORDS = 1.0
"""Seconds that lines which still wait are given when the process ends."""


class MemorySink:
    """Keeps the last of what was seen, for tests."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._seen: deque[Seen] = deque(maxlen=most)

    def put(self, seen: Seen) -> None:
        """Keep it."""
        self._seen.append(seen)

    @property
    def caught(self) -> list[Caught]:
        """The failures, in the order in which they were caught."""
        return [seen for seen in tuple(self._seen) if isinstance(seen, Caught)]

    @property
    def connections(self) -> list[ConnectionSeen]:
        """The connections, in the order in which they ended."""
        return [seen for seen in tuple(self._seen) if isinstance(seen, ConnectionSeen)]


class StderrSink:
    """Writes one JSON line for each failure, and for each connection when told so.

    A thread writes, so that a log collector which reads slowly holds up no connection: once
    `most` lines wait, further ones are dropped, and `dropped` counts them.
    """

    def __init__(
        self, *, connections: bool = True, stream: IO[str] | None = None, most: int = MOST_WAITING
    ) -> None:
        self.dropped = 0
        self._connections, self._stream = connections, stream
        self._waiting: queue.Queue[Seen] = queue.Queue(most)
        self._begin = threading.Lock()
        self._writer: threading.Thread | None = None
        self._pid = 0

    def put(self, seen: Seen) -> None:
        """Hand it to the writer, or count it as dropped."""
        if isinstance(seen, ConnectionSeen) and not self._connections:
            return
        if self._pid != os.getpid():  # a thread does not outlive a fork
            self._start()
        try:
            self._waiting.put_nowait(seen)
        except queue.Full:
            self.dropped += 1

    def flush(self, within: float = LAST_WORDS) -> None:
        """Return when all lines are written, at the latest after `within` seconds."""
        with self._waiting.all_tasks_done:
            self._waiting.all_tasks_done.wait_for(
                lambda: not self._waiting.unfinished_tasks, within
            )

    def _start(self) -> None:
        with self._begin:
            if self._pid == os.getpid():
                return
            if self._pid == 0:
                atexit.register(self.flush)
            self._pid = os.getpid()
            self._writer = threading.Thread(target=self._write, name="hangup-lines", daemon=True)
            self._writer.start()

    def _write(self) -> None:
        while True:
            seen = self._waiting.get()
            try:
                stream = self._stream or sys.stderr
                stream.write(line_of(seen))
                stream.flush()
            except (OSError, ValueError):  # the collector has gone, or the stream is closed
                self.dropped += 1
            finally:
                self._waiting.task_done()


def line_of(seen: Seen) -> str:
    """Give one line of JSON; `hangup` says whether it is a failure or a connection."""
    what = "failure" if isinstance(seen, Caught) else "connection"
    line = {"hangup": what, **msgspec.to_builtins(seen)}
    if isinstance(seen, Caught):
        line["id"] = seen.id
    return msgspec.json.encode(line).decode() + "\n"


def sink_from_environment() -> Sink:
    """Give the sink that HANGUP_RECORD names; without it, failures go to stderr.

    Where there is no store, all goes to stderr.
    """
    target = os.environ.get(RECORD_TO, "")
    if target and target != STDERR and find_spec("hangup.store"):
        # By its name, since the recorder works without a store.
        store: Sink = import_module("hangup.store").Store(target)
        return store
    return StderrSink(connections=bool(target))
