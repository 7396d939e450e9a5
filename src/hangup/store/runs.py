"""The runs of test plans, kept in an SQLite file under ids such as r12."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from msgspec import Struct

from hangup.errors import UsageError
from hangup.store.database import BUSY, NotAStoreError, Shape, check, connect, roll_back

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
PATIENCE = 5.0
"""Seconds that a run waits for others to be written; setting up a new file lets nobody queue."""
AGAIN = 0.05
T = TypeVar("T")


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


def usual_path(environ: Mapping[str, str] = os.environ) -> str:
    """Give the file in the user's state directory (XDG Base Directory Specification).

    Raises:
        UsageError: nothing tells where that is.
    """
    state = environ.get("XDG_STATE_HOME", "")
    try:
        # A relative path is to be ignored, as the specification has it.
        folder = Path(state) if os.path.isabs(state) else Path.home() / ".local" / "state"  # noqa: PTH117
    except RuntimeError:
        raise UsageError("no home directory is known, where runs could be kept") from None
    return str(folder / "hangup" / "runs.sqlite")


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

    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return f"r{_patiently(lambda: _written(path, write))}"
    except (OSError, sqlite3.Error, NotAStoreError, ValueError) as exc:
        raise UsageError(f"the store {path!r} cannot be written: {_why(exc)}") from None


def _written(path: str, write: Callable[[sqlite3.Connection], int]) -> int:
    with closing(connect(path, RUNS)) as database:
        database.execute("BEGIN IMMEDIATE")
        try:
            number = write(database)
            database.execute("COMMIT")
        except BaseException:
            roll_back(database)
            raise
    return number


def _patiently(do: Callable[[], T]) -> T:
    """Do it again while another process holds the file."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return do()
        except sqlite3.OperationalError as exc:
            held = exc.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
            if not held or time.monotonic() > deadline:
                raise
        time.sleep(AGAIN)


@contextmanager
def opened(path: str) -> Iterator[Runs]:
    """Open the kept runs for reading; nothing is written or created.

    Raises:
        UsageError: there is no such file, or it holds no runs.
    """
    if not Path(path).is_file():
        raise UsageError(f"no run is kept in {path!r}: there is no such file")
    address = f"file:{quote(str(Path(path).absolute()))}?mode=ro"
    try:
        with closing(sqlite3.connect(address, timeout=BUSY, uri=True)) as database:
            check(database, RUNS)
            yield Runs(database, path)
    except (sqlite3.Error, NotAStoreError) as exc:
        raise UsageError(f"the store {path!r} cannot be read: {exc}") from None


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

    def before(self, run: StoredRun) -> StoredRun | None:
        """Give the latest run before one: of the same plan and environment where there is one."""
        alike = ("plan = ? AND environment = ?", (run.plan, run.environment))
        for which, values in (alike, ("plan = ?", (run.plan,)), ("1", ())):
            found = self._first(f"{which} AND number < ?", (*values, run.number))
            if found:
                return found
        return None

    def _first(self, which: str, values: tuple[object, ...]) -> StoredRun | None:
        columns = "SELECT number, began, plan, environment, body FROM run"
        query = f"{columns} WHERE {which} ORDER BY number DESC LIMIT 1"
        row = self._database.execute(query, values).fetchone()
        return StoredRun(*row) if row else None


def _why(exc: Exception) -> str:
    if isinstance(exc, FileExistsError):
        return "its folder is a file"
    text = (exc.strerror if isinstance(exc, OSError) else None) or str(exc)
    return text[:1].lower() + text[1:]
