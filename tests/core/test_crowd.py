"""What many connections meet is read from their traces, and only where it was the endpoint's."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import pytest
from hand_made import ASKED, CONNECTED, ENDINGS, GIVEN_UP, OPEN, RESOLVED, works

from hangup import event as ev
from hangup.record import Record
from hangup.signs import SIGNS, Reading
from hangup.signs.crowd import AFTER_ONE, AFTER_TWO, AGAIN, STILL, told
from hangup.trace import Trace

BEGAN = 1_790_000_000.0
LEAVES = 10.0
"""Seconds at which the first one leaves; the second does two later."""
PING = ev.FrameSent(at=1.0, opcode="ping", size=2, data=b"1")
PONG = ev.FrameReceived(at=1.1, opcode="pong", size=2, wire_size=2, data=b"1")
SILENT = ev.TcpInfo(
    at=9.0, state="established", rtt_ms=1.0, retransmits=0, total_retransmits=0, unacked=0, lost=0
)
UNTAKEN = msgspec.structs.replace(SILENT, retransmits=4, total_retransmits=5, unacked=1)


def late(by: float) -> ev.DeadlineExpired:
    return ev.DeadlineExpired(at=3.0 + by, waiting_for="a pong", since=1.0)


def in_crowd(variant: str, *events: ev.Event, began: float = 0.0) -> Trace:
    return Trace(
        id=f"t-{variant}",
        experiment="crowd",
        variant=variant,
        url="ws://h/ws",
        began=BEGAN + began,
        events=events,
    )


def left_at(at: float) -> ev.FrameSent:
    return ev.FrameSent(at=at, opcode="close", size=2, code=1000)


def held(count: int, most: int, *met: ev.Event) -> list[Trace]:
    """Hold the first and the last two of so many; the last one leaves first."""
    met = met or (PING, PONG)
    leaves = {count: LEAVES, count - 1: LEAVES + 2}
    return [
        in_crowd(f"{n} of {most}", *OPEN, *met, left_at(leaves.get(n, 20.0)), GIVEN_UP)
        for n in (1, count - 1, count)
    ]


def in_vain(kind: str, place: int = 33, *more: ev.Event) -> Trace:
    return in_crowd(f"{place} of 64, in vain", *ENDINGS[kind].events, *more)


def let_in(variant: str, began: float, after: float = 0.0) -> Trace:
    """Let one in that began at some time, so long after that."""
    events = (msgspec.structs.replace(each, at=each.at + after) for each in OPEN)
    return in_crowd(variant, *events, left_at(after + 9.0), GIVEN_UP, began=began)


def refused(variant: str) -> Trace:
    return in_crowd(variant, *ENDINGS["http-503"].events, began=LEAVES)


def read(name: str, traces: Iterable[Trace]) -> Reading | None:
    (sign,) = (sign for sign in SIGNS if sign.name == name)
    return sign.read(Record((works(), *traces)))


def value(name: str, traces: Iterable[Trace]) -> str | None:
    reading = read(name, traces)
    return reading.value if reading else None


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("http-503", "refused"),
        ("http-429", "refused"),
        ("closed-1013", "refused"),
        ("closed-application", "refused"),
        ("eof-before-response", "cut-off"),
        ("reset-before-response", "cut-off"),
        ("tcp-refused", "cut-off"),
        ("fin", "cut-off"),
        ("silent-handshake", "mute"),
        ("tcp-silent", "unreachable"),
    ],
)
def test_what_the_next_one_meets_is_told_by_how_it_ended(kind: str, answer: str) -> None:
    assert value("crowd", [*held(32, 64), in_vain(kind)]) == answer


def test_the_reading_names_the_number_at_the_cliff_and_cites_the_refusal() -> None:
    reading = read("crowd", [*held(32, 64), in_vain("http-503")])
    assert reading
    assert reading.says == "the 33rd of 64 is refused with 503; 32 are open and answer"
    assert reading.trace == "t-33 of 64, in vain"


def test_who_comes_in_though_nobody_has_left_was_not_short_of_a_place() -> None:
    waited = let_in("33 of 64, in vain", began=2.0, after=3.0)
    reading = read("crowd", [*held(32, 64), waited, in_vain("silent-handshake", 34)])
    assert reading
    assert reading.value == "late"
    assert reading.says == "the 33rd of 64 is let in after 3.0 s, though nobody has left"
    slow = msgspec.structs.replace(PONG, at=PING.at + 0.4)
    reading = read("crowd", [*held(32, 64, PING, slow), waited])
    assert reading
    assert reading.value == "sluggish"
    assert reading.says.endswith(
        "nobody has left, and those who are there answer a ping after 0.4 s"
    )
    after_one_left = let_in("33 of 64, in vain", began=2.0, after=LEAVES)
    assert (
        value("crowd", [*held(32, 64), after_one_left, in_vain("silent-handshake", 34)]) == "mute"
    )


@pytest.mark.parametrize(
    ("places", "word"), [(10, "11th"), (20, "21st"), (21, "22nd"), (51, "52nd"), (59, "60th")]
)
def test_numbers_are_written_as_they_are_said(places: int, word: str) -> None:
    reading = read("crowd", [*held(places, 64), in_vain("http-503")])
    assert reading
    assert reading.says.startswith(f"the {word} of 64 is refused")


def test_a_full_crowd_that_answers_is_well() -> None:
    traces = held(64, 64)
    assert value("crowd", traces) == "all-work"
    assert value("readmission", traces) == "nobody-refused"
    assert told(Record((works(), *traces))) == "64 were open at the same time and answered"


def test_a_crowd_that_was_cut_before_it_was_full_says_nothing() -> None:
    assert value("crowd", held(40, 64)) is None
    assert told(Record((works(), *held(40, 64)))) == "40 of 64 were open when it was cut"


def test_a_crowd_that_nobody_asked_whether_it_answers_says_nothing() -> None:
    unasked = held(32, 64, PONG)
    assert value("crowd", [*unasked, in_vain("http-503")]) is None


def test_a_request_that_tcp_does_not_take_met_a_full_queue_although_it_seemed_connected() -> None:
    taken = in_crowd("33 of 64, in vain", *ASKED, SILENT, GIVEN_UP)
    dropped = in_crowd("34 of 64, in vain", *ASKED, UNTAKEN, GIVEN_UP)
    assert value("crowd", [*held(32, 64), taken]) == "mute"
    assert value("crowd", [*held(32, 64), taken, dropped]) == "unreachable"


@pytest.mark.parametrize("failure", ["tcp.no-descriptors-here", "tcp.no-local-address"])
def test_our_own_limits_are_nobody_elses(failure: str) -> None:
    failed = ev.ConnectFailed(
        at=0.1, address="127.0.0.1", port=80, failure=failure, text="", took=0.0
    )
    ours = in_crowd("33 of 64, in vain", RESOLVED, CONNECTED[1], failed)
    assert value("crowd", [*held(32, 64), ours]) is None
    assert value("readmission", [*held(32, 64), ours]) is None


@pytest.mark.parametrize("kind", ["dns-failed", "dns-silent"])
def test_a_resolver_that_tires_of_many_is_not_the_endpoint(kind: str) -> None:
    assert value("crowd", [*held(32, 64), in_vain(kind)]) is None


def test_a_pong_that_does_not_come_in_time_is_a_stall() -> None:
    assert value("crowd", held(32, 64, PING, late(0.01))) == "all-stall"


def test_a_pong_that_we_were_late_to_look_for_is_none() -> None:
    assert value("crowd", held(64, 64, PING, late(1.5), PONG)) == "all-work"


def test_some_that_answer_tell_a_part_from_all() -> None:
    answering = in_crowd("5 of 64", *OPEN, PING, PONG, left_at(20.0), GIVEN_UP)
    assert value("crowd", [answering, *held(32, 64, PING, late(0.01))]) == "some-stall"


def test_a_stall_is_told_before_what_one_more_meets() -> None:
    stalled = [*held(32, 64, PING, late(0.01)), in_vain("silent-handshake")]
    assert value("crowd", stalled) == "all-stall"
    assert value("readmission", stalled) is None


def ended(place: int, age: float) -> Trace:
    frame = ev.FrameReceived(at=age, opcode="close", size=2, wire_size=2, code=4000)
    return in_crowd(f"{place} of 64", *OPEN, PING, PONG, frame, GIVEN_UP)


def test_old_ones_that_are_ended_are_displaced_or_all_gone() -> None:
    young = 0.5
    assert value("crowd", [ended(1, young), *held(32, 64)]) == "displaced"
    assert value("crowd", [ended(1, young), ended(2, young)]) == "all-end"


def test_what_is_older_than_silence_was_seen_to_live_may_have_been_ended_by_a_timer() -> None:
    assert value("crowd", [ended(1, 1.8), *held(32, 64)]) is None


def talked(place: int, *, heard: bool) -> Trace:
    asked = ev.Expecting(at=1.2, what="any message", deadline=3.2)
    came = ev.Matched(at=1.3, what="any message")
    missed = ev.DeadlineExpired(at=3.2, waiting_for="any message", since=1.2)
    events = (*OPEN, PING, PONG, asked, came if heard else missed, left_at(20.0), GIVEN_UP)
    return in_crowd(f"{place} of 64", *events)


@pytest.mark.parametrize(
    ("first", "last", "answer"),
    [(True, True, "all-work"), (True, False, "unserved"), (False, False, "all-stall")],
)
def test_one_that_is_let_in_and_gets_no_reply_is_not_served(
    first: bool, last: bool, answer: str
) -> None:
    base = msgspec.structs.replace(talked(1, heard=True), id="t0", experiment="baseline")
    (sign,) = (sign for sign in SIGNS if sign.name == "crowd")
    reading = sign.read(Record((base, talked(1, heard=first), talked(64, heard=last))))
    assert reading
    assert reading.value == answer


MET = [*held(32, 64), in_vain("http-503")]


@pytest.mark.parametrize(
    ("tries", "answer"),
    [
        ([refused(AGAIN), refused(AFTER_ONE), refused(AFTER_TWO), refused(STILL)], "not-soon"),
        ([let_in(AGAIN, LEAVES)], "with-time"),
        ([refused(AFTER_ONE), refused(AFTER_TWO), let_in(STILL, LEAVES + 3)], None),
        ([refused(AFTER_ONE), refused(AFTER_TWO), let_in("33 of 64, in vain", 1.0, 15.0)], None),
        (
            [
                refused(AGAIN),
                let_in(AFTER_ONE, LEAVES + 0.3),
                let_in(AFTER_TWO, LEAVES + 2.3),
                refused(STILL),
            ],
            "when-one-leaves",
        ),
        ([refused(AFTER_ONE), let_in(AFTER_TWO, LEAVES + 2.3)], None),
        ([let_in(n, LEAVES + 2.3) for n in (AFTER_ONE, AFTER_TWO, STILL)], None),
        ([], None),
    ],
)
def test_a_limit_of_connections_follows_who_leaves_and_one_of_rate_the_time(
    tries: list[Trace], answer: str | None
) -> None:
    assert value("readmission", [*MET, *tries]) == answer


@pytest.mark.parametrize(("lag", "answer"), [(0.02, "at-once"), (0.9, "later")])
def test_one_that_waited_is_let_in_as_soon_as_there_is_a_place_or_when_it_is_looked_for(
    lag: float, answer: str
) -> None:
    waited = [
        let_in(AFTER_ONE, 1.0, LEAVES - 1.0 + lag),
        let_in(AFTER_TWO, 1.0, LEAVES + 1.0 + lag),
    ]
    mute = [*held(32, 64), in_vain("silent-handshake"), *waited]
    assert value("readmission", mute) == answer


def test_the_outcome_tells_the_cliff_and_what_helps() -> None:
    tries = [let_in(AFTER_ONE, LEAVES + 0.3), let_in(AFTER_TWO, LEAVES + 2.3)]
    assert told(Record((works(), *MET, *tries))) == (
        "the 33rd of 64 is refused with 503; 32 are open and answer; one is let in after one has "
        "left, another after another one, and none before"
    )
