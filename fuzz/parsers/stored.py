"""Stores of a recorder: a file of SQLite that somebody else may have written."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hangup.errors import UsageError
from hangup.incident import grouped
from hangup.store.reading import open_stored

_folder = Path(tempfile.mkdtemp(prefix="hangup-fuzz-"))


def parse(data: bytes) -> None:
    """Ask the input all that can be asked of a store."""
    path = _folder / "store.db"
    path.write_bytes(data)
    try:
        with open_stored(str(path)) as stored:
            caught = stored.caught()
            grouped(caught)
            stored.connections()
            stored.connection("c1")
            stored.caught_on(["h1"])
            stored.caught_in(["0" * 32])
            stored.tally("dropped")
    except UsageError as exc:
        assert len(str(exc)) < 2000
    assert path.read_bytes() == data
