"""Files of a load: its people in CSV, its stages in YAML."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hangup.errors import DocumentError
from hangup.load.schedule import MOST_CONNECTIONS, planned
from hangup.load.stages_file import parse_stages
from hangup.load.users_file import MOST_COLUMNS, read_users

_folder = Path(tempfile.mkdtemp(prefix="hangup-fuzz-"))


def parse(data: bytes) -> None:
    """Read the input as both; its values, which may be credentials, are not quoted."""
    path = _folder / "users.csv"
    path.write_bytes(data)
    try:
        columns, rows = read_users(str(path))
    except DocumentError as exc:
        assert str(exc).startswith(str(path))
        assert len(str(exc)) < 400
    else:
        assert 0 < len(columns) <= MOST_COLUMNS
        assert all(len(row) == len(columns) for row in rows)
    try:
        read = parse_stages(data.decode("utf-8", "surrogateescape"), "s.yaml")
    except DocumentError as exc:
        assert str(exc).startswith("s.yaml")
        return
    assert 0 < planned(read.stages, MOST_CONNECTIONS) <= MOST_CONNECTIONS
