"""Stores as full as they become: 100,000 connections, failures and looks, copied from a few."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import loads_told
import msgspec
import report_examples as told
from msgspec.structs import replace
from seen_examples import NOW, caught, connection
from ui_stores import ENVIRONMENT, INCIDENT, PLAN, places_in, run_of_plan

from hangup.load.kept import keep_load
from hangup.plan.kept_run import KeptCheck, KeptPhase
from hangup.report.document import diagnosis_json
from hangup.store import runs
from hangup.store.archive import ARCHIVE
from hangup.store.database import connect, row_of
from hangup.store.diagnoses import keep_diagnosis
from hangup.store.runs import MOST_RUNS, RUNS
from hangup.store.watches import USUAL, WATCHES
from hangup.ui.desk import Places
from hangup.watching.kept import keep
from hangup.watching.memory import Memory, remember
from hangup.watching.words import Look, State

ROWS = 100_000
TRACES = 50
"""Connections of one diagnosis."""
LOADS = 200
URLS = 10
"""Endpoints of the watches; looks at the first have a document each."""
CHECKS = 40
KINDS = 30
"""Incidents that are told apart, of which the first is every third failure."""
SPAN = "WITH RECURSIVE span (n) AS (SELECT {0} UNION ALL SELECT n + 1 FROM span WHERE n < {1}) "


LAST = LOADS + ROWS // TRACES
"""The number of the last diagnosis; the loads stand before all but one of them."""
VIEWS = {
    "diagnoses": "/runs",
    "diagnoses of a verdict": "/runs?verdict=fault",
    "a diagnosis": f"/runs/{LAST}",
    "a connection": f"/runs/{LAST}/t7",
    "two connections": f"/compare?a=d{LAST}/t1&b=d{LAST - 1}/t1",
    "search, of a word in all": "/search?q=internal",
    "search, of a rare word": "/search?q=nginx",
    "incidents": "/incidents",
    "incidents by count": "/incidents?by=count",
    "an incident": f"/incidents/{INCIDENT}",
    "plans": "/plans",
    "a plan": f"/plans?plan={PLAN}&env={ENVIRONMENT}",
    "a run of a plan": "/plans/r400",
    "watches": "/watches",
    "a watch": "/watches?url=ws://127.0.0.1:1/ws",
    "a look": "/watches/looks/1",
    "loads": "/loads",
    "a load": "/loads/2",
}
"""Every view of what is kept, by what it shows."""


def fill_many(folder: Path) -> Places:
    """Fill a folder, in some seconds."""
    places = places_in(folder)
    places = msgspec.structs.replace(places, recorders=places.recorders[:1])
    _archive(places.archive)
    _record(places.recorders[0])
    _run_plans(places.runs)
    _watch(places.history)
    return places


def _archive(path: str) -> None:
    met = told.incident_diagnosis()
    assert met.incident
    found = replace(met, incident=replace(met.incident, id=INCIDENT))
    trace = told.incident_trace()
    keep_diagnosis(path, found, [replace(trace, id=f"t{n}") for n in range(1, TRACES + 1)])
    keep_load(path, loads_told.broke(), ())
    with closing(connect(path, ARCHIVE)) as database:
        database.execute("BEGIN")
        _copied(database, "run", "number = 2", 3, LOADS + 1, {"began": "began + n"})
        first, last = LOADS + 2, LOADS + ROWS // TRACES
        _copied(database, "run", "number = 1", first, last, {"began": "began + n"})
        _copied(database, "trace", "run = 1", first, last, {"run": "n"})
        for table, alike in (("run", "kind"), ("trace", "id")):
            database.execute(
                f"INSERT INTO {table}_text (rowid, text) SELECT copy.number, kept.text"
                f" FROM {table} AS copy JOIN {table} AS first ON first.{alike} = copy.{alike}"
                f" JOIN {table}_text AS kept ON kept.rowid = first.number"
                f" WHERE copy.number NOT IN (SELECT rowid FROM {table}_text)"
            )
        database.execute("COMMIT")


def _copied(
    database: sqlite3.Connection, table: str, which: str, first: int, last: int, new: dict[str, str]
) -> None:
    """Copy rows once for each number n from first to last, some columns with another value."""
    rows = database.execute(f"PRAGMA table_info({table})").fetchall()
    names = [row[1] for row in rows if row[1] != "number"]
    values = ", ".join(new.get(name, name) for name in names)
    database.execute(
        f"INSERT INTO {table} ({', '.join(names)}) {SPAN.format(first, last)}"
        f"SELECT {values} FROM span, (SELECT * FROM {table} WHERE {which}) AS kept"
    )


def _record(path: str) -> None:
    kinds = [
        row_of(caught(message="m" * 250))
        if number == 0
        else row_of(caught(frame=f"app/m{number}.py:3 in f", message="m" * 250))
        for number in range(KINDS)
    ]
    seen = row_of(connection())
    with closing(connect(path)) as database:
        database.execute("BEGIN")
        database.executemany(
            kinds[0][0],
            (
                _moved(kinds[number % KINDS if number % 3 else 0][1], number, 2)
                for number in range(ROWS)
            ),
        )
        database.executemany(seen[0], (_moved(seen[1], number, 1) for number in range(ROWS // 5)))
        database.execute("COMMIT")


def _moved(values: Sequence[object], number: int, name: int) -> tuple[object, ...]:
    """Give a row at another time and on another connection."""
    body = values[-1]
    assert isinstance(body, bytes)
    body = body.replace(b'"c1"', b'"c%d"' % number)
    return (NOW - number, *values[1:name], f"c{number}", *values[name + 1 : -1], body)


def _run_plans(path: str) -> None:
    checks = tuple(
        KeptCheck(name=f"check {number} holds", outcome="passed" if number % 7 else "failed")
        for number in range(CHECKS)
    )
    run = replace(run_of_plan(3, NOW), phases=(KeptPhase(name="all", run=True, checks=checks),))
    runs.keep(path, run.plan, run.environment or "", NOW, msgspec.json.encode(run))
    with closing(connect(path, RUNS)) as database:
        database.execute("BEGIN")
        _copied(database, "run", "number = 1", 2, MOST_RUNS, {"began": "began + n"})
        database.execute("COMMIT")


def _watch(path: str) -> None:
    for number in range(URLS):
        url = f"ws://127.0.0.1:{number + 1}/ws"
        document = diagnosis_json(told.incident_diagnosis()) if number == 0 else b""
        look = Look(url=url, at=NOW, state=State("healthy"), elapsed_s=0.4, diagnosis=document)
        memory, changes = remember(Memory(), look)
        keep(path, look, memory, changes, USUAL)
    with closing(connect(path, WATCHES)) as database:
        database.execute("BEGIN")
        _copied(database, "look", f"number <= {URLS}", 1, ROWS // URLS, {"at": "at + n * 60"})
        database.execute("COMMIT")
