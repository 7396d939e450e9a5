"""The runs of test plans, kept in an SQLite file under ids such as r12."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from msgspec import Struct

from hangup.store.database import Shape
from hangup.store.once import open_once, usual_file, write_once

RUNS = Shape(
    0x68616E72,  # "hanr"
    1,
    """
CREATE TABLE run (
  number INTEGER PRIMARY KEY AUTOINCREMENT, began REAL NOT NULL,
  plan TEXT NOT NULL, environment TEXT NOT NULL, body BLOB NOT NULL)
""",
    "a store of test runs",
)
MOST_RUNS = 500
MOST_AGE = 180 * 86_400.0
"""How much is kept: so many runs, and none older than so many seconds."""


class StoredRun(Struct, frozen=True):
    """One run as it is kept; `began` is in seconds since the epoch, `body` is its caller's."""

    number: int
    began: float
    plan: str
    environment: str
    body: bytes

    @property
    def id(self) -> str:
        """The id by which users name it."""
        return f"r{self.number}"


class PlanHead(Struct, frozen=True):
    """One plan in one environment: how many runs of it are kept, and the number of the last."""

    plan: str
    environment: str
    runs: int
    last: int


def usual_path(environ: Mapping[str, str] = os.environ) -> str:
    """Give the file in the user's state directory.

    Raises:
        UsageError: nothing tells where that is.
    """
    return usual_file("runs.sqlite", "runs", environ)


def keep(path: str, plan: str, environment: str, began: float, body: bytes) -> str:
    """Write one run, delete those that are too many or too old, and give the new one's id.

    Raises:
        UsageError: it cannot be written.
    """

    def write(database: sqlite3.Connection) -> int:
        insert = "INSERT INTO run (began, plan, environment, body) VALUES (?, ?, ?, ?)"
        number = database.execute(insert, (began, plan, environment, body)).lastrowid or 0
        old = (number - MOST_RUNS, time.time() - MOST_AGE, number)
        database.execute("DELETE FROM run WHERE (number <= ? OR began < ?) AND number != ?", old)
        return number

    return f"r{write_once(path, RUNS, write)}"


@contextmanager
def opened(path: str) -> Iterator[Runs]:
    """Open the kept runs for reading; nothing is written or created.

    Raises:
        UsageError: there is no such file, or it holds no runs.
    """
    with open_once(path, RUNS, "run") as database:
        yield Runs(database, path)


class Runs:
    """The kept runs, open for reading."""

    def __init__(self, database: sqlite3.Connection, path: str) -> None:
        self._database, self.path = database, path

    def run(self, id: str) -> StoredRun | None:
        """Give the run of an id such as r12."""
        return self._first("number = ?", (int(id.removeprefix("r")),))

    def last(self) -> StoredRun | None:
        """Give the latest run."""
        return self._first("1", ())

    def plans(self) -> list[PlanHead]:
        """Give the plans of which runs are kept, the one that was run last first."""
        query = (
            "SELECT plan, environment, count(*), max(number) AS last FROM run"
            " GROUP BY plan, environment ORDER BY last DESC"
        )
        return [PlanHead(*row) for row in self._database.execute(query)]

    def of(
        self, plan: str, environment: str, most: int, before: int | None = None
    ) -> list[StoredRun]:
        """Give the latest runs of a plan, those with a number below `before` where it is given."""
        which = "plan = ? AND environment = ? AND number < ?"
        end = before if before is not None else 1 << 62
        return self._some(which, (plan, environment, end), most)

    def after(self, run: StoredRun) -> int | None:
        """Give the number of the next run of the same plan and environment."""
        query = "SELECT min(number) FROM run WHERE plan = ? AND environment = ? AND number > ?"
        values = (run.plan, run.environment, run.number)
        found: int | None = self._database.execute(query, values).fetchone()[0]
        return found

    def before(self, run: StoredRun) -> StoredRun | None:
        """Give the latest run before one: of the same plan and environment where there is one."""
        alike = ("plan = ? AND environment = ?", (run.plan, run.environment))
        for which, values in (alike, ("plan = ?", (run.plan,)), ("1", ())):
            found = self._first(f"{which} AND number < ?", (*values, run.number))
            if found:
                return found
        return None

    def _first(self, which: str, values: tuple[object, ...]) -> StoredRun | None:
        return next(iter(self._some(which, values, 1)), None)

    def _some(self, which: str, values: tuple[object, ...], most: int) -> list[StoredRun]:
        columns = "SELECT number, began, plan, environment, body FROM run"
        query = f"{columns} WHERE {which} ORDER BY number DESC LIMIT ?"
        return [StoredRun(*row) for row in self._database.execute(query, (*values, most))]
