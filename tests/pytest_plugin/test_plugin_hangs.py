"""A test that hangs is ended by its deadline, whatever it does, and its place is named."""

from __future__ import annotations

import re

import pytest

from .conftest import SUITES, Run, Suite

DEADLINE = 0.5
SOURCE = (SUITES / "hanging" / "test_hangs.py").read_text()
HANGING = re.findall(r"def (test_\w+)\(.*\):\n(?:    .*\n|\n)*?    .*# here", SOURCE)
WITHIN = 1.0
"""Seconds after its deadline by which a hung test is over."""


@pytest.fixture(scope="module")
def hung(run: Run) -> Suite:
    return run(SUITES / "hanging")


def test_all_are_looked_at() -> None:
    assert len(HANGING) == SOURCE.count("# here")


@pytest.mark.parametrize("name", HANGING)
def test_a_hang_is_ended_and_its_place_is_named(hung: Suite, name: str) -> None:
    test = f"test_hangs::{name}"
    assert hung.outcomes[test] == "failed"
    assert "hung: it did not end within 0.5 s" in hung.says[test]
    assert f"in {name}" in hung.says[test]
    assert hung.seconds[test] < DEADLINE + WITHIN


def test_the_others_go_on(hung: Suite) -> None:
    assert hung.outcomes["test_hangs::test_the_others_go_on"] == "passed"


def test_xdist_goes_on_too(run: Run) -> None:
    suite = run(SUITES / "hanging", options=("-n", "2"))
    assert [t for t, came in suite.outcomes.items() if came == "passed"] == [
        "test_hangs::test_the_others_go_on"
    ]


def test_alone_the_run_ends_with_the_place(run: Run) -> None:
    options = ("-o", "hangup_apart=false", "-k", "keeps_the_lock")
    suite = run(SUITES / "hanging", options=options)
    assert suite.status == 1
    assert "in test_c_keeps_the_lock" in suite.output
