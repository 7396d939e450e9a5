"""Reads the archive of diagnoses and loads while it may be written to."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from msgspec import Struct

from hangup.store.archive import ARCHIVE, Kind, RunHead
from hangup.store.once import open_once
from hangup.trace import Trace, unusable

HEAD = ", ".join(RunHead.__struct_fields__)
MOST_WORDS = 8
"""Words of a search that count."""
SNIPPET = "snippet({}, 0, '', '', ' ... ', 12)"


class Archived(Struct, frozen=True):
    """One run of a list: its number, and what is told of it."""

    number: int
    head: RunHead

    @property
    def id(self) -> str:
        """The id by which users name it."""
        return f"d{self.number}"


class TraceHead(Struct, frozen=True):
    """One connection of a run's list; `ending` is in words."""

    run: int
    id: str
    experiment: str
    variant: str
    ending: str


class Hit(Struct, frozen=True):
    """A place that a search found: a run, or with `trace` one of its connections."""

    run: Archived
    says: str
    trace: TraceHead | None = None


@contextmanager
def opened(path: str) -> Iterator[Archive]:
    """Open the archive for reading; nothing is written or created.

    Raises:
        UsageError: there is no such file, or it is no archive.
    """
    with open_once(path, ARCHIVE, "diagnosis") as database:
        yield Archive(database)


class Archive:
    """What is kept, open for reading; the latest always comes first."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def runs(
        self,
        kind: Kind,
        most: int,
        *,
        before: int | None = None,
        verdict: str | None = None,
        url: str | None = None,
    ) -> list[Archived]:
        """Give the latest runs of a kind, those with a number below `before` where it is given."""
        asked = {"number < ?": before, "verdict = ?": verdict, "url = ?": url}
        given = {which: value for which, value in asked.items() if value is not None}
        where = " AND ".join(("kind = ?", *given))
        query = f"SELECT number, {HEAD} FROM run WHERE {where} ORDER BY number DESC LIMIT ?"  # noqa: S608
        return [
            _archived(row) for row in self._database.execute(query, (kind, *given.values(), most))
        ]

    def counts(self, kind: Kind) -> dict[str, int]:
        """Count the runs of each verdict."""
        query = "SELECT verdict, count(*) FROM run WHERE kind = ? GROUP BY verdict"
        return dict(self._database.execute(query, (kind,)).fetchall())

    def run(self, number: int) -> tuple[Archived, bytes] | None:
        """Give a run and its document as JSON, None when it is not there."""
        query = f"SELECT number, {HEAD}, body FROM run WHERE number = ?"  # noqa: S608
        row = self._database.execute(query, (number,)).fetchone()
        return (_archived(row[:-1]), zlib.decompress(row[-1])) if row else None

    def beside(self, run: Archived) -> tuple[int | None, int | None]:
        """Give the numbers of the runs of the same kind and URL before this one, and after it."""
        of = "SELECT {}(number) FROM run WHERE url = ? AND kind = ? AND number {} ?"
        asked = (run.head.url, run.head.kind, run.number)
        found = (
            self._database.execute(of.format(which, side), asked).fetchone()[0]
            for which, side in (("max", "<"), ("min", ">"))
        )
        before, after = found
        return before, after

    def trace_heads(self, run: int) -> list[TraceHead]:
        """Give what is told of a run's connections, in the order they began."""
        query = (
            "SELECT run, id, experiment, variant, ending FROM trace WHERE run = ? ORDER BY number"
        )
        return [TraceHead(*row) for row in self._database.execute(query, (run,))]

    def trace(self, run: int, id: str) -> Trace | None:
        """Give one connection of a run."""
        query = "SELECT body FROM trace WHERE run = ? AND id = ?"
        row = self._database.execute(query, (run, id)).fetchone()
        return _trace(row[0]) if row else None

    def traces(self, run: int) -> tuple[Trace, ...]:
        """Give all connections of a run, in the order they began."""
        rows = self._database.execute(
            "SELECT body FROM trace WHERE run = ? ORDER BY number", (run,)
        )
        return tuple(trace for (body,) in rows if (trace := _trace(body)) is not None)

    def search(self, text: str, most: int) -> tuple[list[Hit], list[Hit]]:
        """Give runs, and connections, in which all words of a text begin a word."""
        return self.runs_with(text, most), self._traces_with(text, most)

    def runs_with(self, text: str, most: int) -> list[Hit]:
        """Give runs alone, found in the same way."""
        query = (
            f"SELECT number, {HEAD}, {SNIPPET.format('run_text')} FROM run_text"  # noqa: S608
            " JOIN run ON number = run_text.rowid WHERE run_text MATCH ?"
            " ORDER BY run_text.rowid DESC LIMIT ?"
        )
        rows = self._found(query, text, most)
        return [Hit(_archived(row[:-1]), row[-1]) for row in rows]

    def _traces_with(self, text: str, most: int) -> list[Hit]:
        heads = ", ".join(f"run.{name}" for name in RunHead.__struct_fields__)
        query = (
            f"SELECT run.number, {heads}, trace.run, trace.id, trace.experiment, trace.variant,"  # noqa: S608
            f" trace.ending, {SNIPPET.format('trace_text')} FROM trace_text"
            " JOIN trace ON trace.number = trace_text.rowid JOIN run ON run.number = trace.run"
            " WHERE trace_text MATCH ? ORDER BY trace_text.rowid DESC LIMIT ?"
        )
        rows = self._found(query, text, most)
        return [Hit(_archived(row[:-6]), row[-1], TraceHead(*row[-6:-1])) for row in rows]

    def _found(self, query: str, text: str, most: int) -> list[tuple[Any, ...]]:
        asked = _question(text)
        return self._database.execute(query, (asked, most)).fetchall() if asked else []


def _archived(row: tuple[object, ...]) -> Archived:
    head = msgspec.convert(dict(zip(RunHead.__struct_fields__, row[1:], strict=True)), RunHead)
    return Archived(msgspec.convert(row[0], int), head)


def _trace(body: bytes) -> Trace | None:
    """Give a kept trace, None when it was damaged or comes from a later version."""
    try:
        trace = msgspec.json.decode(zlib.decompress(body), type=Trace)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, zlib.error):
        return None
    return trace if unusable(trace) is None else None


def _question(text: str) -> str:
    """Write what was typed as a query of FTS5: words in quotes mean nothing else to it."""
    words = [word for word in text.split() if any(char.isalnum() for char in word)][:MOST_WORDS]
    return " ".join('"' + word.replace('"', '""') + '"*' for word in words)
