"""The log in an SQLite file: the default, for one host, with any number of processes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TypeVar

from hangup.bridge import sqlite_rows as rows
from hangup.bridge.log import (
    Entry,
    LogUnavailableError,
    OpenRun,
    Position,
    Retention,
    RunKey,
    Wake,
)
from hangup.bridge.sqlite_thread import Job, SqliteThread
from hangup.bridge.watchers import Watchers

POLL = 0.025
"""Seconds between two looks at what other processes have written."""
T = TypeVar("T")


class SqliteLog:
    """Keeps events in a file in WAL mode.

    All writing is done by one thread, which commits at once whatever waits. What `append` has
    returned survives the death of the process; with `power_safe` also that of the machine, for
    one flush of the disk each commit.

    Raises:
        NotAStoreError: the file is a database of something else.
        LogUnavailableError: it cannot be opened.
    """

    def __init__(self, path: str | Path, *, power_safe: bool = False) -> None:
        self._writer = SqliteThread(str(path), writes=True, power_safe=power_safe)
        self._reader = SqliteThread(str(path), writes=False)
        self._watchers = Watchers()
        self._polling: asyncio.Task[None] | None = None

    async def begin(
        self, user: str, run: str, owner: str, *, now: float, lease: float, most: int
    ) -> None:
        """Open a run; see `EventLog.begin`."""
        until = now + lease
        await self._write(lambda db: rows.begin(db, user, run, owner, now, until, most))

    async def append(
        self, user: str, run: str, owner: str, step: int, *bodies: bytes, now: float, ends: bool
    ) -> int:
        """Write events; see `EventLog.append`."""
        new = rows.New(user, run, owner, step, bodies, now, ends)
        seq = await self._write(lambda db: rows.append(db, new))
        self._watchers.wake(user, seq)
        return seq

    async def read(self, user: str, after: int, limit: int, *, epoch: str = "") -> list[Entry]:
        """Give entries in order; see `EventLog.read`."""
        return await self._read(lambda db: rows.read(db, user, after, limit, epoch))

    async def position(self, user: str, *, now: float) -> Position:
        """Say how far the log goes; see `EventLog.position`."""
        found = await self._read(lambda db: rows.position(db, user))
        if found is None:
            found = await self._write(lambda db: rows.begin_log(db, user, now))
        return found

    async def open_runs(self, user: str) -> tuple[str, ...]:
        """Give the runs that have not ended."""
        return await self._read(lambda db: rows.open_runs(db, user))

    async def acknowledge(self, user: str, seq: int) -> None:
        """Note how far a client has come; see `EventLog.acknowledge`."""
        await self._write(lambda db: rows.acknowledge(db, user, seq))

    async def renew(self, owner: str, runs: Iterable[RunKey], *, now: float, lease: float) -> None:
        """Keep those runs of the owner; see `EventLog.renew`."""
        known = tuple(runs)
        await self._write(lambda db: rows.renew(db, owner, known, now + lease))

    async def release(self, owner: str, *, now: float) -> None:
        """Give up the owner's runs."""
        await self._write(lambda db: rows.release(db, owner, now))

    async def orphans(self, *, now: float, limit: int = 100) -> list[OpenRun]:
        """Give open runs whose lease has run out."""
        return await self._read(lambda db: rows.orphans(db, now, limit))

    async def take(
        self, user: str, run: str, owner: str, *, now: float, lease: float
    ) -> OpenRun | None:
        """Take over a run whose lease has run out; see `EventLog.take`."""
        return await self._write(lambda db: rows.take(db, user, run, owner, now, now + lease))

    async def prune(self, retention: Retention, *, now: float) -> int:
        """Delete what retention does not keep, a few users at a time."""
        gone, more = 0, True
        while more:
            some, more = await self._write(lambda db: rows.prune(db, retention, now))
            gone += some
        return gone

    def watch(self, user: str, wake: Wake) -> Callable[[], None]:
        """Have `wake` called when the user may have new entries; see `EventLog.watch`."""
        remove = self._watchers.add(user, wake)
        if self._polling is None or self._polling.done():
            self._polling = asyncio.ensure_future(self._poll())
        return remove

    async def close(self) -> None:
        """Write what is waiting and let go of the file."""
        self._watchers.clear()
        if self._polling is not None:
            self._polling.cancel()
            await asyncio.wait((self._polling,))
        await asyncio.to_thread(self._writer.close)
        await asyncio.to_thread(self._reader.close)

    async def _poll(self) -> None:
        seen = rows.NOTHING_SEEN
        while self._watchers:
            try:
                seen, grown = await self._read(partial(rows.grown, seen=seen))
            except LogUnavailableError:
                seen, grown = rows.NOTHING_SEEN, []
            for user, last, epoch in grown:
                self._watchers.wake(user, last, epoch)
            await asyncio.sleep(POLL)

    async def _write(self, job: Job[T]) -> T:
        return await self._writer.do(job)

    async def _read(self, job: Job[T]) -> T:
        return await self._reader.do(job)
