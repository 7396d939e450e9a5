"""A sign gives one of its own answers or none, and cites an event that is there."""

from __future__ import annotations

import msgspec
import pytest
from generated import ANY_RECORDS, PLAUSIBLE_RECORDS
from hand_made import ENDINGS, answered, closed, works
from hypothesis import given, settings

from hangup.ending import KINDS
from hangup.event import ResponseReceived
from hangup.experiments.catalogue import EXPERIMENTS
from hangup.judge import read_signs
from hangup.record import Record
from hangup.signs import SIGNS, Sign
from hangup.signs.repetition import ELSEWHERE
from hangup.signs.sign import Reading
from hangup.trace import Trace

VALUES = {sign.name: set(sign.values) for sign in SIGNS}
EACH_SIGN = pytest.mark.parametrize("sign", SIGNS, ids=lambda sign: sign.name)


@settings(max_examples=200)
@given(PLAUSIBLE_RECORDS)
def test_a_sign_gives_one_of_its_answers_and_an_event_that_is_there(traces: list[Trace]) -> None:
    record = Record(traces)
    sizes = {trace.id: len(trace.events) for trace in traces}
    for name, reading in read_signs(record, SIGNS).items():
        assert reading.value in VALUES[name]
        assert 0 <= reading.event < sizes[reading.trace]
        assert reading.says


@settings(max_examples=100)
@given(ANY_RECORDS)
def test_a_sign_gives_its_own_answers_whatever_follows_whatever(traces: list[Trace]) -> None:
    found = read_signs(Record(traces), SIGNS)
    assert {name for name, reading in found.items() if reading.value not in VALUES[name]} == set()


@EACH_SIGN
def test_a_sign_reads_nothing_where_nothing_was_recorded(sign: Sign) -> None:
    assert sign.read(Record()) is None


@EACH_SIGN
def test_a_sign_reads_nothing_without_the_baseline(sign: Sign) -> None:
    record = Record([_of(ENDINGS["fin"], sign.experiment)])
    assert sign.experiment in ("baseline", *_ALONE) or sign.read(record) is None


_ALONE = ("scheme", "smaller", "ping", "unverified", "messages", "idle", "addresses")
"""Experiments whose outcome says something by itself."""
HONEST = {
    *("addresses", "afterwards", "alone", "alpn", "as-browser", "at-once", "baseline", "crowd"),
    *(
        "delay",
        "differently",
        "idle",
        "listeners",
        "messages",
        "no-compression",
        "other-credential",
    ),
    *("other-type", "pauses", "ping", "pinged", "reconnect", "repeat", "resume", "silent-alone"),
    *("slow-reader", "smaller", "talking", "two-users", "unverified", "while-working"),
}
"""Experiments that ask for what the honest request does: a server that let it in answers them."""


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_ending_is_an_answer(kind: str) -> None:
    assert value("ending", ENDINGS[kind]) == kind


def reading(name: str, *traces: Trace) -> Reading:
    (sign,) = (sign for sign in SIGNS if sign.name == name)
    found = sign.read(Record(traces))
    assert found is not None
    return found


def said(name: str, *traces: Trace) -> str:
    return reading(name, *traces).says


def test_a_close_without_a_reason_is_said_so() -> None:
    assert said("reason", closed(1011)) == "the close frame gives no reason"
    assert said("reason", closed(1011, "")) != said("reason", closed(1011, "Internal error"))


def test_an_empty_body_is_said_so() -> None:
    assert said("meaning", answered(404)) == "the body is empty"


def test_what_changes_is_told_against_the_honest_request() -> None:
    elsewhere = _of(answered(403, "Forbidden"), "random-path")
    told = said("random-path", closed(1011, "oops"), elsewhere)
    assert told == "403 Forbidden; yours: closed 1011 'oops'"


def test_what_changes_nothing_is_told_once() -> None:
    assert said("bypass", closed(1011), _of(closed(1011), "bypass")) == "nothing: closed 1011"


@pytest.mark.parametrize("experiment", ["random-path", "no-credential", "origin"])
def test_what_the_honest_request_does_not_ask_for_may_be_refused_late(experiment: str) -> None:
    late = _of(slow(answered(500), 5.0), experiment)
    silent = _of(ENDINGS["silent-handshake"], experiment)
    for other in (late, silent):
        assert value("stalls", works(), other) == "answers"


@pytest.mark.parametrize("experiment", ["random-path", "delay"])
def test_whoever_is_let_in_late_was_held_up(experiment: str) -> None:
    assert value("stalls", works(), _of(slow(works(), 5.0), experiment)) == "stalls"


def test_each_experiment_asks_as_the_honest_request_does_or_is_known_to_ask_elsewhere() -> None:
    assert {each.name for each in EXPERIMENTS} == HONEST | ELSEWHERE


def test_an_honest_request_that_is_not_answered_was_held_up() -> None:
    silent = _of(ENDINGS["silent-handshake"], "delay")
    assert value("stalls", works(), silent) == "stalls"


def slow(trace: Trace, took: float) -> Trace:
    """The same, with an answer that took that many seconds."""
    events = (
        msgspec.structs.replace(event, took=took) if isinstance(event, ResponseReceived) else event
        for event in trace.events
    )
    return msgspec.structs.replace(trace, events=tuple(events))


def value(name: str, *traces: Trace) -> str:
    return reading(name, *traces).value


def _of(trace: Trace, experiment: str) -> Trace:
    assert experiment in {each.name for each in EXPERIMENTS}
    return Trace(
        id=trace.id, experiment=experiment, url=trace.url, began=trace.began, events=trace.events
    )
