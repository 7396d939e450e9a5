"""Whatever happens to the store, the application never notices, and what is lost is counted."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from seen_examples import NOW, caught, connection, until

from hangup.store import Store, open_stored
from hangup.store.kept import Limits

LIMITS = Limits(max_age=1e9)
MOST_PER_PUT = 0.0005
"""Seconds that one put may take on average, whatever the store is doing."""


def timed_puts(store: Store, count: int) -> float:
    """Put items as 5,000 connections that end at once do; give the seconds that it took."""
    began = time.perf_counter()
    for number in range(count // 2):
        store.put(caught(connection=f"c{number}"))
        store.put(connection(connection=f"c{number}"))
    return time.perf_counter() - began


def counted(path: Path) -> int:
    with open_stored(os.fspath(path)) as stored:
        return len(stored.caught()) + len(stored.connections(most=100_000))


def test_five_thousand_connections_that_end_at_once_are_all_kept(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.db", LIMITS)
    took = timed_puts(store, 10_000)

    assert took < 10_000 * MOST_PER_PUT
    assert until(lambda: store.waiting == 0)
    store.close()
    assert (store.dropped, counted(tmp_path / "s.db")) == (0, 10_000)


def test_what_overflows_the_queue_is_dropped_counted_and_shown(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    Store(path, LIMITS).close()
    lock = locked(path)
    store = Store(path, LIMITS, most_waiting=100)
    took = timed_puts(store, 5000)

    assert took < 5000 * MOST_PER_PUT
    assert store.dropped >= 4800
    lock.close()
    assert until(lambda: store.waiting == 0)
    store.put(caught())
    store.close()
    with open_stored(os.fspath(path)) as stored:
        assert stored.tally("dropped") == store.dropped
    assert counted(path) + store.dropped == 5001


def locked(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("BEGIN EXCLUSIVE")
    return database


def test_a_locked_store_is_written_once_it_is_free(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    Store(path, LIMITS).close()
    lock = locked(path)
    store = Store(path, LIMITS)
    took = timed_puts(store, 200)
    assert took < 200 * MOST_PER_PUT
    lock.execute("ROLLBACK")
    lock.close()

    assert until(lambda: store.waiting == 0)
    store.close()
    assert (store.dropped, counted(path)) == (0, 200)


@pytest.mark.parametrize("kind", ["missing folder", "a folder", "another format"])
def test_a_path_that_cannot_be_written_costs_only_what_is_counted(
    kind: str, tmp_path: Path
) -> None:
    path = tmp_path / "place"
    if kind == "a folder":
        path.mkdir()
    if kind == "another format":
        path.write_bytes(b"no database at all " * 100)
    store = Store(path / "s.db" if kind == "missing folder" else path, LIMITS)
    took = timed_puts(store, 50)
    store.close()

    assert took < 50 * MOST_PER_PUT + 0.05
    assert store.dropped == 50


FILL = """
import sys
sys.path[:0] = {path!r}
import resource
from seen_examples import caught, until
from hangup.store import Store
from hangup.store.kept import Limits
resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {most}))
import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = Store({store!r}, Limits(max_age=1e9), most_waiting=200)
for number in range(3000):
    store.put(caught(connection=f"c{{number}}", message="words of an exception " * 40))
    if number % 500 == 0:
        until(lambda: store.waiting == 0, within=0.5)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
until(lambda: store.waiting == 0)
store.put(caught())
store.close()
print(store.dropped)
"""


def test_a_full_disk_loses_only_what_is_counted(tmp_path: Path) -> None:
    path, most = tmp_path / "s.db", 400_000
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    if hard != resource.RLIM_INFINITY:
        pytest.fail("the size of files is limited here, so that no limit can be lifted")
    script = FILL.format(path=sys.path, most=most, store=os.fspath(path))
    script = script.replace(f"({most}, {most})", f"({most}, resource.RLIM_INFINITY)")
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=50, check=False
    )

    assert done.returncode == 0, done.stderr
    dropped = int(done.stdout)
    assert dropped > 0
    assert "cannot be written for now" in done.stderr
    assert counted(path) + dropped == 3001
    with open_stored(os.fspath(path)) as stored:
        assert stored.tally("dropped") == dropped


KILLED = """
import sys, time
sys.path[:0] = {path!r}
from seen_examples import caught
from hangup.store import Store
from hangup.store.kept import Limits
store = Store({store!r}, Limits(max_age=1e9))
number = 0
while True:
    for _ in range(20):
        store.put(caught(at=time.time(), connection=f"c{{number}}"))
        number += 1
    print(time.time(), number, flush=True)
    time.sleep(0.01)
"""


def test_a_killed_process_loses_at_most_its_last_second(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    script = KILLED.format(path=sys.path, store=os.fspath(path))
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    told = [process.stdout.readline().split() for _ in range(250)]
    process.send_signal(signal.SIGKILL)
    rest, _ = process.communicate(timeout=20)
    told += [line.split() for line in rest.splitlines() if len(line.split()) == 2]

    last = float(told[-1][0])
    put_by_then = max(int(n) for at, n in told if float(at) < last - 1.0)
    with open_stored(os.fspath(path)) as stored:
        found = {each.connection for each in stored.caught()}
        assert {f"c{i}" for i in range(put_by_then)} <= found
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


FORKED = """
import os, sys
sys.path[:0] = {path!r}
from seen_examples import caught, until
from hangup.store import Store
from hangup.store.kept import Limits
store = Store({store!r}, Limits(max_age=1e9))
store.put(caught(connection="parent"))
until(lambda: store.waiting == 0)
child = os.fork()
store.put(caught(connection="child" if child == 0 else "parent again"))
store.close()
if child == 0:
    os._exit(0)
os.waitpid(child, 0)
"""


def test_a_forked_worker_writes_on_its_own(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    script = FORKED.format(path=sys.path, store=os.fspath(path))
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", script], timeout=30, check=False)

    assert done.returncode == 0
    with open_stored(os.fspath(path)) as stored:
        names = sorted(each.connection for each in stored.caught())
    assert names == ["child", "parent", "parent again"]


ENDS = """
import sys
sys.path[:0] = {path!r}
from seen_examples import caught
from hangup.store import Store
from hangup.store.kept import Limits
store = Store({store!r}, Limits(max_age=1e9))
for number in range(2000):
    store.put(caught(connection=f"c{{number}}"))
"""


def test_the_end_of_the_process_waits_for_what_was_put(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    script = ENDS.format(path=sys.path, store=os.fspath(path))
    done = subprocess.run([sys.executable, "-c", script], timeout=30, check=False)

    assert (done.returncode, counted(path)) == (0, 2000)


def test_an_item_that_is_none_is_counted_and_stops_no_other(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.db", LIMITS)
    store.put(object())  # type: ignore[arg-type]
    store.put(caught(at=NOW))
    store.close()

    assert store.dropped == 1
    assert counted(tmp_path / "s.db") == 1
