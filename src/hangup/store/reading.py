"""Reads a store while it may be written to: what was caught, and on which connections."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import msgspec
from msgspec import Struct

from hangup.errors import UsageError
from hangup.incident import Caught, ConnectionSeen
from hangup.store.database import BUSY, NotAStoreError, check

T = TypeVar("T", Caught, ConnectionSeen)
MOST_ASKED = 500
"""Values that one query is given; SQLite's own limit is 999 in old releases."""
LAST = 0.001
"""Seconds by which the last of several spans is longer, so that the last moment lies in it."""
# Each of these is answered from the index on (incident, at), without a look at any row.
TALLIES = """
SELECT incident, times,
  (SELECT min(at) FROM caught WHERE incident = met.incident),
  (SELECT max(at) FROM caught WHERE incident = met.incident)
FROM (SELECT incident, count(*) AS times FROM caught GROUP BY incident) AS met
"""
SPANS = """
WITH RECURSIVE span (place) AS (SELECT 0 UNION ALL SELECT place + 1 FROM span WHERE place < ?4 - 1)
SELECT (SELECT count(*) FROM caught
  WHERE incident = ?1 AND at >= ?2 + place * ?3 AND at < ?2 + (place + 1) * ?3) FROM span
"""


class Tally(Struct, frozen=True):
    """How often an incident is in a store; times are in seconds since the epoch."""

    id: str
    count: int
    first_seen: float
    last_seen: float


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

    def hold(self) -> None:
        """See from now on what is committed by now, whatever is written meanwhile."""
        self._rows("BEGIN", ())

    def caught(self, *, since: float = 0.0, incident: str = "") -> list[Caught]:
        """Give what was caught, the earliest first.

        `since` is in seconds since the epoch; `incident` is an id or the beginning of one.
        """
        query = "SELECT body FROM caught WHERE at >= ? AND incident GLOB ? ORDER BY at, number"
        return self._read(Caught, query, (since, f"{_literal(incident)}*"))

    def tallies(self) -> list[Tally]:
        """Count each incident, without reading what was caught."""
        return [Tally(*row) for row in self._rows(TALLIES, ())]

    def over_time(self, incident: str, begin: float, end: float, spans: int) -> list[int]:
        """Count an incident in each of several spans of a time, which are of one length."""
        step = (end - begin + LAST) / spans
        return [number for (number,) in self._rows(SPANS, (incident, begin, step, spans))]

    def latest(self, incident: str, most: int) -> list[Caught]:
        """Give what was caught of an incident last, the latest first."""
        query = "SELECT body FROM caught WHERE incident = ? ORDER BY at DESC, number DESC LIMIT ?"
        return self._read(Caught, query, (incident, most))

    def earliest(self, incident: str) -> Caught | None:
        """Give what was caught of an incident first."""
        query = "SELECT body FROM caught WHERE incident = ? ORDER BY at, number LIMIT 1"
        return next(iter(self._read(Caught, query, (incident,))), None)

    def caught_at(self, incident: str, connection: str) -> Caught | None:
        """Give what was caught last of an incident on one connection."""
        query = (
            "SELECT body FROM caught WHERE connection = ? AND incident = ? ORDER BY at DESC LIMIT 1"
        )
        return next(iter(self._read(Caught, query, (connection, incident))), None)

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
        query = "SELECT count FROM tally WHERE name = ?"
        found = self._rows(query, (name,))
        return found[0][0] if found and isinstance(found[0][0], int) else 0

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
        decoder = msgspec.json.Decoder(kind)
        try:
            return [decoder.decode(body) for (body,) in self._rows(query, values)]
        except (msgspec.MsgspecError, TypeError, UnicodeError, RecursionError) as exc:
            raise self._unreadable(exc) from None

    def _rows(self, query: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        try:
            return self._database.execute(query, values).fetchall()
        except sqlite3.Error as exc:
            raise self._unreadable(exc) from None

    def _unreadable(self, why: Exception) -> UsageError:
        return UsageError(f"the store {self.path!r} cannot be read: {why}")


def _literal(text: str) -> str:
    return "".join(f"[{char}]" if char in "*?[" else char for char in text)
