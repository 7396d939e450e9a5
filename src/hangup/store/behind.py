"""A bounded queue and the thread that empties it, so that whoever puts never waits or fails."""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import queue
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from hangup.incident import Seen

MOST_WAITING = 20_000
"""Items that wait to be written; what comes beyond them is dropped and counted."""
MOST_AT_ONCE = 500
"""Items that are written in one go."""
PACE = 0.05
"""Seconds between two writes under load; the first after a rest is written at once."""
PATIENCE = (0.1, 2.0)
"""Seconds until a write that failed is tried again: at first, and at most."""
LAST_WAIT = 2.0
"""Seconds that the end of the process waits for what is not written yet."""

T = TypeVar("T")

logger = logging.getLogger("hangup.store")


class Behind(Generic[T]):
    """Implements `Sink`: what is put is written by a thread of its own, in the same order.

    `prepare` makes of each item what is written; an item of which it can make nothing is dropped.
    `write` is given such, and how many were dropped since the last write that went well. It may
    raise: it is then tried again with the same items, until the queue overflows.

    The thread begins with the first item, or at once when there is something for it to `begin`
    with, and anew after a fork.
    """

    def __init__(
        self,
        prepare: Callable[[Seen], T],
        write: Callable[[Sequence[T], int], None],
        name: str,
        most: int = MOST_WAITING,
        begin: Callable[[], object] | None = None,
    ) -> None:
        self._prepare, self._write = prepare, write
        self._name, self._most = name, most
        self._begin = begin
        self._begin_anew()
        if begin:
            self._start()
        _at_exit(self)

    def _begin_anew(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.RLock()  # a finaliser may put while its own thread is putting
        self._queue: queue.SimpleQueue[Seen | None] = queue.SimpleQueue()
        self._held: Sequence[T] = ()
        self._thread: threading.Thread | None = None
        self._closing = False
        self._dropped = self._told = 0
        self._complained = False

    @property
    def dropped(self) -> int:
        """How many items were given up since the beginning."""
        return self._dropped

    @property
    def waiting(self) -> int:
        """How many items are not written yet."""
        return self._queue.qsize() + len(self._held)

    def put(self, seen: Seen) -> None:
        """Take one item; at once, and without ever raising."""
        try:
            if self._pid != os.getpid():
                self._begin_anew()
            if self.waiting >= self._most:
                self._drop(1)
                return
            self._queue.put(seen)
            if self._thread is None:
                self._start()
        except Exception:  # noqa: BLE001 - a recorder's trouble is never the application's
            self._drop(1)

    def close(self, within: float = LAST_WAIT) -> None:
        """Write what waits, for `within` seconds at most; what is left then is counted dropped."""
        thread = self._thread
        if thread is None or self._pid != os.getpid():
            return
        self._closing = True
        self._queue.put(None)
        thread.join(within)
        self._drop(self.waiting - self._queue_marks())
        self._thread = None

    def _queue_marks(self) -> int:
        return 1 if self._queue.qsize() else 0

    def _drop(self, count: int) -> None:
        with self._lock:
            self._dropped += max(count, 0)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._closing = False
                thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread = thread
                thread.start()

    def _run(self) -> None:
        if self._begin:
            self._attempt(self._begin)
        while not (self._closing and self._queue.empty()):
            if self._gather():
                self._write_all()
            if self._dropped > self._told:  # while the last items were written
                self._write_all()
                time.sleep(0 if self._closing else PACE)

    def _gather(self) -> Sequence[T]:
        found: list[T] = []
        self._held = found  # what has left the queue still waits
        self._add(found, self._queue.get())
        with contextlib.suppress(queue.Empty):
            while len(found) < MOST_AT_ONCE:
                self._add(found, self._queue.get_nowait())
        return found

    def _add(self, found: list[T], item: Seen | None) -> None:
        if item is None:
            return
        try:
            found.append(self._prepare(item))
        except Exception:  # noqa: BLE001 - one item that is wrong must not lose the others
            self._drop(1)

    def _write_all(self) -> None:
        pause, most = PATIENCE
        while not self._tried():
            if self._closing and pause > LAST_WAIT / 4:
                self._drop(len(self._held))
                break
            time.sleep(pause)
            pause = min(pause * 2, most)
        self._held = ()

    def _tried(self) -> bool:
        untold = self._dropped - self._told
        done = self._attempt(lambda: self._write(self._held, untold))
        self._told += untold if done else 0
        return done

    def _attempt(self, what: Callable[[], object]) -> bool:
        try:
            what()
        except Exception as exc:  # noqa: BLE001 - whatever fails here fails behind the application
            self._complain(exc)
            return False
        return True

    def _complain(self, exc: Exception) -> None:
        if not self._complained:
            self._complained = True
            with contextlib.suppress(Exception):
                logger.warning("%s cannot be written for now: %s", self._name, exc)


def _at_exit(behind: Behind[T]) -> None:
    """Let the end of the process wait for the last items, without keeping the object alive."""
    reference = weakref.ref(behind)

    def end() -> None:
        alive = reference()
        if alive is not None:
            alive.close()

    atexit.register(end)
