"""What of a record can be held against its baseline."""

from __future__ import annotations

from hand_made import OPEN, closed, trace, works

from hangup.event import BUDGET_ENDED, DeadlineExpired, StreamEnded
from hangup.record import Record

DIED_AT = 0.497
"""Seconds that the baseline of `closed` lived."""


def names(record: Record, experiment: str) -> list[str]:
    return [trace.id for trace, _ in record.comparable(experiment)]


def test_traces_stand_by_experiment_in_their_order() -> None:
    record = Record([works(id="t1"), works(id="t2", experiment="idle"), works(id="t3")])
    assert [trace.id for trace, _ in record.of("baseline")] == ["t1", "t3"]


def test_traces_of_a_later_experiment_come_last() -> None:
    record = Record([works(id="t1")])
    record.add([works(id="t2")])
    assert [trace.id for trace in record.traces] == ["t1", "t2"]


def test_there_is_no_baseline_before_it_ran() -> None:
    assert Record([works(experiment="idle")]).baseline is None


def test_a_connection_given_up_younger_than_the_baseline_died_survived_nothing() -> None:
    record = Record([closed(1011, id="t1"), works(DIED_AT - 0.1, id="t2", experiment="idle")])
    assert names(record, "idle") == []


def test_a_connection_that_outlived_the_baseline_can_be_compared() -> None:
    record = Record([closed(1011, id="t1"), works(DIED_AT + 0.1, id="t2", experiment="idle")])
    assert names(record, "idle") == ["t2"]


def test_a_connection_that_died_young_can_be_compared() -> None:
    died = trace(*OPEN, StreamEnded(at=0.1), id="t2", experiment="idle")
    assert names(Record([closed(1011, id="t1"), died]), "idle") == ["t2"]


def test_a_baseline_that_lived_bars_nothing() -> None:
    record = Record([works(5.0, id="t1"), works(0.1, id="t2", experiment="idle")])
    assert names(record, "idle") == ["t2"]


def test_the_first_of_an_experiment_is_the_first_that_can_be_compared() -> None:
    young = works(0.1, id="t2", experiment="idle")
    record = Record([closed(1011, id="t1"), young, works(0.9, id="t3", experiment="idle")])
    first = record.first("idle")
    assert first is not None
    assert first[0].id == "t3"


def test_a_conversation_that_the_budget_cut_proves_nothing() -> None:
    cut = DeadlineExpired(at=0.3, waiting_for=BUDGET_ENDED, since=0.0)
    ran = [
        trace(*OPEN, cut, *works().events[-1:], id=name, experiment=name)
        for name in ("repeat", "idle")
    ]
    record = Record([works(id="t1"), *ran])
    assert (names(record, "repeat"), names(record, "idle")) == ([], ["idle"])
