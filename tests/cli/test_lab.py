"""`hangup lab` lists worlds, runs one, scores some, and says what it was not given."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from stand_in import Run

from hangup.lab.worlds import WORLDS

KEYS = {
    "schema", "hangup", "worlds", "faulty", "healthy", "layer_right", "cause_right",
    "false_alarms", "hung", "not_executed", "brier", "median_s", "median_connections", "baselines",
}  # fmt: skip


def slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def test_every_world_has_a_name_of_its_own() -> None:
    assert len({slug(world.name) for world in WORLDS}) == len(WORLDS)


def test_worlds_are_listed_by_the_words_of_name_or_truth(run: Run) -> None:
    every, some = run("lab", "list"), run("lab", "list", "auth.expired")
    assert (every.status, some.status) == (0, 0)
    assert every.out.count("\n") == 2 * len(WORLDS)
    assert "expired, 401\n    auth.expired; scripted peer\n" in some.out
    assert "healthy" not in some.out


def test_held_out_worlds_are_listed_as_such(run: Run) -> None:
    apart = sum(world.held_out for world in WORLDS)
    assert run("lab", "list").out.count("; held out\n") == apart > 0


def test_public_cases_are_listed_with_their_worlds_or_the_reason_for_none(run: Run) -> None:
    told, document = run("lab", "cases"), run("lab", "cases", "--json")
    assert (told.status, document.status) == (0, 0)
    assert "C008 upgrade.no-ws-library\n    no WebSocket library\n" in told.out
    assert "\n    not run: needs a browser\n" in told.out
    covered = json.loads(document.out)
    assert covered["run"] == sum("worlds" in case for case in covered["cases"])
    told_first = f"{covered['run']} of {covered['total']} public cases are run by a world"
    assert told.out.startswith(told_first)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("lab", "run", "no such world"), "there is no such world"),
        (("lab", "list", "no-such-word"), "no world's name or truth holds no-such-word"),
        (("lab", "score", "expired", "--report", "a.txt"), "must end in .html, .md or .json"),
        (("lab", "score", "expired", "--report", "nowhere/a.md"), "does not exist"),
        (("lab", "score", "--at-once", "0"), "--at-once"),
        (("lab", "expect", "no-such"), "no server named 'no-such'"),
    ],
)
def test_a_wrong_call_is_one_sentence_and_2(run: Run, args: tuple[str, ...], said: str) -> None:
    outcome = run(*args)
    assert outcome.status == 2
    assert said in outcome.err
    assert outcome.err.count("\n") == 1


def test_a_server_is_held_against_the_table(run: Run) -> None:
    outcome = run("lab", "expect", "websockets")
    assert (outcome.status, outcome.out) == (0, "14 cells measured, 0 differences\n")
    assert outcome.err == "websockets done\n"


def test_a_world_is_run_and_held_against_its_truth(run: Run) -> None:
    outcome = run("lab", "run", "expired-401", "--json")
    assert outcome.status == 0
    assert json.loads(outcome.out)["cause"] == "auth.expired"
    assert "truth: auth.expired; the verdict is right" in outcome.err


def test_a_score_is_written_in_every_form(run: Run, tmp_path: Path) -> None:
    files = [tmp_path / f"score{ending}" for ending in (".html", ".md", ".json")]
    reports = [arg for file in files for arg in ("--report", str(file))]
    outcome = run("lab", "score", "expired,", "--json", *reports)
    assert outcome.status == 0
    document = json.loads(outcome.out)
    assert document.keys() >= KEYS
    assert document["cause_right"] == document["faulty"] == document["worlds"] == 3
    assert document["baselines"]["lookup"].keys() >= {"layer_right", "cause_right"}
    assert json.loads(files[2].read_text()) == document
    assert all(file.stat().st_size > 500 for file in files)
    assert "3/3 right" in outcome.err


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_a_killed_score_leaves_no_process_behind() -> None:
    mark = f"HANGUP_MARK={os.getpid()}"
    name, _, value = mark.partition("=")
    command = [sys.executable, "-m", "hangup", "lab", "score", "exception after accept"]
    score = subprocess.Popen(
        command, env={**os.environ, name: value}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert score.stderr
    score.stderr.readline()  # one world is over, others are under way
    assert len(_marked(mark)) > 1
    score.send_signal(signal.SIGKILL)
    score.wait()
    score.stderr.close()
    deadline = time.monotonic() + 10
    while (left := _marked(mark)) and time.monotonic() < deadline:
        os.sched_yield()
    assert left == []


def _marked(mark: str) -> list[int]:
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark.encode() in environ.read_bytes().split(b"\0"):
                found.append(int(environ.parent.name))
        except OSError:
            continue
    return found
