"""The tables of the log in SQLite, and what is asked of them; each function is one job."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable
from typing import Any, NamedTuple

from hangup.bridge.log import (
    Entry,
    EpochChangedError,
    MissingStepError,
    OpenRun,
    Position,
    Retention,
    RunExistsError,
    RunKey,
    RunOverError,
    TooManyRunsError,
)
from hangup.store.database import Shape, number

TABLES = """
CREATE TABLE user (
  number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, epoch TEXT NOT NULL,
  first INTEGER NOT NULL, last INTEGER NOT NULL, acked INTEGER NOT NULL, active REAL NOT NULL);
CREATE TABLE run (
  number INTEGER PRIMARY KEY, user INTEGER NOT NULL, name TEXT NOT NULL, owner TEXT NOT NULL,
  until REAL NOT NULL, step INTEGER NOT NULL, seq INTEGER NOT NULL, ended INTEGER NOT NULL);
CREATE UNIQUE INDEX run_name ON run (user, name);
CREATE INDEX run_open ON run (owner) WHERE ended = 0;
CREATE TABLE event (
  number INTEGER PRIMARY KEY AUTOINCREMENT, user INTEGER NOT NULL, seq INTEGER NOT NULL,
  run TEXT NOT NULL, step INTEGER NOT NULL, at REAL NOT NULL, body BLOB NOT NULL);
