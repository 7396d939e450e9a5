"""The store: a sink that writes into an SQLite database, behind the application's back."""

from __future__ import annotations

import contextlib
import functools
import os
import sqlite3
import sys
import threading
import time
import weakref
from collections.abc import Sequence

from msgspec import Struct

from hangup.incident import Seen
from hangup.store.behind import MOST_WAITING, Behind
from hangup.store.database import (
    NotAStoreError,
    Row,
    connect,
    insert,
    prune,
    row_of,
    used_bytes,
)

DAY = 86_400.0
LONGEST_WRITE = 3.0
"""Seconds that a fork waits for a write to be over; it lasts longer on a store that is locked."""
AGE_EVERY = 5.0
"""Seconds between two looks for what is too old."""
MOST_STEPS = 12
"""Steps of pruning after one write, which take away more than a write can bring."""


class Limits(Struct, frozen=True, kw_only=True):
    """How much a store keeps: `max_size` in bytes, `max_age` in seconds."""

    max_size: int = 64 * 1024 * 1024
    max_age: float = 14 * DAY


class Store:
    """Implements `Sink`; any number of processes may put into the same file, and read it.

    The file is made at once. Whatever goes wrong with it then or later is tried again while items
    wait; what is dropped meanwhile is counted, and the count is written as soon as it can be.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        limits: Limits | None = None,
        *,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self.path = os.path.abspath(path)  # noqa: PTH100 - the application may change its folder
        self.limits = limits or Limits()
        self._database: sqlite3.Connection | None = None
        self._lock = threading.Lock()
        self._paused = False
        self._aged_at = 0.0
        name = f"the store {self.path}"
        self._behind = Behind(row_of, self._write, name, most_waiting, begin=self._open)
        _STORES.add(self)

    @property
    def dropped(self) -> int:
        """How many items were given up since the beginning."""
        return self._behind.dropped

    @property
    def waiting(self) -> int:
        """How many items are not written yet."""
        return self._behind.waiting

    def put(self, seen: Seen) -> None:
        """Take one item; at once, and without ever raising."""
        self._behind.put(seen)

    def close(self) -> None:
        """Write what waits, within 2 seconds, and close the file; a later `put` opens it again."""
        self._behind.close()
        with self._lock:
            self._disconnect()

    def _open(self) -> None:
        with self._lock:
            self._connected()

    def _write(self, rows: Sequence[Row], dropped: int) -> None:
        with self._lock:
            try:
                database = self._connected()
                insert(database, rows, dropped)
            except (sqlite3.Error, NotAStoreError):
                self._disconnect()  # the file may have been mended when it is tried again
                raise
            # It was written; that another process holds the file just now delays the pruning only.
            with contextlib.suppress(sqlite3.Error):
                self._prune(database)

    def _connected(self) -> sqlite3.Connection:
        if self._database is None:
            self._database = connect(self.path)
        return self._database

    def _disconnect(self) -> None:
        if self._database is not None:
            self._database.close()
        self._database = None

    def _prune(self, database: sqlite3.Connection) -> None:
        most, now = self.limits.max_size, time.monotonic()
        aged = now - self._aged_at >= AGE_EVERY
        before = time.time() - self.limits.max_age if aged else 0.0
        for _ in range(MOST_STEPS):
            if not aged and used_bytes(database) <= most:
                return
            if not prune(database, before=before, most_bytes=most):
                break
        self._aged_at = now

    def before_fork(self) -> None:
        """Close the file: SQLite's own state must not be shared by two processes."""
        self._paused = self._lock.acquire(timeout=LONGEST_WRITE)
        if self._paused:
            self._disconnect()

    def after_fork(self, *, child: bool) -> None:
        """Let parent and child open the file again, each for itself."""
        if child:
            # Where the wait was in vain, what is inherited may be neither used nor closed.
            self._inherited, self._database = self._database, None
            self._lock = threading.Lock()
        elif self._paused:
            self._lock.release()


_STORES: weakref.WeakSet[Store] = weakref.WeakSet()


def _before_fork() -> None:
    for store in list(_STORES):
        store.before_fork()


def _after_fork(child: bool) -> None:
    for store in list(_STORES):
        store.after_fork(child=child)


if sys.platform != "win32":
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=functools.partial(_after_fork, False),
        after_in_child=functools.partial(_after_fork, True),
    )
