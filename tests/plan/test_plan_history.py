"""Runs are kept, bounded, without secrets, and what cannot be kept never costs the run."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from many_paths import BUILD, hangup, talking

from hangup.errors import UsageError
from hangup.store import runs
from hangup.store.runs import keep, opened, usual_path

SECRET = "s3cret-of-alice"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with talking() as base:
        yield base


@pytest.fixture
def plan(tmp_path: Path) -> str:
    path = tmp_path / "plan.yaml"
    path.write_text(
        "endpoint: ${URL}\ndiagnose: false\nusers: {alice: {token: {env: ALICE}}}\n"
        "phases: [{name: p, checks: [{name: it opens, as: alice}]}]"
    )
    return str(path)


def test_two_runs_can_be_compared_without_an_option(url: str, plan: str, tmp_path: Path) -> None:
    first = hangup("test", plan, "--set", f"URL={url}/ok", state=tmp_path, ALICE=SECRET)
    second = hangup("test", plan, "--set", f"URL={url}/hostile", state=tmp_path, ALICE=SECRET)
    assert (first.returncode, second.returncode) == (0, 1)
    assert ("kept as r1" in first.stderr, "kept as r2" in second.stderr) == (True, True)
    compared = hangup("compare", "--json", state=tmp_path)
    assert compared.returncode == 1, compared.stderr
    document = json.loads(compared.stdout)
    assert document["counts"] == {"broken": 1}
    assert document["before"]["builds"] == document["after"]["builds"] == [BUILD]
    assert f"the build is the same, {BUILD}: no other build was tested" in document["notes"]


def test_no_secret_is_kept(url: str, plan: str, tmp_path: Path) -> None:
    store = tmp_path / "runs.sqlite"
    args = ("test", plan, "--set", f"URL={url}/ok?access_token={SECRET}", "--store", str(store))
    assert hangup(*args, state=tmp_path, ALICE=SECRET).returncode == 0
    assert b"it opens" in store.read_bytes()
    assert SECRET.encode() not in store.read_bytes()
    assert store.stat().st_mode & 0o077 == 0


def test_a_run_is_kept_only_when_it_is_wanted(url: str, plan: str, tmp_path: Path) -> None:
    args = ("test", plan, "--set", f"URL={url}/ok")
    done = hangup(*args, "--no-store", "--json", state=tmp_path, ALICE=SECRET)
    assert (done.returncode, json.loads(done.stdout)["run"]) == (0, None)
    assert not (tmp_path / "hangup").exists()


def test_a_store_may_be_named_by_the_environment(url: str, plan: str, tmp_path: Path) -> None:
    store = tmp_path / "here.sqlite"
    args = ("test", plan, "--set", f"URL={url}/ok", "--json")
    done = hangup(*args, state=tmp_path, ALICE=SECRET, HANGUP_RUNS=str(store))
    assert json.loads(done.stdout)["run"] == "r1"
    assert store.is_file()


def test_what_cannot_be_kept_costs_a_warning_only(url: str, plan: str, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.db"
    with sqlite3.connect(foreign) as database:
        database.execute("CREATE TABLE theirs (x)")
    before = foreign.read_bytes()
    in_file = tmp_path / "plan.yaml" / "runs.sqlite"
    for store, why in (
        (foreign, "it is not a store of test runs"),
        (in_file, "its folder is a file"),
    ):
        args = ("test", plan, "--set", f"URL={url}/ok", "--store", str(store))
        done = hangup(*args, state=tmp_path, ALICE=SECRET)
        assert done.returncode == 0
        assert done.stderr.startswith("hangup: the run is not kept: ")
        assert why in done.stderr
    assert foreign.read_bytes() == before


def test_two_runs_at_once_are_both_kept(url: str, plan: str, tmp_path: Path) -> None:
    store = str(tmp_path / "runs.sqlite")
    command = [sys.executable, "-m", "hangup", "test", plan, "--set", f"URL={url}/ok"]
    both = [subprocess.Popen([*command, "--store", store], stderr=subprocess.PIPE) for _ in "ab"]
    told = b"".join(each.communicate(timeout=60)[1] for each in both)
    assert b"kept as r1\n" in told
    assert b"kept as r2\n" in told


def test_many_writers_lose_nothing(tmp_path: Path) -> None:
    path = str(tmp_path / "runs.sqlite")
    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda n: keep(path, "p", "", time.time(), b"%d" % n), range(40)))
    assert ids == {f"r{number}" for number in range(1, 41)}


def test_the_store_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "MOST_RUNS", 3)
    path, now = str(tmp_path / "runs.sqlite"), time.time()
    for _ in range(5):
        keep(path, "p", "", now, b"")
    keep(path, "p", "", 1.0, b"")  # too old, and yet the one that was just run
    with opened(path) as kept:
        found = [number for number in range(1, 8) if kept.run(f"r{number}")]
    assert found == [4, 5, 6]
    assert keep(path, "p", "", now, b"") == "r7"
    with opened(path) as kept:
        assert kept.run("r6") is None


def test_the_run_before_is_one_of_the_same_plan_and_environment(tmp_path: Path) -> None:
    path, now = str(tmp_path / "runs.sqlite"), time.time()
    for plan, environment in (("a", "x"), ("a", "y"), ("b", "x"), ("a", "x"), ("c", "x")):
        keep(path, plan, environment, now, b"")

    def before(id: str) -> str:
        with opened(path) as kept:
            run = kept.run(id)
            found = kept.before(run) if run else None
        return found.id if found else ""

    assert [before(f"r{number}") for number in range(1, 6)] == ["", "r1", "r2", "r1", "r4"]


def test_the_usual_place_is_the_users_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    below_home = str(tmp_path / ".local" / "state" / "hangup" / "runs.sqlite")
    assert usual_path({"XDG_STATE_HOME": "/s"}) == "/s/hangup/runs.sqlite"
    assert usual_path({"XDG_STATE_HOME": "relative"}) == below_home
    assert usual_path({}) == below_home


def test_what_is_no_store_of_runs_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "runs.sqlite"
    for content, why in (
        (None, "there is no such file"),
        (b"no database at all" * 99, "not a database"),
    ):
        if content:
            path.write_bytes(content)
        with pytest.raises(UsageError, match=why), opened(str(path)):
            pass
