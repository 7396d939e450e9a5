"""Reads a store while it may be written to: what was caught, and on which connections."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import msgspec

from hangup.errors import UsageError
from hangup.incident import Caught, ConnectionSeen
from hangup.store.database import BUSY, NotAStoreError, check

T = TypeVar("T", Caught, ConnectionSeen)
MOST_ASKED = 500
"""Values that one query is given; SQLite's own limit is 999 in old releases."""


def open_stored(path: str) -> Stored:
    """Open a store for reading; nothing is written or created.

    Raises:
        UsageError: there is no such file, or it is no store.
    """
    if not Path(path).is_file():
        what = "it is a folder" if Path(path).is_dir() else "there is no such file"
        raise UsageError(f"the store {path!r} cannot be read: {what}")
    problem = ""
    for mode in ("mode=ro", "immutable=1"):  # the second where the folder cannot be written to
        try:
            return Stored(_opened(path, mode), path)
        except NotAStoreError as exc:
            raise UsageError(f"{path!r} cannot be read: {exc}") from None
        except sqlite3.Error as exc:
            problem = problem or str(exc)
    raise UsageError(f"the store {path!r} cannot be read: {problem}")


def _opened(path: str, mode: str) -> sqlite3.Connection:
    address = f"file:{quote(str(Path(path).absolute()))}?{mode}"
    database = sqlite3.connect(address, timeout=BUSY, isolation_level=None, uri=True)
    try:
        check(database)
    except BaseException:
        database.close()
        raise
    return database


class Stored:
    """An open store; its methods see what was committed by the time that they are called."""

    def __init__(self, database: sqlite3.Connection, path: str) -> None:
        self._database, self.path = database, path

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def caught(self, *, since: float = 0.0, incident: str = "") -> list[Caught]:
        """Give what was caught, the earliest first.

        `since` is in seconds since the epoch; `incident` is an id or the beginning of one.
        """
        query = "SELECT body FROM caught WHERE at >= ? AND incident GLOB ? ORDER BY at, number"
        return self._read(Caught, query, (since, f"{_literal(incident)}*"))

    def connections(self, *, since: float = 0.0, most: int = 1000) -> list[ConnectionSeen]:
        """Give the latest connections, the earliest of them first."""
        query = "SELECT body FROM connection WHERE at >= ? ORDER BY at DESC, number DESC LIMIT ?"
        return self._read(ConnectionSeen, query, (since, most))[::-1]

    def connection(self, id: str) -> ConnectionSeen | None:
        """Give the latest connection of an id that the recorder gave it."""
        query = "SELECT body FROM connection WHERE connection = ? ORDER BY at DESC LIMIT 1"
        return next(iter(self._read(ConnectionSeen, query, (id,))), None)

    def caught_on(self, hangup_ids: Iterable[str]) -> list[Caught]:
        """Give what was caught on connections of the probe, found by their ids."""
        return self._by("caught", Caught, "hangup_id", hangup_ids)

    def connections_of(self, hangup_ids: Iterable[str]) -> list[ConnectionSeen]:
        """Give the connections of the probe, found by their ids."""
        return self._by("connection", ConnectionSeen, "hangup_id", hangup_ids)

    def connections_in(self, traces: Iterable[str]) -> list[ConnectionSeen]:
        """Give the connections of W3C trace ids (32 hexadecimal digits)."""
        return self._by("connection", ConnectionSeen, "trace", traces)

    def caught_in(self, traces: Iterable[str]) -> list[Caught]:
        """Give what was caught on connections of W3C trace ids."""
        return self._by("caught", Caught, "trace", traces)

    def tally(self, name: str) -> int:
        """Give a count: of items `dropped` before they were written, of rows `pruned`."""
        found = self._database.execute("SELECT count FROM tally WHERE name = ?", (name,)).fetchone()
        return int(found[0]) if found else 0

    def _by(self, table: str, kind: type[T], column: str, values: Iterable[str]) -> list[T]:
        wanted = [value for value in dict.fromkeys(values) if value]
        found: list[T] = []
        for start in range(0, len(wanted), MOST_ASKED):
            some = wanted[start : start + MOST_ASKED]
            marks = ", ".join("?" * len(some))
            query = f"SELECT body FROM {table} WHERE {column} IN ({marks}) ORDER BY at, number"  # noqa: S608
            found += self._read(kind, query, some)
        return found

    def _read(self, kind: type[T], query: str, values: Sequence[Any]) -> list[T]:
        try:
            rows = self._database.execute(query, values).fetchall()
            decoder = msgspec.json.Decoder(kind)
            return [decoder.decode(body) for (body,) in rows]
        except (sqlite3.Error, msgspec.MsgspecError) as exc:
            raise UsageError(f"the store {self.path!r} cannot be read: {exc}") from None


def _literal(text: str) -> str:
    return "".join(f"[{char}]" if char in "*?[" else char for char in text)
