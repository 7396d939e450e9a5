from __future__ import annotations

import loads_told as example
import pytest
from msgspec.structs import replace

from hangup.load.document import Break, Closures, LoadReport, Spread, Start, Threshold
from hangup.load.report import words

FAILED = (
    Threshold(text="p99>5ms", value=12.09, failed=True),
    Threshold(text="lost>1", value=3.0, failed=True),
)
PASSED = (Threshold(text="p99>50ms", value=12.0, failed=False),)
BROKE = (
    "Broke at 1,019 open connections: "
    "HTTP 503 by the proxy (nginx), 'Service Temporarily Unavailable'"
)
BREAK = Break(words="", kind="a", cause=None, layer=None, first=Start(at_s=1, connection=8, open=7))


def broken_by(closures: Closures, at: int) -> LoadReport:
    start = replace(BREAK.first, open=at)
    met = replace(closures, words="refused", first=start)
    return replace(example.broke(), closures=(met,), first_break=replace(BREAK, first=start))


HEADLINES = {
    "1,000 of 1,000 connections held; p99 12 ms": example.healthy(),
    "1,000 of 1,000 connections held": replace(example.healthy(), latency_ms=Spread()),
    BROKE: example.broke(),
    "Broke with no other connection open: refused": broken_by(example.closures("a", 1), at=0),
    "Broke at 7 open connections: refused": broken_by(example.closures("a", 1), at=7),
    "Broke at connection 8, with 7 others open: refused": broken_by(
        example.closures("a", 1, lifetimes={3: 1}), at=7
    ),
    "Broke from 9 open connections on": replace(
        example.broke(), first_break=replace(BREAK, words="from 9 open connections on")
    ),
    "Interrupted after 3.2 s: 148 of 150 connections held; p99 12 ms": example.interrupted(),
    "No connection arrived": example.empty(),
    "Interrupted after 0 ms: no connection arrived": replace(example.empty(), interrupted=True),
    "Failed by p99>5ms (found 12.09 ms), and 1 other condition": replace(
        example.healthy(), thresholds=FAILED
    ),
}


@pytest.mark.parametrize("line", HEADLINES)
def test_the_headline_says_what_happened(line: str) -> None:
    assert words.headline(HEADLINES[line]) == line


@pytest.mark.parametrize(
    ("report", "outcome"),
    [
        (example.healthy(), "healthy"),
        (example.broke(), "fault"),
        (replace(example.broke(), thresholds=()), "fault"),
        (replace(example.broke(), thresholds=PASSED), "healthy"),
        (replace(example.broke(), thresholds=PASSED, interrupted=True), "inconclusive"),
        (replace(example.healthy(), thresholds=FAILED), "fault"),
        (example.empty(), "inconclusive"),
        (example.interrupted(), "inconclusive"),
    ],
)
def test_thresholds_decide_where_there_are_some_and_only_a_whole_run_is_proof(
    report: LoadReport, outcome: str
) -> None:
    assert words.outcome_of(report) == outcome


def test_connections_that_failed_without_a_first_break_are_a_fault() -> None:
    met = replace(example.healthy().connections, failed=2, opened=998)
    report = replace(example.healthy(), connections=met, thresholds=())
    assert words.outcome_of(report) == "fault"
    assert words.headline(report).startswith("998 of 1,000 connections held")


def test_one_connection_is_no_plural() -> None:
    assert words.many(1, "open connection") == "1 open connection"


def test_a_table_begins_with_what_was_not_wanted() -> None:
    kinds = [each.kind for each in words.by_count(example.broke().closures)]
    assert kinds == ["http-503", "fin", "closed-1011-reason", "finished"]


def test_what_they_ended_after_is_cut_and_counted() -> None:
    many = replace(example.refused(), after={f"message:{i}": i for i in range(1, 8)})
    assert words.after_words(many) == "message:7 (7), message:6 (6), message:5 (5), 4 more"
