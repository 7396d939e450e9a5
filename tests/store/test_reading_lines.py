"""Lines of a recorder are found in a file that grows, among others, cut or rotated."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import to_builtins
from msgspec.json import encode
from seen_examples import HANGUP_ID, TRACE_ID, caught, connection

from hangup.errors import UsageError
from hangup.incident import Seen
from hangup.store.lines import JsonLines
from hangup.store.reading_lines import StoredLines


def line(seen: Seen, kind: str) -> bytes:
    """Give a line as the recorder writes it."""
    return encode({"hangup": kind, **to_builtins(seen)}) + b"\n"


INCIDENT, CONNECTION = line(caught(), "incident"), line(connection(), "connection")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "server.log"
    path.write_bytes(b"INFO:     Started server process [7]\n")
    return path


def add(path: Path, *lines: bytes) -> None:
    with path.open("ab") as file:
        file.writelines(lines)


def test_what_the_sink_writes_is_what_is_read(log: Path) -> None:
    lines = StoredLines(str(log))
    with log.open("ab") as file:
        sink = JsonLines(file.fileno())
        sink.put(caught())
        sink.put(connection())
        sink.close()

    assert [each.exception for each in lines.caught_on([HANGUP_ID])] == ["NameError"]
    assert [each.path for each in lines.connections_in([TRACE_ID])] == ["/ws"]
    assert lines.connections_of(["another"]) == lines.caught_in([""]) == []


def test_lines_of_others_and_broken_ones_are_passed_over(log: Path) -> None:
    lines = StoredLines(str(log))
    broken = (
        INCIDENT[:80] + b"\n",
        b'{"hangup":"incident"}\n',
        b'{"hangup":"new kind"}\n',
        b"{}\n",
    )
    add(log, b"INFO: hello\n", *broken, b"2026-11-25T17:27:19Z stderr F " + INCIDENT)

    assert len(lines.caught_on([HANGUP_ID])) == 1


def test_a_line_is_read_once_it_is_whole(log: Path) -> None:
    lines = StoredLines(str(log))
    add(log, CONNECTION[:50])
    assert lines.connections_of([HANGUP_ID]) == []

    add(log, CONNECTION[50:])
    assert len(lines.connections_of([HANGUP_ID])) == 1


def test_what_stood_there_before_is_not_read(log: Path) -> None:
    add(log, CONNECTION)
    assert StoredLines(str(log)).connections_of([HANGUP_ID]) == []


def test_what_stood_there_before_is_read_when_it_is_asked_for(log: Path) -> None:
    add(log, INCIDENT)
    lines = StoredLines(str(log), beginning=True)
    assert [each.exception for each in lines.caught_on([HANGUP_ID])] == ["NameError"]


def test_a_file_that_was_emptied_is_read_from_its_beginning(log: Path) -> None:
    add(log, b"x" * 4000, b"\n")
    lines = StoredLines(str(log))
    log.write_bytes(CONNECTION)

    assert len(lines.connections_of([HANGUP_ID])) == 1


def test_what_was_dropped_is_counted(log: Path) -> None:
    lines = StoredLines(str(log))
    add(log, b'{"hangup":"dropped","count":3}\n', b'{"hangup":"dropped","count":4}\n')

    assert (lines.tally("dropped"), lines.tally("pruned")) == (7, 0)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(b"\x89PNG\0\0")
    with pytest.raises(UsageError, match="neither a store nor lines"):
        StoredLines(str(path))


def test_a_file_that_is_gone_is_told_of(log: Path) -> None:
    lines = StoredLines(str(log))
    log.unlink()
    with pytest.raises(UsageError, match="no such file"):
        lines.connections_of([HANGUP_ID])
