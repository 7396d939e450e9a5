"""Each way in which a test passes wrongly is caught, under its name, and no honest test is."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from .conftest import SUITES, Run, Suite

WRONG = sorted((SUITES / "wrong").glob("test_*.py"))


@pytest.fixture(scope="module")
def wrong(run: Run) -> Suite:
    return run(SUITES / "wrong")


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem[5:])
def test_a_wrong_pass_is_caught(wrong: Suite, path: Path) -> None:
    name = ast.get_docstring(ast.parse(path.read_text()))
    found = {test: wrong.says[test] for test in wrong.outcomes if test.startswith(f"{path.stem}::")}
    assert found
    assert all(wrong.outcomes[test] == "failed" for test in found)
    assert all(name in says for says in found.values()), found


def test_there_are_enough_of_them() -> None:
    assert len(WRONG) >= 20


def test_each_of_them_passes_without_the_plugin(run: Run) -> None:
    hangs = SUITES / "wrong" / "test_a_known_issue_hides_a_hang.py"
    options = ("-p", "no:hangup", f"--ignore={hangs}")
    suite = run(SUITES / "wrong", options=options, settings="markers = websocket\n")
    assert [test for test, came in suite.outcomes.items() if came == "failed"] == []


def test_no_honest_test_is_failed(run: Run) -> None:
    suite = run(SUITES / "honest")
    assert {
        test: suite.says[test] for test, came in suite.outcomes.items() if came == "failed"
    } == {}
    assert sum(came == "passed" for came in suite.outcomes.values()) >= 20
    assert suite.status == 0


@pytest.mark.parametrize(
    "options", [("-n", "2"), ("-o", "hangup_apart=false")], ids=["xdist", "one"]
)
def test_they_are_caught_in_other_ways_of_running(run: Run, options: tuple[str, ...]) -> None:
    suite = run(SUITES / "wrong", options=options)
    assert [test for test, came in suite.outcomes.items() if came != "failed"] == []
    honest = run(SUITES / "honest", options=options)
    assert [test for test, came in honest.outcomes.items() if came == "failed"] == []


def test_only_marked_tests_are_doubted_when_it_is_said(run: Run) -> None:
    suite = run(SUITES / "wrong", settings="hangup_guard = marked\n")
    assert suite.outcomes["test_a_drop_is_no_matter::test_conversation"] == "passed"
    assert suite.outcomes["test_a_mock_answers::test_echo"] == "failed"
