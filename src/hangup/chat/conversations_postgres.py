"""Threads in PostgreSQL, which processes of any number of hosts may share."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from typing import Any

from hangup.chat.conversations import (
    Asked,
    Message,
    Question,
    State,
    Thread,
    UnknownThreadError,
    title_of,
)
from hangup.chat.postgres_connections import PostgresConnections, escaped

VERSIONS = (
    """
CREATE TABLE thread (
  id text PRIMARY KEY, username text NOT NULL, title text NOT NULL,
  begun double precision NOT NULL, active double precision NOT NULL);
CREATE INDEX thread_user ON thread (username, active);
CREATE TABLE message (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  thread text NOT NULL REFERENCES thread ON DELETE CASCADE, username text NOT NULL,
  role text NOT NULL, run text NOT NULL, request text, text text NOT NULL, state text NOT NULL,
  at double precision NOT NULL);
CREATE INDEX message_thread ON message (thread, number);
CREATE UNIQUE INDEX message_request ON message (username, request);
CREATE UNIQUE INDEX message_run ON message (username, run, role);
CREATE TABLE stop (run text NOT NULL, username text NOT NULL, PRIMARY KEY (run, username));
""",
)
MESSAGE = "number, role, run, text, state, at"


class PostgresConversations:
    """Keeps threads in PostgreSQL 13 or later; see `Conversations`.

    What is decided for one user is decided in turn, by whichever process: a number that is
    visible never has a lower one appear behind it. While the server is away a call is tried again
    until its deadline, and is unavailable then.

    Args:
        url: as of libpq, `postgresql://[user[:password]@]host[:port]/database[?sslmode=...]`.
        schema: the schema in which the tables are; it is made when it is not there.
        deadline: seconds within which every call ends.

    Raises:
        ValueError: the URL is none of PostgreSQL.
    """

    def __init__(self, url: str, *, schema: str = "hangup_chat", deadline: float = 5.0) -> None:
        self._kept = PostgresConnections(url, schema, VERSIONS, deadline)

    async def ask(self, question: Question, run: str, now: float) -> Asked:
        """Keep a question; see `Conversations.ask`."""
        return await self._kept.write(lambda db: _ask(db, question, run, now), question.user)

    async def take_back(self, user: str, run: str) -> None:
        """Forget a question whose run could not begin."""
        await self._kept.write(lambda db: _take_back(db, user, run), user)

    async def answer(self, user: str, run: str, text: str, state: State, now: float) -> None:
        """Keep what a run has answered; the first time counts."""
        await self._kept.write(lambda db: _answer(db, user, run, text, state, now), user)

    async def threads(self, user: str, limit: int) -> list[Thread]:
        """Give the user's threads, the one that was active last first."""
        return await self._kept.read(lambda db: _threads(db, user, limit))

    async def messages(self, user: str, thread: str, after: int, limit: int) -> list[Message]:
        """Give a thread's messages in order; see `Conversations.messages`."""
        return await self._kept.read(lambda db: _messages(db, user, thread, after, limit))

    async def latest(self, user: str, thread: str, limit: int) -> list[Message]:
        """Give the last messages of a thread in order; see `Conversations.latest`."""
        return await self._kept.read(lambda db: _latest(db, user, thread, limit))

    async def forget(self, user: str, thread: str) -> None:
        """Delete a thread; see `Conversations.forget`."""
        await self._kept.write(lambda db: _forget(db, user, thread), user)

    async def ask_stop(self, user: str, runs: Collection[str]) -> None:
        """Note that runs of the user are to end."""
        await self._kept.write(lambda db: _stop(db, user, runs), user)

    async def stops(self, runs: Collection[str]) -> set[str]:
        """Say which of these runs are to end."""
        return await self._kept.read(lambda db: _stops(db, runs))

    async def check(self) -> None:
        """Return when it can be written to."""
        await self._kept.once(_check)

    async def close(self) -> None:
        """Do what waits, and let go of all connections."""
        await self._kept.close()


