"""One thread that has a connection to SQLite, and does together whatever waits for it."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from hangup.bridge.log import LogError, LogUnavailableError
from hangup.bridge.sqlite_rows import SHAPE
from hangup.store.database import Shape, connect, roll_back

PAGES = 4_000
"""Pages of 4 KiB in the write-ahead log before they are moved into the file.

All who publish wait for that, and a page that many events share is moved once: SQLite's default of
1,000 took a fifth of the time.
"""
TOGETHER = 512
"""Jobs that are committed at once, at most."""
T = TypeVar("T")
Job = Callable[[sqlite3.Connection], T]


class _Asked(NamedTuple):
    job: Job[Any]
    answer: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop


_Done = tuple[_Asked, Any, BaseException | None]


class SqliteThread:
    """Does jobs one after another; those that write are committed together.

    A job refuses by a `LogError` before it has written anything, which is its own answer and
    nobody else's.
    """

    def __init__(
        self, path: str, *, writes: bool, power_safe: bool = False, shape: Shape = SHAPE
    ) -> None:
        self._writes = writes
        try:
            self._database = connect(path, shape)
            if power_safe:
                self._database.execute("PRAGMA synchronous = FULL")
            if writes:
                self._database.execute(f"PRAGMA wal_autocheckpoint = {PAGES}")
                self._database.execute(f"PRAGMA journal_size_limit = {PAGES * 4200}")
            else:
                self._database.execute("PRAGMA query_only = ON")
        except (sqlite3.Error, OSError) as error:
            raise LogUnavailableError(f"the log {path} cannot be opened: {error}") from error
        self._asked: queue.SimpleQueue[_Asked | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="hangup-log", daemon=True)
        self._thread.start()

    async def do(self, job: Job[T]) -> T:
        """Have a job done, and give its answer.

        Raises:
            LogError: what the job refuses by, or that the database cannot be used now.
        """
        if self._closed:
            raise LogUnavailableError("the log is closed")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._asked.put(_Asked(job, answer, loop))
        return await answer

    def close(self) -> None:
        """Do what waits, and let go of the database."""
        if not self._closed:
            self._closed = True
            self._asked.put(None)
            self._thread.join()

    def _run(self) -> None:
        try:
            while (asked := self._next()) is not None:
                self._tell(self._do(asked))
        finally:
            self._database.close()

    def _next(self) -> list[_Asked] | None:
        first = self._asked.get()
        if first is None:
            return None
        found = [first]
        while len(found) < TOGETHER:
            try:
                another = self._asked.get_nowait()
            except queue.Empty:
                break
            if another is None:
                self._asked.put(None)
                break
            found.append(another)
        return found

    def _do(self, asked: list[_Asked]) -> list[_Done]:
        try:
            return self._together(asked)
        except Exception as error:  # noqa: BLE001 - one job's bug must not answer for the others
            if len(asked) == 1:
                return [(asked[0], None, _as_log_error(error))]
            return [done for each in asked for done in self._do([each])]

    def _together(self, asked: list[_Asked]) -> list[_Done]:
        done: list[_Done] = []
        try:
            self._database.execute("BEGIN IMMEDIATE" if self._writes else "BEGIN")
            for each in asked:
                try:
                    done.append((each, each.job(self._database), None))
                except LogError as refused:
                    done.append((each, None, refused))
            self._database.execute("COMMIT")
        finally:
            roll_back(self._database)
        return done

    def _tell(self, done: list[_Done]) -> None:
        by_loop: dict[asyncio.AbstractEventLoop, list[_Done]] = {}
        for each in done:
            by_loop.setdefault(each[0].loop, []).append(each)
        for loop, some in by_loop.items():
            try:
                loop.call_soon_threadsafe(_answer, some)
            except RuntimeError:  # the loop has been closed: nobody waits any more
                continue


def _answer(done: list[_Done]) -> None:
    for asked, value, error in done:
        if asked.answer.done():
            continue
        if error is not None:
            asked.answer.set_exception(error)
        else:
            asked.answer.set_result(value)


def _as_log_error(error: Exception) -> Exception:
    if not isinstance(error, sqlite3.Error):
        return error
    # Locked, full, unreadable now: these pass. A constraint or a broken file does not.
    kind = LogUnavailableError if isinstance(error, sqlite3.OperationalError) else LogError
    told = kind(f"the log cannot be used: {error}")
    told.__cause__ = error
    return told
