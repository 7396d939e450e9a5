"""The original report's tests say today what they said then, because they are run."""

from __future__ import annotations

import asyncio

import pytest

from hangup.demo.original_report import OriginalReport, run_original_report
from hangup.demo.worlds import WORLDS


def report_on(name: str) -> OriginalReport:
    world = next(each for each in WORLDS if each.name == name)
    with world.start() as running:
        return asyncio.run(run_original_report(running.url, running.token))


@pytest.fixture(scope="module")
def incident() -> OriginalReport:
    return report_on("incident")


def test_two_pass_two_fail_two_hang_and_messages_are_blamed(incident: OriginalReport) -> None:
    assert incident.summary() == {"passed": 2, "failed": 2, "hung": 2, "blamed": "message"}


def test_the_failures_show_what_was_really_received(incident: OriginalReport) -> None:
    errors = [test.error or "" for test in incident.tests if test.outcome == "failed"]
    assert len(errors) == 2
    assert all("received 1011 (internal error) Internal error; then sent" in e for e in errors)


def test_the_conclusion_clears_what_was_never_tested(incident: OriginalReport) -> None:
    assert incident.conclusion == (
        "Connection works. Authentication works. The backend's message handling fails."
    )


def test_hung_tests_say_that_they_were_cut(incident: OriginalReport) -> None:
    hung = [test for test in incident.tests if test.outcome == "hung"]
    assert {test.error for test in hung} == {"cut after 1 s"}
    assert "waiting up to 120 s" in hung[0].printed[-1]


def test_the_report_takes_no_longer_than_its_cut(incident: OriginalReport) -> None:
    assert max(test.elapsed_s for test in incident.tests) < 5


def test_all_pass_on_the_healthy_backend() -> None:
    report = report_on("healthy")
    assert report.summary() == {"passed": 6, "failed": 0, "hung": 0, "blamed": None}


def test_a_proxy_that_strips_the_upgrade_fails_the_connection() -> None:
    report = report_on("no-upgrade")
    assert report.blamed == "connection"