async def _ask(db: Any, question: Question, run: str, now: float) -> Asked:
    known = await db.fetchrow(
        "SELECT asked.thread, asked.run, answer.number FROM message AS asked"
        " LEFT JOIN message AS answer ON answer.username = asked.username"
        " AND answer.run = asked.run AND answer.role = 'agent'"
        " WHERE asked.username = $1 AND asked.request = $2",
        question.user,
        question.request,
    )
    if known:
        # With this very run it was kept by an attempt that could not be told so.
        return Asked(known[0], known[1], new=known[1] == run, answered=known[2] is not None)
    thread = question.thread or await _begin(db, question, now)
    active = "UPDATE thread SET active = $3 WHERE id = $1 AND username = $2 RETURNING id"
    if await db.fetchval(active, thread, question.user, now) is None:
        raise UnknownThreadError(thread)
    await db.execute(
        "INSERT INTO message (thread, username, role, run, request, text, state, at)"
        " VALUES ($1, $2, 'user', $3, $4, $5, 'asked', $6)",
        *(thread, question.user, run, question.request, question.text, now),
    )
    return Asked(thread, run, new=True)


async def _begin(db: Any, question: Question, now: float) -> str:
    thread = f"t-{secrets.token_hex(8)}"
    await db.execute(
        "INSERT INTO thread (id, username, title, begun, active) VALUES ($1, $2, $3, $4, $4)",
        *(thread, question.user, title_of(question.text), now),
    )
    return thread


async def _take_back(db: Any, user: str, run: str) -> None:
    taken = "DELETE FROM message WHERE username = $1 AND run = $2 RETURNING thread"
    for (thread,) in await db.fetch(taken, user, run):
        await db.execute(
            "DELETE FROM thread WHERE id = $1"
            " AND NOT EXISTS (SELECT 1 FROM message WHERE thread = $1)",
            thread,
        )


async def _answer(db: Any, user: str, run: str, text: str, state: State, now: float) -> None:
    await db.execute(
        "INSERT INTO message (thread, username, role, run, text, state, at)"
        " SELECT thread, username, 'agent', run, $3, $4, $5 FROM message"
        " WHERE username = $1 AND run = $2 AND role = 'user' ON CONFLICT DO NOTHING",
        *(user, run, text, state, now),
    )
    await db.execute("DELETE FROM stop WHERE username = $1 AND run = $2", user, run)


async def _threads(db: Any, user: str, limit: int) -> list[Thread]:
    found = await db.fetch(
        "SELECT id, title, begun, active FROM thread WHERE username = $1"
        " ORDER BY active DESC LIMIT $2",
        user,
        limit,
    )
    return [Thread(*row) for row in found]


async def _messages(db: Any, user: str, thread: str, after: int, limit: int) -> list[Message]:
    await _known(db, user, thread)
    found = await db.fetch(
        f"SELECT {MESSAGE} FROM message WHERE thread = $1 AND number > $2"  # noqa: S608
        " ORDER BY number LIMIT $3",
        *(thread, after, limit),
    )
    return [Message(*row) for row in found]


async def _latest(db: Any, user: str, thread: str, limit: int) -> list[Message]:
    await _known(db, user, thread)
    found = await db.fetch(
        f"SELECT {MESSAGE} FROM message WHERE thread = $1 ORDER BY number DESC LIMIT $2",  # noqa: S608
        thread,
        limit,
    )
    return [Message(*row) for row in found][::-1]


async def _known(db: Any, user: str, thread: str) -> None:
    found = "SELECT id FROM thread WHERE id = $1 AND username = $2"
    if await db.fetchval(found, thread, user) is None:
        raise UnknownThreadError(thread)


async def _forget(db: Any, user: str, thread: str) -> None:
    gone = "DELETE FROM thread WHERE id = $1 AND username = $2 RETURNING id"
    if await db.fetchval(gone, thread, user) is None:
        raise UnknownThreadError(thread)


async def _stop(db: Any, user: str, runs: Collection[str]) -> None:
    await db.execute(
        "INSERT INTO stop (run, username) SELECT unnest($1::text[]), $2 ON CONFLICT DO NOTHING",
        [escaped(run) for run in runs],
        user,
    )


async def _stops(db: Any, runs: Collection[str]) -> set[str]:
    names = [escaped(run) for run in runs]
    found = await db.fetch("SELECT run FROM stop WHERE run = ANY($1::text[])", names)
    return {run for (run,) in found}


async def _check(db: Any) -> None:
    await db.execute("DELETE FROM stop WHERE run = ''")
