"""One write to a file of ours, or one look into it, which nobody holds open in between."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from hangup.errors import UsageError
from hangup.store.database import BUSY, NotAStoreError, Shape, check, connect, roll_back

PATIENCE = 5.0
"""Seconds that a write waits for others; setting up a new file lets nobody queue."""
AGAIN = 0.05
T = TypeVar("T")


def usual_file(name: str, what: str, environ: Mapping[str, str] = os.environ) -> str:
    """Give a file in the user's state directory (XDG Base Directory Specification).

    Raises:
        UsageError: nothing tells where that is; `what` are kept in the file.
    """
    state = environ.get("XDG_STATE_HOME", "")
    try:
        # A relative path is to be ignored, as the specification has it.
        folder = Path(state) if os.path.isabs(state) else Path.home() / ".local" / "state"  # noqa: PTH117
    except RuntimeError:
        raise UsageError(f"no home directory is known, where {what} could be kept") from None
    return str(folder / "hangup" / name)


def write_once(path: str, shape: Shape, write: Callable[[sqlite3.Connection], T]) -> T:
    """Do one transaction in a file, which is made with its folder when it is not there.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return _patiently(lambda: _written(path, shape, write))
    except (OSError, sqlite3.Error, NotAStoreError, ValueError) as exc:
        raise UsageError(f"the store {path!r} cannot be written: {_why(exc)}") from None


@contextmanager
def open_once(path: str, shape: Shape, what: str) -> Iterator[sqlite3.Connection]:
    """Open a file for reading; nothing is written or created.

    Raises:
        UsageError: there is no such file, or it does not hold `what` it should.
    """
    if not Path(path).is_file():
        raise UsageError(f"no {what} is kept in {path!r}: there is no such file")
    address = f"file:{quote(str(Path(path).absolute()))}?mode=ro"
    try:
        with closing(sqlite3.connect(address, timeout=BUSY, uri=True)) as database:
            check(database, shape)
            yield database
    except (sqlite3.Error, NotAStoreError) as exc:
        raise UsageError(f"the store {path!r} cannot be read: {exc}") from None


def _written(path: str, shape: Shape, write: Callable[[sqlite3.Connection], T]) -> T:
    with closing(connect(path, shape)) as database:
        database.execute("BEGIN IMMEDIATE")
        try:
            done = write(database)
            database.execute("COMMIT")
        except BaseException:
            roll_back(database)
            raise
    return done


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


def _why(exc: Exception) -> str:
    if isinstance(exc, FileExistsError):
        return "its folder is a file"
    text = (exc.strerror if isinstance(exc, OSError) else None) or str(exc)
    return text[:1].lower() + text[1:]
