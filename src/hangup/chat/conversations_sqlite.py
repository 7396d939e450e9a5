"""Threads in an SQLite file, which several processes of one host may share."""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
from collections.abc import Collection
from pathlib import Path

from hangup.bridge.sqlite_thread import SqliteThread
from hangup.chat.conversations import (
    Asked,
    Message,
    Question,
    State,
    Thread,
    UnknownThreadError,
    title_of,
)
from hangup.store.database import Shape

TABLES = """
CREATE TABLE thread (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, user TEXT NOT NULL, title TEXT NOT NULL,
  begun REAL NOT NULL, active REAL NOT NULL);
CREATE INDEX thread_user ON thread (user, active);
CREATE TABLE message (
  number INTEGER PRIMARY KEY AUTOINCREMENT, thread INTEGER NOT NULL, user TEXT NOT NULL,
  role TEXT NOT NULL, run TEXT NOT NULL, request TEXT, text TEXT NOT NULL, state TEXT NOT NULL,
  at REAL NOT NULL);
CREATE INDEX message_thread ON message (thread, number);
CREATE UNIQUE INDEX message_request ON message (user, request) WHERE request IS NOT NULL;
CREATE UNIQUE INDEX message_run ON message (user, run, role);
CREATE TABLE stop (run TEXT NOT NULL, user TEXT NOT NULL, PRIMARY KEY (run, user)) WITHOUT ROWID
"""
SHAPE = Shape(0x68616E63, 1, TABLES, "a store of conversations of hangup")
MESSAGE = "number, role, run, text, state, at"


class SqliteConversations:
    """Keeps threads in a file in WAL mode; see `Conversations`.

    Raises:
        NotAStoreError: the file is a database of something else.
        LogUnavailableError: it cannot be opened.
    """

    def __init__(self, path: str | Path) -> None:
        self._writer = SqliteThread(str(path), shape=SHAPE, writes=True)
        self._reader = SqliteThread(str(path), shape=SHAPE, writes=False)

    async def ask(self, question: Question, run: str, now: float) -> Asked:
        """Keep a question; see `Conversations.ask`."""
        return await self._writer.do(lambda db: _ask(db, question, run, now))

    async def take_back(self, user: str, run: str) -> None:
        """Forget a question whose run could not begin."""
        await self._writer.do(lambda db: _take_back(db, user, run))

    async def answer(self, user: str, run: str, text: str, state: State, now: float) -> None:
        """Keep what a run has answered; the first time counts."""
        await self._writer.do(lambda db: _answer(db, user, run, text, state, now))

    async def threads(self, user: str, limit: int) -> list[Thread]:
        """Give the user's threads, the one that was active last first."""
        return await self._reader.do(lambda db: _threads(db, user, limit))

    async def messages(self, user: str, thread: str, after: int, limit: int) -> list[Message]:
        """Give a thread's messages in order; see `Conversations.messages`."""
        return await self._reader.do(lambda db: _messages(db, user, thread, after, limit))

    async def latest(self, user: str, thread: str, limit: int) -> list[Message]:
        """Give the last messages of a thread, in order."""
        return await self._reader.do(lambda db: _latest(db, user, thread, limit))

    async def forget(self, user: str, thread: str) -> None:
        """Delete a thread; see `Conversations.forget`."""
        await self._writer.do(lambda db: _forget(db, user, thread))

    async def ask_stop(self, user: str, runs: Collection[str]) -> None:
        """Note that runs of the user are to end."""
        rows = [(run, user) for run in runs]
        await self._writer.do(lambda db: _stop(db, rows))

    async def stops(self, runs: Collection[str]) -> set[str]:
        """Say which of these runs are to end."""
        return await self._reader.do(lambda db: _stops(db, runs))

    async def check(self) -> None:
        """Return when it can be written to."""
        await self._writer.do(_check)

    async def close(self) -> None:
        """Write what waits, and let go of the file."""
        await asyncio.to_thread(self._writer.close)
        await asyncio.to_thread(self._reader.close)