CREATE UNIQUE INDEX event_seq ON event (user, seq)
"""
SHAPE = Shape(0x68616E65, 1, TABLES, "a log of events of hangup")
ROWS = 32
"""Events that one statement writes at most."""
AT_ONCE = 50
"""Users of whom one step of pruning forgets something."""
EVENTS_AT_ONCE = 5_000
"""Events of one user that one step of pruning deletes at most."""


class Seen(NamedTuple):
    """What was there at the last look: the database's version, and the last event's number."""

    version: int
    event: int


class New(NamedTuple):
    """Events of one run that are to be written, from number `step` on."""

    user: str
    run: str
    owner: str
    step: int
    bodies: tuple[bytes, ...]
    at: float
    ends: bool


NOTHING_SEEN = Seen(-1, -1)


def begin_log(db: sqlite3.Connection, user: str, now: float) -> Position:
    """Give the position of a user, whose log begins when there is none."""
    db.execute(
        "INSERT INTO user (name, epoch, first, last, acked, active) VALUES (?, ?, 1, 0, 0, ?)"
        " ON CONFLICT (name) DO NOTHING",
        (user, secrets.token_hex(8), now),
    )
    found = position(db, user)
    assert found is not None
    return found


def position(db: sqlite3.Connection, user: str) -> Position | None:
    """Give the position of a user; None when there is no log."""
    found = _one(db, "SELECT epoch, first, last, acked FROM user WHERE name = ?", user)
    return Position(*found) if found else None


def begin(
    db: sqlite3.Connection,
    user: str,
    run: str,
    owner: str,
    now: float,
    until: float,
    most: int,
) -> None:
    """Open a run."""
    begin_log(db, user, now)
    (key,) = _one(db, "SELECT number FROM user WHERE name = ?", user)
    known = _one(db, "SELECT number, owner, step FROM run WHERE user = ? AND name = ?", key, run)
    if known is not None:
        if known[1:] != (owner, 0):
            raise RunExistsError(f"run {run} is there already")
        db.execute("UPDATE run SET until = ? WHERE number = ?", (until, known[0]))
        return
    if len(open_runs(db, user)) >= most:
        raise TooManyRunsError(f"{most} runs are open, and more are not allowed")
    db.execute("UPDATE user SET active = max(active, ?) WHERE number = ?", (now, key))
    db.execute(
        "INSERT INTO run (user, name, owner, until, step, seq, ended) VALUES (?, ?, ?, ?, 0, 0, 0)",
        (key, run, owner, until),
    )


def append(db: sqlite3.Connection, new: New) -> int:
    """Write events, and give the `seq` of the last."""
    found = _one(
        db,
        "SELECT run.number, run.owner, run.step, run.seq, run.ended, user.number, user.last"
        " FROM user JOIN run ON run.user = user.number WHERE user.name = ? AND run.name = ?",
        new.user,
        new.run,
    )
    if found is None:
        raise RunOverError(new.run, "is not known")
    run, owned_by, step, seq, ended, key, before = found
    last_step = new.step + len(new.bodies) - 1
    if owned_by != new.owner:
        raise RunOverError(new.run, "belongs to another owner")
    if step == last_step and step:
        return int(seq)
    if ended:
        raise RunOverError(new.run, "has ended")
    if step + 1 != new.step:
        raise MissingStepError(new.run, step, new.step)
    last = before + len(new.bodies)
    db.execute(
        "UPDATE run SET step = ?, seq = ?, ended = ? WHERE number = ?",
        (last_step, last, new.ends, run),
    )
    db.execute(
        "UPDATE user SET last = ?, active = max(active, ?) WHERE number = ?", (last, new.at, key)
    )
    for at in range(0, len(new.bodies), ROWS):
        _insert(db, key, before + at, new, at)
    return int(last)


def _insert(db: sqlite3.Connection, key: int, before: int, new: New, at: int) -> None:
    # One statement for several rows takes a third less than one for each.
    values: list[Any] = []
    for more, body in enumerate(new.bodies[at : at + ROWS]):
        values += (key, before + more + 1, new.run, new.step + at + more, new.at, body)
    rows = ",".join(["(?, ?, ?, ?, ?, ?)"] * (len(values) // 6))
    db.execute(f"INSERT INTO event (user, seq, run, step, at, body) VALUES {rows}", values)  # noqa: S608


def read(db: sqlite3.Connection, user: str, after: int, limit: int, epoch: str) -> list[Entry]:
    """Give entries in order."""
    if epoch and not _one(db, "SELECT 1 FROM user WHERE name = ? AND epoch = ?", user, epoch):
        raise EpochChangedError
    found = db.execute(
        "SELECT seq, run, step, at, body FROM event"
        " WHERE user = (SELECT number FROM user WHERE name = ?) AND seq > ? ORDER BY seq LIMIT ?",
        (user, after, limit),
    )
    return [Entry(*row) for row in found]


def open_runs(db: sqlite3.Connection, user: str) -> tuple[str, ...]:
    """Give the runs that have not ended, in the order in which they began."""
    found = db.execute(
        "SELECT run.name FROM run JOIN user ON user.number = run.user"
        " WHERE user.name = ? AND ended = 0 ORDER BY run.number",
        (user,),
    )
    return tuple(name for (name,) in found)


def acknowledge(db: sqlite3.Connection, user: str, seq: int) -> None:
    """Note how far a client has come."""
    db.execute(
        "UPDATE user SET acked = ? WHERE name = ? AND acked < ? AND last >= ?",
        (seq, user, seq, seq),
    )


def renew(db: sqlite3.Connection, owner: str, runs: Iterable[RunKey], until: float) -> None:
    """Let the leases of some runs of an owner end at another time."""
    db.executemany(
        "UPDATE run SET until = ? WHERE owner = ? AND ended = 0 AND name = ?"
        " AND user = (SELECT number FROM user WHERE name = ?)",
        [(until, owner, run, user) for user, run in runs],
    )


def release(db: sqlite3.Connection, owner: str, now: float) -> None:
    """Let the leases of an owner end now."""
    db.execute("UPDATE run SET until = ? WHERE owner = ? AND ended = 0", (now, owner))


def orphans(db: sqlite3.Connection, now: float, limit: int) -> list[OpenRun]:
    """Give open runs whose lease has run out."""
    found = db.execute(
        "SELECT user.name, run.name, run.step FROM run JOIN user ON user.number = run.user"
        " WHERE ended = 0 AND until <= ? ORDER BY run.number LIMIT ?",
        (now, limit),
    )
    return [OpenRun(*row) for row in found]


def take(
    db: sqlite3.Connection, user: str, run: str, owner: str, now: float, until: float
) -> OpenRun | None:
    """Take over a run whose lease has run out; None when there is no such one."""
    found = _one(
        db,
        "UPDATE run SET owner = ?, until = ? WHERE name = ? AND ended = 0 AND until <= ?"
        " AND user = (SELECT number FROM user WHERE name = ?) RETURNING step",
        owner,
        until,
        run,
        now,
        user,
    )
    return OpenRun(user, run, found[0]) if found else None


def prune(db: sqlite3.Connection, retention: Retention, now: float) -> tuple[int, bool]:
    """Forget something; give how many events went, and whether there is more to forget."""
    before = now - retention.age
    found = db.execute(
        "SELECT user.number, first, last FROM user JOIN event"
        " ON event.user = user.number AND event.seq = user.first"
        " WHERE event.at < ? OR last - first >= ? LIMIT ?",
        (before, retention.events, AT_ONCE),
    ).fetchall()
    gone = sum(_shorten(db, key, first, last, retention, before) for key, first, last in found)
    forgotten = db.execute(
        "DELETE FROM user WHERE first > last AND active < ?"
        " AND NOT EXISTS (SELECT 1 FROM run WHERE run.user = user.number)",
        (before,),
    ).rowcount
    return gone, bool(gone or forgotten)


def _shorten(
    db: sqlite3.Connection, key: int, first: int, last: int, retention: Retention, before: float
) -> int:
    least = max(first, last - retention.events + 1)
    (kept,) = db.execute(
        "SELECT min(seq) FROM event WHERE user = ? AND seq >= ? AND at >= ?", (key, least, before)
    ).fetchone()
    kept = min(last + 1 if kept is None else kept, first + EVENTS_AT_ONCE)
    db.execute("DELETE FROM event WHERE user = ? AND seq < ?", (key, kept))
    db.execute("UPDATE user SET first = ? WHERE number = ?", (kept, key))
    db.execute("DELETE FROM run WHERE user = ? AND ended = 1 AND seq < ?", (key, kept))
    return int(kept - first)


def grown(db: sqlite3.Connection, seen: Seen) -> tuple[Seen, list[tuple[str, int, str]]]:
    """Give the users who have events not seen, each with its last number and its epoch."""
    version = number(db, "PRAGMA data_version")  # changes when another connection has committed
    if version == seen.version:
        return seen, []
    newest = number(db, "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'event'")
    found = db.execute(
        "SELECT DISTINCT user.name, user.last, user.epoch"
        " FROM event JOIN user ON user.number = event.user WHERE event.number > ?",
        (seen.event,),
    )
    return Seen(version, newest), found.fetchall()


def _one(db: sqlite3.Connection, query: str, *values: Any) -> Any:
    return db.execute(query, values).fetchone()
