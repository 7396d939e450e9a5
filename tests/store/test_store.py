"""What is put into a store can be read again, by its id, its time, and the probe's ids."""

from __future__ import annotations

import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from msgspec.structs import replace
from seen_examples import HANGUP_ID, NOW, TRACE_ID, caught, connection, until

from hangup.errors import UsageError
from hangup.incident import MessageSeen, Seen
from hangup.store import Store, open_stored
from hangup.store.kept import Limits


def kept(path: Path, *items: Seen, limits: Limits | None = None) -> str:
    store = Store(path, limits or Limits(max_age=1e9))
    for item in items:
        store.put(item)
    store.close()
    assert store.dropped == 0
    return os.fspath(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


def test_what_was_put_is_read_again(path: Path) -> None:
    with open_stored(kept(path, caught(), connection())) as stored:
        assert stored.caught() == [caught()]
        assert stored.connections() == [connection()]
        assert stored.connection("c1") == connection()
        assert stored.connection("c2") is None


def test_what_was_caught_is_found_by_time_and_by_the_beginning_of_its_id(path: Path) -> None:
    late = caught(at=NOW + 100, exception="KeyError")
    with open_stored(kept(path, caught(), late)) as stored:
        assert stored.caught(since=NOW + 50) == [late]
        assert stored.caught(incident=late.id[:5]) == [late]
        assert stored.caught(incident="*") == []


def test_a_connection_of_the_probe_is_found_by_either_of_its_ids(path: Path) -> None:
    other = connection(hangup_id="", traceparent="", connection="c2")
    with open_stored(kept(path, connection(), other, caught())) as stored:
        assert stored.connections_of([HANGUP_ID, "", "ff" * 8]) == [connection()]
        assert stored.connections_in([TRACE_ID]) == [connection()]
        assert stored.caught_on([HANGUP_ID]) == [caught()]
        assert stored.caught_in([TRACE_ID]) == [caught()]


def test_a_store_can_be_read_while_it_is_written(path: Path) -> None:
    store = Store(path, Limits(max_age=1e9))
    store.put(caught())
    assert until(lambda: store.waiting == 0)
    with open_stored(os.fspath(path)) as stored:
        assert until(lambda: len(stored.caught()) == 1)
        store.put(caught(at=NOW + 1))
        assert until(lambda: len(stored.caught()) == 2)
    store.close()


def test_the_file_is_there_before_anything_is_put(path: Path) -> None:
    store = Store(path)
    assert until(path.exists)
    store.close()
    with open_stored(os.fspath(path)) as stored:
        assert stored.caught() == []


def test_only_its_owner_can_read_the_file(path: Path) -> None:
    kept(path, caught())
    assert path.stat().st_mode & 0o077 == 0


def test_several_stores_write_into_one_file(path: Path) -> None:
    def fill(number: int) -> int:
        store = Store(path, Limits(max_age=1e9))
        for i in range(100):
            store.put(caught(connection=f"{number}-{i}"))
        store.close()
        return store.dropped

    with ThreadPoolExecutor(4) as pool:
        dropped = sum(pool.map(fill, range(4)))
    with open_stored(os.fspath(path)) as stored:
        assert len(stored.caught()) + dropped == 400
        assert dropped == 0


def test_what_is_put_after_a_close_is_written_too(path: Path) -> None:
    store = Store(path, Limits(max_age=1e9))
    store.put(caught())
    store.close()
    store.put(caught(at=NOW + 1))
    store.close()
    with open_stored(os.fspath(path)) as stored:
        assert len(stored.caught()) == 2


def test_what_is_older_than_the_limit_goes(path: Path) -> None:
    import time

    old, new = caught(at=time.time() - 7200), caught(at=time.time())
    with open_stored(kept(path, old, new, limits=Limits(max_age=3600))) as stored:
        assert stored.caught() == [new]
        assert stored.tally("pruned") == 1


def test_a_store_stays_below_its_size_and_keeps_what_is_newest(path: Path) -> None:
    most = 1024 * 1024
    store = Store(path, Limits(max_size=most, max_age=1e9))
    large = MessageSeen(after=0.0, sent=True, size=2000, data=b"x " * 1000)
    for number in range(4000):
        store.put(connection(at=NOW + number, connection=f"c{number}", messages=(large,)))
        store.put(caught(at=NOW + number, connection=f"c{number}"))
        if number % 500 == 0:
            assert until(lambda: store.waiting == 0)
    store.close()
    assert path.stat().st_size < 3 * most
    with open_stored(os.fspath(path)) as stored:
        assert stored.connections()[-1].connection == "c3999"
        assert stored.caught()[-1].connection == "c3999"
        assert stored.tally("pruned") > 0


def test_a_connection_too_large_for_a_row_loses_its_messages(path: Path) -> None:
    huge = MessageSeen(after=0.0, sent=True, size=200_000, data=b"x " * 100_000)
    with open_stored(kept(path, connection(messages=(huge,)))) as stored:
        assert stored.connections() == [replace(connection(), messages=())]


@pytest.mark.parametrize("content", [b"", b"plain text, long enough to be looked at" * 40])
def test_a_file_that_is_no_store_is_refused_in_one_sentence(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(UsageError, match="cannot be read"):
        open_stored(os.fspath(path))


def test_the_database_of_another_program_is_neither_read_nor_written(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE theirs (x)")
    database.close()
    store = Store(path)
    store.put(caught())
    store.close()

    assert store.dropped == 1
    with pytest.raises(UsageError, match="not a store of hangup"):
        open_stored(os.fspath(path))


def test_a_missing_store_is_not_made_by_reading(path: Path) -> None:
    with pytest.raises(UsageError, match="there is no such file"):
        open_stored(os.fspath(path))
    assert not path.exists()
