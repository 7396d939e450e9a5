"""What was said on a connection is written for its owner alone, also where everybody may write."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from hangup.__main__ import main
from hangup.cli import demo
from hangup.cli.output import write_private


@pytest.fixture(autouse=True)
def _open_handed():
    before = os.umask(0)
    yield
    os.umask(before)


def test_saved_traces_are_their_owners_alone(tmp_path: Path) -> None:
    saved = tmp_path / "runs.ndjson"
    main(["diagnose", "ws://127.0.0.1:1/", "--budget", "1", "-q", "--save", str(saved)])
    assert saved.stat().st_mode & 0o777 == 0o600


def test_a_file_that_was_there_keeps_its_rights_and_loses_its_content(tmp_path: Path) -> None:
    path = tmp_path / "runs.ndjson"
    path.write_bytes(b"what was there before")
    path.chmod(0o644)
    write_private(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o644


def test_the_demos_report_has_a_folder_of_its_own_where_others_write(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    (tmp_path / demo.DEFAULT_REPORT).symlink_to(tmp_path / "victim")
    chosen = Path(demo._default_report())
    assert chosen.parent.parent == tmp_path
    assert chosen.parent.stat().st_mode & 0o777 == 0o700