def _ask(db: sqlite3.Connection, question: Question, run: str, now: float) -> Asked:
    known = db.execute(
        "SELECT thread.id, asked.run, answer.number FROM message AS asked"
        " JOIN thread ON thread.number = asked.thread"
        " LEFT JOIN message AS answer ON answer.user = asked.user AND answer.run = asked.run"
        " AND answer.role = 'agent' WHERE asked.user = ? AND asked.request = ?",
        (question.user, question.request),
    ).fetchone()
    if known:
        return Asked(known[0], known[1], new=False, answered=known[2] is not None)
    thread = question.thread or _begin(db, question, now)
    key = _key(db, question.user, thread)
    db.execute("UPDATE thread SET active = ? WHERE number = ?", (now, key))
    db.execute(
        "INSERT INTO message (thread, user, role, run, request, text, state, at)"
        " VALUES (?, ?, 'user', ?, ?, ?, 'asked', ?)",
        (key, question.user, run, question.request, question.text, now),
    )
    return Asked(thread, run, new=True)


def _begin(db: sqlite3.Connection, question: Question, now: float) -> str:
    thread = f"t-{secrets.token_hex(8)}"
    db.execute(
        "INSERT INTO thread (id, user, title, begun, active) VALUES (?, ?, ?, ?, ?)",
        (thread, question.user, title_of(question.text), now, now),
    )
    return thread


def _key(db: sqlite3.Connection, user: str, thread: str) -> int:
    found = db.execute(
        "SELECT number FROM thread WHERE id = ? AND user = ?", (thread, user)
    ).fetchone()
    if found is None:
        raise UnknownThreadError(thread)
    return int(found[0])


def _take_back(db: sqlite3.Connection, user: str, run: str) -> None:
    found = db.execute(
        "DELETE FROM message WHERE user = ? AND run = ? RETURNING thread", (user, run)
    ).fetchall()
    for (key,) in found:
        db.execute(
            "DELETE FROM thread WHERE number = ?"
            " AND NOT EXISTS (SELECT 1 FROM message WHERE thread = ?)",
            (key, key),
        )


def _answer(
    db: sqlite3.Connection, user: str, run: str, text: str, state: State, now: float
) -> None:
    db.execute(
        "INSERT OR IGNORE INTO message (thread, user, role, run, text, state, at)"
        " SELECT thread, user, 'agent', run, ?, ?, ? FROM message"
        " WHERE user = ? AND run = ? AND role = 'user'",
        (text, state, now, user, run),
    )
    db.execute("DELETE FROM stop WHERE run = ? AND user = ?", (run, user))


def _threads(db: sqlite3.Connection, user: str, limit: int) -> list[Thread]:
    found = db.execute(
        "SELECT id, title, begun, active FROM thread WHERE user = ? ORDER BY active DESC LIMIT ?",
        (user, limit),
    )
    return [Thread(*row) for row in found]


def _messages(
    db: sqlite3.Connection, user: str, thread: str, after: int, limit: int
) -> list[Message]:
    found = db.execute(
        f"SELECT {MESSAGE} FROM message WHERE thread = ? AND number > ? ORDER BY number LIMIT ?",  # noqa: S608
        (_key(db, user, thread), after, limit),
    )
    return [Message(*row) for row in found]


def _latest(db: sqlite3.Connection, user: str, thread: str, limit: int) -> list[Message]:
    found = db.execute(
        f"SELECT {MESSAGE} FROM message WHERE thread = ? ORDER BY number DESC LIMIT ?",  # noqa: S608
        (_key(db, user, thread), limit),
    )
    return [Message(*row) for row in found][::-1]


def _forget(db: sqlite3.Connection, user: str, thread: str) -> None:
    key = _key(db, user, thread)
    db.execute("DELETE FROM message WHERE thread = ?", (key,))
    db.execute("DELETE FROM thread WHERE number = ?", (key,))


def _stop(db: sqlite3.Connection, rows: list[tuple[str, str]]) -> None:
    db.executemany("INSERT OR IGNORE INTO stop (run, user) VALUES (?, ?)", rows)


def _stops(db: sqlite3.Connection, runs: Collection[str]) -> set[str]:
    places = ", ".join("?" * len(runs))
    found = db.execute(f"SELECT run FROM stop WHERE run IN ({places})", tuple(runs))  # noqa: S608
    return {run for (run,) in found}


def _check(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM stop WHERE run = ''")
