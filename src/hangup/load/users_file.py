"""Reads the people of a load from a CSV file with a header (RFC 4180); cites none of its values."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from hangup.errors import DocumentError
from hangup.load.people import NAME, NUMBER

MOST_BYTES = 64 * 1024 * 1024
MOST_COLUMNS = 100
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

Users = tuple[tuple[str, ...], list[tuple[str, ...]]]
"""The names of the columns, and the rows."""


def read_users(path: str) -> Users:
    """Read the columns and rows of a file of users, at most 64 MiB.

    Raises:
        DocumentError: with file and line of what is wrong, without any value.
    """
    # Only what CSV knows as the end of a line is one.
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True, skipinitialspace=True)
    read = _rows(reader, path)
    columns = next(read, None)
    if columns is None:
        raise DocumentError(path, (1, 1), "it is empty; its first row names the columns")
    _check_names(path, columns)
    first = next(read, None)
    if first is None:
        raise DocumentError(path, (reader.line_num, 1), "no user stands below the names")
    rows = []
    for row in chain([first], read):
        _check_row(path, reader.line_num, row, len(columns))
        rows.append(row)
    return columns, rows


def _text(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as exc:
        why = (exc.strerror if isinstance(exc, OSError) else None) or str(exc)
        why = f"it cannot be read: {why[:1].lower()}{why[1:]}"
        raise DocumentError(path, None, why) from None
    if len(raw) > MOST_BYTES:
        raise DocumentError(path, None, f"it is larger than {MOST_BYTES // 1024 // 1024} MiB")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        place = (raw.count(b"\n", 0, exc.start) + 1, 1)
        raise DocumentError(path, place, "it is not UTF-8") from None


def _rows(reader: Iterator[list[str]], path: str) -> Iterator[tuple[str, ...]]:
    """Give the rows that are not blank."""
    while True:
        try:
            row = next(reader, None)
        except csv.Error as exc:
            place = (reader.line_num, 1)  # type: ignore[attr-defined]
            raise DocumentError(path, place, f"it is no CSV: {exc}") from None
        if row is None:
            return
        if row:
            yield tuple(row)


def _check_names(path: str, columns: tuple[str, ...]) -> None:
    """Refuse a header that is none; what stands there may be a user's credential."""
    if len(columns) > MOST_COLUMNS:
        raise DocumentError(path, (1, 1), f"it has more than {MOST_COLUMNS} columns")
    for number, name in enumerate(columns, start=1):
        if not re.fullmatch(NAME, name):
            why = "the first row names the columns, in letters, digits, - and _, parted by commas"
            raise DocumentError(path, (1, 1), f"{why}; column {number} is no name")
        if name == NUMBER:
            raise DocumentError(path, (1, 1), f"{NUMBER!r} is the number of the arrival already")
    if len(set(columns)) < len(columns):
        raise DocumentError(path, (1, 1), "two columns have the same name")


def _check_row(path: str, line: int, row: tuple[str, ...], columns: int) -> None:
    if len(row) != columns:
        why = f"values in this row: {len(row)}, columns: {columns}"
        raise DocumentError(path, (line, 1), why)
    if any(map(_CONTROL.search, row)):
        raise DocumentError(path, (line, 1), "a value holds a line break or control character")
