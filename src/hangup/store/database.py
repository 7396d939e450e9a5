"""The tables of the store, what is written to them, and how they are kept small."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from hangup.incident import Caught, ConnectionSeen, Seen
from hangup.store.cleaned import cleaned

APPLICATION_ID = 0x68616E67  # "hang", so that another program's database is never taken for ours
VERSION = 1
BUSY = 1.0
"""Seconds that a write waits for another process's."""
MOST_ROW = 64 * 1024
"""Bytes of one row; a connection's messages are left out when they would make it larger."""
STEP = 100
"""Rows that one step of pruning deletes at most."""
TABLES = """
CREATE TABLE caught (
  number INTEGER PRIMARY KEY, at REAL NOT NULL, incident TEXT NOT NULL,
  connection TEXT NOT NULL, hangup_id TEXT NOT NULL, trace TEXT NOT NULL, body BLOB NOT NULL);
CREATE INDEX caught_at ON caught (at);
CREATE INDEX caught_incident ON caught (incident, at);
CREATE INDEX caught_hangup_id ON caught (hangup_id) WHERE hangup_id != '';
CREATE INDEX caught_trace ON caught (trace) WHERE trace != '';
CREATE INDEX caught_connection ON caught (connection);
CREATE TABLE connection (
  number INTEGER PRIMARY KEY, at REAL NOT NULL,
  connection TEXT NOT NULL, hangup_id TEXT NOT NULL, trace TEXT NOT NULL, body BLOB NOT NULL);
CREATE INDEX connection_at ON connection (at);
CREATE INDEX connection_hangup_id ON connection (hangup_id) WHERE hangup_id != '';
CREATE INDEX connection_trace ON connection (trace) WHERE trace != '';
CREATE INDEX connection_connection ON connection (connection);
CREATE TABLE tally (name TEXT PRIMARY KEY, count INTEGER NOT NULL);
"""
INSERT = {
    Caught: "INSERT INTO caught (at, incident, connection, hangup_id, trace, body)"
    " VALUES (?, ?, ?, ?, ?, ?)",
    ConnectionSeen: "INSERT INTO connection (at, connection, hangup_id, trace, body)"
    " VALUES (?, ?, ?, ?, ?)",
}
ADD = (
    "INSERT INTO tally (name, count) VALUES (?, ?)"
    " ON CONFLICT (name) DO UPDATE SET count = count + excluded.count"
)


_CREATING = threading.Lock()
Row = tuple[str, tuple[Any, ...]]
"""A statement, and its values."""


class Shape(Struct, frozen=True):
    """What a database of ours holds; SQLite keeps both numbers in the file's header."""

    application_id: int
    version: int
    tables: str
    called: str


INCIDENTS = Shape(APPLICATION_ID, VERSION, TABLES, "a store of hangup")


class NotAStoreError(Exception):
    """The file is a database of another program, or of another version of this one."""


def connect(path: str, shape: Shape = INCIDENTS) -> sqlite3.Connection:
    """Open the store for writing; it is made when it is not there, readable to its owner only.

    Raises:
        NotAStoreError, sqlite3.Error, OSError.
    """
    _create(path)
    database = sqlite3.connect(path, timeout=BUSY, isolation_level=None, check_same_thread=False)
    try:
        _prepare(database, shape)
    except BaseException:
        database.close()
        raise
    return database


def _create(path: str) -> None:
    # Closing a file gives up all locks that this process has on it (POSIX), those of SQLite too:
    # so it is opened here only by who makes it, before anyone can have one.
    with _CREATING, contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _prepare(database: sqlite3.Connection, shape: Shape) -> None:
    empty = number(database, "SELECT count(*) FROM sqlite_master") == 0
    if empty:
        database.execute("PRAGMA auto_vacuum = INCREMENTAL")
    else:
        check(database, shape)
    database.execute("PRAGMA journal_mode = WAL")
    # In WAL mode a crash of the process loses nothing that was committed, and one of the machine
    # the last commits but never the file.
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute("PRAGMA journal_size_limit = 4194304")
    if empty:
        _make(database, shape)


