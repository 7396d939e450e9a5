"""Lines of a recorder in a file among those of others."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hangup.errors import UsageError
from hangup.incident import grouped
from hangup.store.reading_lines import StoredLines

_folder = Path(tempfile.mkdtemp(prefix="hangup-fuzz-"))


def parse(data: bytes) -> None:
    """Let the file gain the input, in two steps."""
    path = _folder / "lines.txt"
    path.write_bytes(b"")
    try:
        with StoredLines(str(path)) as lines:
            for end in (len(data) // 2, len(data)):
                path.write_bytes(data[:end])
                found = lines.caught_on(["h1"])
                assert len(found) <= data.count(b"{")
                grouped(found)
                lines.connections_of(["h1"])
                lines.connections_in(["0" * 32])
                assert isinstance(lines.tally("dropped"), int)
    except UsageError as exc:
        assert b"\0" in data, exc
