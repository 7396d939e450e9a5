"""The history of watched endpoints: each look, each change, and what is remembered of each URL."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

from msgspec import Struct

from hangup.store.database import Shape, connect, number, roll_back, used_bytes
from hangup.store.once import open_once, usual_file, write_once

WATCHES = Shape(
    0x68616E77,  # "hanw"
    1,
    """
CREATE TABLE memory (url TEXT PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE look (
  number INTEGER PRIMARY KEY, at REAL NOT NULL, url TEXT NOT NULL, verdict TEXT NOT NULL,
  layer TEXT, cause TEXT, confidence REAL NOT NULL, summary TEXT NOT NULL,
  elapsed_s REAL NOT NULL, connections INTEGER NOT NULL,
  server TEXT, build TEXT, certificate_end REAL, diagnosis BLOB NOT NULL);
CREATE INDEX look_url ON look (url, number);
CREATE TABLE change (
  number INTEGER PRIMARY KEY, at REAL NOT NULL, url TEXT NOT NULL, body BLOB NOT NULL);
CREATE INDEX change_url ON change (url, number)
""",
    "a history of hangup watch",
)
USUAL_BYTES = 64 * 1024 * 1024
USUAL_LOOKS = 10_000
MOST_CHANGES = 10_000
"""Changes that are kept of each URL, which outlive their looks."""
STEP = 100
"""Rows that one step of pruning deletes at most."""
MOST_STEPS = 20
"""Steps after one look; what is then still too much goes after the next."""


class KeptLook(Struct, frozen=True, kw_only=True):
    """One look as it is kept; `diagnosis` is its caller's, all times are as in the look."""

    at: float
    url: str
    verdict: str
    layer: str | None
    cause: str | None
    confidence: float
    summary: str
    elapsed_s: float
    connections: int
    server: str | None
    build: str | None
    certificate_end: float | None
    diagnosis: bytes


class Glance(Struct, frozen=True):
    """A look by its number, without the document that came of it."""

    number: int
    look: KeptLook


class Keep(Struct, frozen=True):
    """How much of a history is kept: bytes in all, and looks of each URL."""

    most_bytes: int = USUAL_BYTES
    looks: int = USUAL_LOOKS


USUAL = Keep()
NAMES = ", ".join(KeptLook.__struct_fields__[:-1])
"""What is told of a look, but for its document."""


def usual_path(environ: Mapping[str, str] = os.environ) -> str:
    """Give the file in the user's state directory.

    Raises:
        UsageError: nothing tells where that is.
    """
    return usual_file("watch.sqlite", "a history", environ)


def remembered(path: str, urls: Sequence[str]) -> dict[str, bytes]:
    """Make the history where there is none, and give what is remembered of some URLs.

    Raises:
        UsageError: it cannot be written.
    """

    def read(database: sqlite3.Connection) -> dict[str, bytes]:
        # That it can be written is found now, and not after the first look.
        database.execute("DELETE FROM memory WHERE url IS NULL")
        rows = database.execute("SELECT url, body FROM memory").fetchall()
        return {url: body for url, body in rows if url in urls}

    return write_once(path, WATCHES, read)


def keep_look(
    path: str, look: KeptLook, memory: bytes, changes: Sequence[bytes], keep: Keep = USUAL
) -> None:
    """Write a look with its changes and what is remembered now, and delete what is too much.

    Raises:
        UsageError: it cannot be written; then nothing of it is.
    """

    def write(database: sqlite3.Connection) -> None:
        names = KeptLook.__struct_fields__
        marks = ", ".join("?" * len(names))
        values = [getattr(look, name) for name in names]
        database.execute(f"INSERT INTO look ({', '.join(names)}) VALUES ({marks})", values)  # noqa: S608
        change = "INSERT INTO change (at, url, body) VALUES (?, ?, ?)"
        database.executemany(change, [(look.at, look.url, body) for body in changes])
        database.execute(
            "INSERT INTO memory (url, body) VALUES (?, ?)"
            " ON CONFLICT (url) DO UPDATE SET body = excluded.body",
            (look.url, memory),
        )

    write_once(path, WATCHES, write)
    prune(path, look.url, keep)


def prune(path: str, url: str, keep: Keep) -> int:
    """Delete the oldest looks in steps, and changes where no look is left; give how many went.

    What cannot be deleted now is after the next look.
    """
    gone = 0
    try:
        with closing(connect(path, WATCHES)) as database:
            for _ in range(MOST_STEPS):
                step = _step(database, url, keep)
                gone += step
                if not step:
                    break
                database.execute(f"PRAGMA incremental_vacuum({STEP})").fetchall()
    except (OSError, sqlite3.Error):
        return gone
    return gone


def _step(database: sqlite3.Connection, url: str, keep: Keep) -> int:
    database.execute("BEGIN IMMEDIATE")
    try:
        gone = _beyond(database, "look", url, keep.looks)
        gone += _beyond(database, "change", url, MOST_CHANGES)
        if used_bytes(database) > keep.most_bytes:
            gone += _oldest(database, "look") or _oldest(database, "change")
        database.execute("COMMIT")
    except BaseException:
        roll_back(database)
        raise
    return gone


def _beyond(database: sqlite3.Connection, table: str, url: str, most: int) -> int:
    last = f"SELECT number FROM {table} WHERE url = ? ORDER BY number DESC LIMIT 1 OFFSET ?"  # noqa: S608
    found = database.execute(last, (url, most)).fetchone()
    if not found:
        return 0
    chosen = (
        f"SELECT number FROM {table} WHERE url = ? AND number <= ? ORDER BY number LIMIT {STEP}"  # noqa: S608
    )
    delete = f"DELETE FROM {table} WHERE number IN ({chosen})"  # noqa: S608
    return database.execute(delete, (url, *found)).rowcount


def _oldest(database: sqlite3.Connection, table: str) -> int:
    """Delete the oldest, but for the last one there is."""
    most = min(STEP, number(database, f"SELECT count(*) FROM {table}") - 1)  # noqa: S608
    chosen = f"SELECT number FROM {table} ORDER BY number LIMIT {max(most, 0)}"  # noqa: S608
    return database.execute(f"DELETE FROM {table} WHERE number IN ({chosen})").rowcount  # noqa: S608


@contextmanager
def opened(path: str) -> Iterator[History]:
    """Open a history for reading; nothing is written or created.

    Raises:
        UsageError: there is no such file, or it holds no history.
    """
    with open_once(path, WATCHES, "history") as database:
        yield History(database)


class History:
    """What is kept, open for reading."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def urls(self) -> tuple[str, ...]:
        """Give every URL of which something is kept, in the order of the alphabet."""
        rows = self._database.execute("SELECT url FROM memory ORDER BY url")
        return tuple(url for (url,) in rows)

    def memory(self, url: str) -> bytes | None:
        """Give what is remembered of a URL."""
        query = "SELECT body FROM memory WHERE url = ?"
        row = self._database.execute(query, (url,)).fetchone()
        return row[0] if row else None

    def looks(self, url: str, most: int) -> tuple[KeptLook, ...]:
        """Give the last looks at a URL, the latest first."""
        query = f"SELECT {NAMES}, diagnosis FROM look WHERE url = ? ORDER BY number DESC LIMIT ?"  # noqa: S608
        return tuple(map(_kept, self._database.execute(query, (url, most))))

    def glances(self, url: str, most: int, before: int | None = None) -> tuple[Glance, ...]:
        """Give looks at a URL, those with a number below `before` where it is given."""
        end = before if before is not None else 1 << 62
        query = f"SELECT number, {NAMES}, x'' FROM look WHERE url = ? AND number < ?"  # noqa: S608
        rows = self._database.execute(f"{query} ORDER BY number DESC LIMIT ?", (url, end, most))
        return tuple(Glance(row[0], _kept(row[1:])) for row in rows)

    def look(self, number: int) -> KeptLook | None:
        """Give one look."""
        query = f"SELECT {NAMES}, diagnosis FROM look WHERE number = ?"  # noqa: S608
        row = self._database.execute(query, (number,)).fetchone()
        return _kept(row) if row else None

    def changes(self, url: str, most: int) -> tuple[bytes, ...]:
        """Give the last changes of a URL, the latest first."""
        query = "SELECT body FROM change WHERE url = ? ORDER BY number DESC LIMIT ?"
        return tuple(body for (body,) in self._database.execute(query, (url, most)))


def _kept(row: tuple[Any, ...]) -> KeptLook:
    return KeptLook(**dict(zip(KeptLook.__struct_fields__, row, strict=True)))
