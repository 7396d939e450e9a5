"""The archive: what is kept comes back, is found by its words, and stays bounded."""

from __future__ import annotations

import sqlite3
import stat
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

sys.path.append(str(Path(__file__).parents[1] / "report"))

import report_examples as told

from hangup.errors import UsageError
from hangup.store import archive
from hangup.store.archived import Archive, opened
from hangup.store.diagnoses import diagnosis_of, keep_diagnosis


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "folder" / "archive.sqlite")


def _keep(path: str, url: str = told.URL) -> str:
    met = told.incident_diagnosis()
    met = replace(met, endpoint=replace(met.endpoint, url=url))
    return keep_diagnosis(path, met, (told.incident_trace(), told.plain_trace()))


def _numbers(kept: Archive, **asked: object) -> list[int]:
    return [run.number for run in kept.runs("diagnosis", 10, **asked)]  # type: ignore[arg-type]


def test_what_is_kept_comes_back(path: str) -> None:
    assert _keep(path) == "d1"
    with opened(path) as kept:
        found = kept.run(1)
        assert found
        run, body = found
        assert diagnosis_of(body) == told.incident_diagnosis()
        assert run.head.cause == told.incident_diagnosis().cause
        assert kept.traces(1) == (told.incident_trace(), told.plain_trace())
        assert kept.trace(1, told.plain_trace().id) == told.plain_trace()
        assert [head.id for head in kept.trace_heads(1)] == [t.id for t in kept.traces(1)]
        assert kept.run(2) is None
        assert kept.trace(1, "t99") is None


def test_only_its_owner_may_read_it(path: str) -> None:
    _keep(path)
    assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600
    assert stat.S_IMODE(Path(path).parent.stat().st_mode) == 0o700


def test_lists_have_the_latest_first_and_what_was_asked_for(path: str) -> None:
    for url in ("ws://a/ws", "ws://b/ws", "ws://a/ws"):
        _keep(path, url)
    keep_diagnosis(path, told.diagnosis(told.healthy_trace(), None), (told.healthy_trace(),))
    with opened(path) as kept:
        assert _numbers(kept) == [4, 3, 2, 1]
        assert _numbers(kept, before=3) == [2, 1]
        assert _numbers(kept, url="ws://a/ws") == [3, 1]
        assert _numbers(kept, verdict="healthy") == [4]
        assert kept.counts("diagnosis") == {"fault": 3, "healthy": 1}
        assert kept.counts("load") == {}
        first = kept.runs("diagnosis", 10, url="ws://a/ws")[-1]
        assert kept.beside(first) == (None, 3)


@pytest.mark.parametrize(
    "words", ["NameError", "1011 Internal", "auth.py:212", "masked", "127.0.0.1:8000"]
)
def test_a_search_finds_what_was_concluded_and_met(path: str, words: str) -> None:
    _keep(path)
    with opened(path) as kept:
        runs, _ = kept.search(words, 5)
    assert [hit.run.number for hit in runs] == [1]


def test_a_search_finds_what_was_said_on_a_connection(path: str) -> None:
    _keep(path)
    with opened(path) as kept:
        _, traces = kept.search("Internal error", 5)
    assert [hit.trace.id for hit in traces if hit.trace] == [told.incident_trace().id]


@pytest.mark.parametrize("words", ['"', "'; DROP TABLE run; --", "NEAR(", "*", "a OR b", "\0", ""])
def test_a_search_takes_words_for_words(path: str, words: str) -> None:
    _keep(path)
    with opened(path) as kept:
        assert kept.search(words, 5) == ([], [])
        assert _numbers(kept) == [1]


def test_a_hostile_peer_can_be_kept(path: str) -> None:
    evil, trace = told.evil_diagnosis()
    keep_diagnosis(path, evil, (trace,))
    with opened(path) as kept:
        (found,) = kept.traces(1)
    assert len(found.events) == len(trace.events)


def test_what_is_too_old_goes(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _keep(path)
    monkeypatch.setattr(time, "time", lambda: 1_790_000_000.0 + archive.MOST_AGE + 60)
    met, trace = told.incident_diagnosis(), told.incident_trace()
    keep_diagnosis(path, met, (replace(trace, began=time.time()),))
    with opened(path) as kept:
        assert _numbers(kept) == [2]
        assert kept.trace_heads(1) == []
        assert [hit.run.number for hit in kept.search("NameError", 5)[0]] == [2]


def test_what_is_too_much_goes_but_for_the_last(path: str) -> None:
    for _ in range(25):
        _keep(path)
    assert archive.prune(path, most_bytes=1) == 24
    with opened(path) as kept:
        assert _numbers(kept) == [25]
    with closing(sqlite3.connect(path)) as database:
        for table, left in (("trace", 2), ("trace_text", 2), ("run_text", 1)):
            assert database.execute(f"SELECT count(*) FROM {table}").fetchone() == (left,)


def test_a_damaged_trace_is_left_out(path: str) -> None:
    _keep(path)
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE trace SET body = x'00' WHERE number = 1")
        database.commit()
    with opened(path) as kept:
        assert kept.traces(1) == (told.plain_trace(),)


def test_the_file_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = str(tmp_path / "other.sqlite")
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE theirs (number INTEGER)")
    with pytest.raises(UsageError, match="not an archive of diagnoses"):
        _keep(path)
    with pytest.raises(UsageError, match="not an archive of diagnoses"), opened(path):
        pass


def test_what_is_not_utf_8_is_kept_as_its_escape(path: str) -> None:
    evil, trace = told.evil_diagnosis()
    keep_diagnosis(path, evil, (trace,))
    with opened(path) as kept:
        found = kept.run(1)
        assert found
        assert "\\udcff" in found[0].head.summary
        assert "\\udcff" in diagnosis_of(found[1]).endpoint.url
        assert len(kept.traces(1)) == 1