def _make(database: sqlite3.Connection, shape: Shape) -> None:
    database.execute("BEGIN IMMEDIATE")  # two workers may both find it empty
    try:
        if number(database, "SELECT count(*) FROM sqlite_master") == 0:
            for statement in shape.tables.split(";"):
                database.execute(statement)
            database.execute(f"PRAGMA application_id = {shape.application_id}")
            database.execute(f"PRAGMA user_version = {shape.version}")
        database.execute("COMMIT")
    except BaseException:
        roll_back(database)
        raise


def check(database: sqlite3.Connection, shape: Shape = INCIDENTS) -> None:
    """Refuse what is not of this shape and version.

    Raises:
        NotAStoreError, sqlite3.Error.
    """
    if number(database, "PRAGMA application_id") != shape.application_id:
        raise NotAStoreError(f"it is not {shape.called}")
    if number(database, "PRAGMA user_version") != shape.version:
        raise NotAStoreError("it was written by another version of hangup")


def number(database: sqlite3.Connection, query: str) -> int:
    """Give the one number that a query asks for."""
    (found,) = database.execute(query).fetchone()
    return int(found)


def roll_back(database: sqlite3.Connection) -> None:
    """Give up a transaction, when there is one."""
    if database.in_transaction:
        database.execute("ROLLBACK")


def insert(database: sqlite3.Connection, rows: Iterable[Row], dropped: int) -> None:
    """Write rows, and the number of those that were dropped, in one transaction."""
    database.execute("BEGIN IMMEDIATE")
    try:
        for statement, values in rows:
            database.execute(statement, values)
        if dropped:
            database.execute(ADD, ("dropped", dropped))
        database.execute("COMMIT")
    except BaseException:
        roll_back(database)
        raise


def row_of(seen: Seen) -> Row:
    """Give the statement and the values that write an item, without its credentials."""
    item = cleaned(seen)
    trace = item.traceparent[3:35]
    shared = (item.connection, item.hangup_id, trace, _encoded(item))
    first = (item.at, item.id) if isinstance(item, Caught) else (item.at,)
    return INSERT[type(item)], (*first, *shared)


def _encoded(item: Seen) -> bytes:
    body = msgspec.json.encode(item)
    if len(body) > MOST_ROW and isinstance(item, ConnectionSeen):
        body = msgspec.json.encode(msgspec.structs.replace(item, messages=()))
    return body


def prune(database: sqlite3.Connection, *, before: float, most_bytes: int) -> int:
    """Delete one step of the oldest rows when there are too old ones or too many bytes.

    `before` is in seconds since the epoch. What there is more of, which are connections that
    were well, goes first. Gives the
    number of rows that went; the space of deleted rows is given back in steps as well.
    """
    database.execute("BEGIN IMMEDIATE")
    try:
        gone = _delete_old(database, before)
        if used_bytes(database) > most_bytes:
            gone += _delete_oldest(database)
        if gone:
            database.execute(ADD, ("pruned", gone))
        database.execute("COMMIT")
    except BaseException:
        roll_back(database)
        raise
    if gone:
        database.execute(f"PRAGMA incremental_vacuum({STEP})").fetchall()
    return gone


def used_bytes(database: sqlite3.Connection) -> int:
    """Give the bytes of the pages that hold something."""
    pages = number(database, "PRAGMA page_count") - number(database, "PRAGMA freelist_count")
    return pages * number(database, "PRAGMA page_size")


def _delete_old(database: sqlite3.Connection, before: float) -> int:
    return sum(_delete(database, table, "at < ?", before) for table in ("connection", "caught"))


def _delete_oldest(database: sqlite3.Connection) -> int:
    """Delete from the table that has more rows: connections that were well go first so."""
    rows = {
        table: number(database, f"SELECT count(*) FROM {table}")  # noqa: S608
        for table in ("connection", "caught")
    }
    return _delete(database, max(rows, key=lambda table: rows[table]), "?")


def _delete(database: sqlite3.Connection, table: str, which: str, value: float = 1) -> int:
    chosen = f"SELECT number FROM {table} WHERE {which} ORDER BY at LIMIT {STEP}"  # noqa: S608
    return database.execute(f"DELETE FROM {table} WHERE number IN ({chosen})", (value,)).rowcount  # noqa: S608
