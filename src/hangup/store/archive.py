"""Diagnoses and loads with their traces, kept in an SQLite file under ids such as d12."""

from __future__ import annotations

import os
import sqlite3
import time
import zlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from typing import Literal

from msgspec import Struct

from hangup.ending import ending_of
from hangup.event import FrameReceived, FrameSent, Occurrence
from hangup.store.database import Shape, connect, number, roll_back, used_bytes
from hangup.store.encoded import encoded, plain
from hangup.store.once import usual_file, write_once
from hangup.trace import Trace

Kind = Literal["diagnosis", "load"]
ARCHIVE = Shape(
    0x68616E61,  # "hana"
    1,
    """
CREATE TABLE run (
  number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, began REAL NOT NULL,
  url TEXT NOT NULL, verdict TEXT NOT NULL, layer TEXT, cause TEXT, confidence REAL NOT NULL,
  summary TEXT NOT NULL, elapsed_s REAL NOT NULL, connections INTEGER NOT NULL, body BLOB NOT NULL);
CREATE INDEX run_kind ON run (kind, number);
CREATE INDEX run_verdict ON run (kind, verdict, number);
CREATE INDEX run_url ON run (url, number);
CREATE INDEX run_began ON run (began);
CREATE TABLE trace (
  number INTEGER PRIMARY KEY, run INTEGER NOT NULL, id TEXT NOT NULL, experiment TEXT NOT NULL,
  variant TEXT NOT NULL, ending TEXT NOT NULL, body BLOB NOT NULL);
CREATE INDEX trace_run ON trace (run, id);
CREATE VIRTUAL TABLE run_text USING fts5(text);
CREATE VIRTUAL TABLE trace_text USING fts5(text)
""",
    "an archive of diagnoses",
)
MOST_BYTES = 512 * 1024 * 1024
MOST_AGE = 180 * 86_400.0
"""How much is kept: so many bytes, and nothing older than so many seconds."""
STEP = 20
"""Runs that one step of pruning deletes at most."""
MOST_STEPS = 10
"""Steps after one run; what is then still too much goes after the next."""
MOST_SAID = 1000
"""Characters of a trace's frames that a search can find."""
MOST_FRAME = 200


class RunHead(Struct, frozen=True, kw_only=True):
    """What a list tells of a run; it `began` at so many seconds since the epoch.

    Of a load `verdict` is healthy when it was borne, `confidence` is how sure its cause is.
    """

    kind: Kind
    began: float
    url: str
    verdict: str
    layer: str | None
    cause: str | None
    confidence: float
    summary: str
    elapsed_s: float
    connections: int


def usual_path(environ: Mapping[str, str] = os.environ) -> str:
    """Give the file in the user's state directory.

    Raises:
        UsageError: nothing tells where that is.
    """
    return usual_file("archive.sqlite", "diagnoses", environ)


def keep_run(
    path: str, head: RunHead, body: bytes, traces: Iterable[Trace], said: Sequence[str] = ()
) -> str:
    """Write a run with its document and its traces, delete what is too old or too much.

    `body` is the document as JSON; `said` are more words by which a search shall find the run.
    Gives the new one's id.

    Raises:
        UsageError: it cannot be written; then nothing of it is.
    """

    def write(database: sqlite3.Connection) -> int:
        run = _insert_run(database, head, body, said)
        for trace in traces:
            _insert_trace(database, run, trace)
        return run

    run = write_once(path, ARCHIVE, write)
    prune(path)
    return f"d{run}"


def prune(path: str, most_bytes: int = MOST_BYTES, most_age: float = MOST_AGE) -> int:
    """Delete the oldest runs in steps, but for the last; give how many went.

    What cannot be deleted now is after the next run.
    """
    gone = 0
    try:
        with closing(connect(path, ARCHIVE)) as database:
            for _ in range(MOST_STEPS):
                step = _step(database, most_bytes, time.time() - most_age)
                gone += step
                if not step:
                    break
                database.execute(f"PRAGMA incremental_vacuum({STEP * 50})").fetchall()
    except (OSError, sqlite3.Error):
        return gone
    return gone


def _insert_run(
    database: sqlite3.Connection, head: RunHead, body: bytes, said: Sequence[str]
) -> int:
    names = RunHead.__struct_fields__
    columns, marks = ", ".join((*names, "body")), ", ".join("?" * (len(names) + 1))
    values = [*(plain(getattr(head, name)) for name in names), zlib.compress(body)]
    insert = f"INSERT INTO run ({columns}) VALUES ({marks})"  # noqa: S608
    run = database.execute(insert, values).lastrowid or 0
    words = (head.url, head.verdict, head.cause or head.layer, head.summary, *said)
    text = plain("; ".join(each for each in words if each))
    database.execute("INSERT INTO run_text (rowid, text) VALUES (?, ?)", (run, text))
    return run


def _insert_trace(database: sqlite3.Connection, run: int, trace: Trace) -> None:
    ending = ending_of(trace).words
    told = (trace.id, trace.experiment, trace.variant, ending)
    row = (run, *map(plain, told), zlib.compress(encoded(trace)))
    insert = (
        "INSERT INTO trace (run, id, experiment, variant, ending, body) VALUES (?, ?, ?, ?, ?, ?)"
    )
    number = database.execute(insert, row).lastrowid
    said = (trace.experiment, trace.variant, ending, *_said(trace))
    text = plain("; ".join(each for each in said if each))
    database.execute("INSERT INTO trace_text (rowid, text) VALUES (?, ?)", (number, text))


def _said(trace: Trace) -> list[str]:
    """Give the beginnings of the first frames, and of what errors said."""
    found: list[str] = []
    left = MOST_SAID
    for event in trace.events:
        text = _text_of(event)[:left]
        if text:
            found.append(text)
            left -= len(text)
        if left <= 0:
            break
    return found


def _text_of(event: Occurrence) -> str:
    if isinstance(event, FrameSent | FrameReceived):
        return event.reason[:MOST_FRAME] or event.data[:MOST_FRAME].decode("utf-8", "replace")
    return str(getattr(event, "text", ""))[:MOST_FRAME]


def _step(database: sqlite3.Connection, most_bytes: int, before: float) -> int:
    database.execute("BEGIN IMMEDIATE")
    try:
        last = number(database, "SELECT coalesce(max(number), 0) FROM run")
        old = "SELECT number FROM run WHERE began < ? AND number < ? ORDER BY number LIMIT ?"
        gone = [row[0] for row in database.execute(old, (before, last, STEP))]
        if not gone and used_bytes(database) > most_bytes:
            oldest = "SELECT number FROM run WHERE number < ? ORDER BY number LIMIT ?"
            gone = [row[0] for row in database.execute(oldest, (last, STEP))]
        for run in gone:
            _delete(database, run)
        database.execute("COMMIT")
    except BaseException:
        roll_back(database)
        raise
    return len(gone)


def _delete(database: sqlite3.Connection, run: int) -> None:
    traces = "SELECT number FROM trace WHERE run = ?"
    database.execute(f"DELETE FROM trace_text WHERE rowid IN ({traces})", (run,))  # noqa: S608
    database.execute("DELETE FROM trace WHERE run = ?", (run,))
    database.execute("DELETE FROM run_text WHERE rowid = ?", (run,))
    database.execute("DELETE FROM run WHERE number = ?", (run,))
