"""A history keeps looks and changes within its bounds, and claims are of one process alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hangup.errors import UsageError
from hangup.store.claim import Claims
from hangup.store.runs import keep as keep_run
from hangup.store.watches import Keep, KeptLook, keep_look, opened, prune, remembered

URL, OTHER = "ws://127.0.0.1:9/ws", "ws://127.0.0.1:9/other"


def kept_look(at: float = 1.0, url: str = URL, diagnosis: bytes = b"{}") -> KeptLook:
    return KeptLook(
        at=at,
        url=url,
        verdict="fault",
        layer="tcp",
        cause="tcp.refused",
        confidence=0.9,
        summary="It is refused.",
        elapsed_s=0.5,
        connections=3,
        server="nginx",
        build="a1",
        certificate_end=2e9,
        diagnosis=diagnosis,
    )


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "state" / "watch.sqlite")


def test_a_look_comes_back_as_it_was_kept(path: str) -> None:
    keep_look(path, kept_look(), b"memory", [b"first", b"second"])
    with opened(path) as history:
        assert history.looks(URL, 10) == (kept_look(),)
        assert history.changes(URL, 10) == (b"second", b"first")
        assert (history.memory(URL), history.urls()) == (b"memory", (URL,))


def test_what_is_remembered_is_that_of_the_last_look(path: str) -> None:
    keep_look(path, kept_look(), b"old", [])
    keep_look(path, kept_look(2.0), b"new", [])
    keep_look(path, kept_look(url=OTHER), b"another's", [])
    assert remembered(path, [URL]) == {URL: b"new"}


def test_only_its_owner_can_read_it(path: str) -> None:
    keep_look(path, kept_look(), b"", [])
    assert Path(path).stat().st_mode & 0o777 == 0o600


def test_so_many_looks_are_kept_of_each_url(path: str) -> None:
    for at in range(6):
        for url in (URL, OTHER):
            keep_look(path, kept_look(float(at), url), b"", [b"change"], Keep(looks=3))
    with opened(path) as history:
        assert [each.at for each in history.looks(URL, 10)] == [5.0, 4.0, 3.0]
        assert [each.at for each in history.looks(OTHER, 10)] == [5.0, 4.0, 3.0]
        assert len(history.changes(URL, 10)) == 6


def test_the_file_stays_within_its_bytes(path: str) -> None:
    keep = Keep(most_bytes=300_000)
    for at in range(300):
        keep_look(path, kept_look(float(at), diagnosis=os.urandom(4096)), b"", [], keep)
    size = Path(path).stat().st_size
    with opened(path) as history:
        left = history.looks(URL, 1000)
    assert size < 2 * keep.most_bytes
    assert 0 < len(left) < 100
    assert left[0].at == 299.0


def test_pruning_is_done_when_nothing_is_too_much(path: str) -> None:
    keep_look(path, kept_look(), b"", [])
    assert prune(path, URL, Keep()) == 0


def test_a_store_of_another_kind_is_refused(path: str) -> None:
    keep_run(path, "plan", "env", 0.0, b"")
    with pytest.raises(UsageError, match="is not a history of hangup watch"):
        remembered(path, [URL])


def test_what_is_not_there_is_not_made_by_reading(path: str) -> None:
    with pytest.raises(UsageError, match="no history is kept"), opened(path):
        pass
    assert not Path(path).exists()


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = str(tmp_path / "file" / "watch.sqlite")
    with pytest.raises(UsageError, match="cannot be written"):
        remembered(path, [URL])
    with pytest.raises(UsageError, match="cannot be written"):
        Claims(path)


CLAIM = """
import sys
from hangup.store.claim import Claims
print(Claims(sys.argv[1]).claim(sys.argv[2]))
"""


def claimed_elsewhere(path: str, name: str) -> str:
    argv = [sys.executable, "-c", CLAIM, path, name]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()


def test_what_is_claimed_is_no_other_processes(path: str) -> None:
    with Claims(path) as claims:
        assert claims.claim(URL)
        assert claimed_elsewhere(path, URL) == "False"
        assert claimed_elsewhere(path, OTHER) == "True"
    assert claimed_elsewhere(path, URL) == "True"
