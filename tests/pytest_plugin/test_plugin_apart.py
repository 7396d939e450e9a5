"""Tests that are run in a process of their own come to what they come to in pytest's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import SUITES, Run

CRASHES = """
import os, signal, warnings
import pytest

@pytest.mark.websocket(opens=False)
def test_dies():
    os.kill(os.getpid(), signal.SIGSEGV)

def test_goes_on(record_property):
    record_property("kept", "yes")
    warnings.warn("mind the step", UserWarning)

def test_fails():
    assert "left" == "right"
"""
FIXTURES = """
import time
import pytest

@pytest.fixture(scope="session")
def costly():
    yield object()
    print("it was given back")

@pytest.mark.websocket(deadline=0.3, opens=False)
def test_hangs(costly):
    time.sleep(30)

def test_shares(costly):
    print(f"shared {costly is not None}")
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "test_it.py"
    path.write_text(text)
    return path


def test_a_process_that_dies_fails_its_test_only(run: Run, tmp_path: Path) -> None:
    suite = run(write(tmp_path, CRASHES))
    assert suite.outcomes == {
        "test_dies": "failed",
        "test_goes_on": "passed",
        "test_fails": "failed",
    }
    assert "crashed: its process ended with signal 11" in suite.says["test_dies"]
    assert "- right" in suite.says["test_fails"]
    assert suite.output.count("UserWarning: mind the step") == 1


def test_it_stops_where_pytest_would(run: Run, tmp_path: Path) -> None:
    suite = run(write(tmp_path, CRASHES), options=("-x",))
    assert list(suite.outcomes) == ["test_dies"]
    assert (suite.status, "stopping after 1 failures" in suite.output) == (1, True)


def test_fixtures_outlive_a_hang_and_are_given_back(run: Run, tmp_path: Path) -> None:
    suite = run(write(tmp_path, FIXTURES), options=("-s",))
    assert "shared True" in suite.output
    assert suite.output.count("it was given back") == 1


def test_a_session_is_left_when_a_test_says_so(run: Run, tmp_path: Path) -> None:
    text = CRASHES.replace("os.kill(os.getpid(), signal.SIGSEGV)", "pytest.exit('enough', 7)")
    suite = run(write(tmp_path, text))
    assert (suite.status, "enough" in suite.output) == (7, True)


@pytest.mark.parametrize("deadline", ["0", "'soon'", "-1", "float('inf')"])
def test_a_deadline_is_a_number_of_seconds(run: Run, tmp_path: Path, deadline: str) -> None:
    text = CRASHES.replace("opens=False", f"deadline={deadline}")
    suite = run(write(tmp_path, text))
    assert suite.status == 4
    assert "is no deadline in seconds" in suite.output


def test_nothing_is_tested_without_an_endpoint(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "def test_it(ws_connect):\n    with ws_connect() as socket:\n        socket.send('hi')\n"
    suite = run(write(tmp_path, text), endpoint=None)
    assert suite.outcomes == {"test_it": "failed"}
    assert "not executed: --hangup-url" in suite.says["test_it"]


def test_a_report_tells_each_outcome_by_its_name(run: Run, tmp_path: Path) -> None:
    told = tmp_path / "told.json"
    options = tuple(f"--hangup-report={tmp_path / name}" for name in ("told.json", "told.html"))
    run(SUITES / "wrong", SUITES / "honest", options=options)
    document = json.loads(told.read_text())
    outcomes = {
        check["name"]: check["outcome"] for phase in document["phases"] for check in phase["checks"]
    }
    assert document["outcome"] == "failed"
    assert outcomes["test_five_at_once"] == "masked"
    assert outcomes["test_is_real"] == "not-executed"
    assert outcomes["test_a_known_issue"] == "known-issue"
    assert outcomes["test_polls_with_a_sleep"] == "passed"
    assert "MASKED" in (tmp_path / "told.html").read_text()


def test_a_report_needs_an_ending_that_is_known(run: Run, tmp_path: Path) -> None:
    suite = run(write(tmp_path, CRASHES), options=("--hangup-report=told.doc",))
    assert (suite.status, "--hangup-report" in suite.output) == (4, True)
