"""The client's reckoning, without a network: each event once, in order, whatever is repeated."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hangup.bridge.client.machine import (
    Again,
    BrokenError,
    Ended,
    Gap,
    GaveUpError,
    Machine,
    Place,
    Received,
    Refused,
)


def event(seq: int) -> dict[str, Any]:
    return {"type": "partial", "seq": seq, "run": "r", "step": seq, "at": 1.0, "text": str(seq)}


def welcomed(place: Place | None = None, *, last: int = 0) -> Machine:
    machine = Machine(place=place)
    machine.url("ws://x/")
    tell(machine, {"type": "welcome", "epoch": "e", "first": 1, "seq": last, "heartbeat": 9})
    return machine


def tell(machine: Machine, *messages: dict[str, Any]) -> None:
    for message in messages:
        machine.hear(json.dumps(message))


def seqs(machine: Machine) -> list[int]:
    return [item.seq for item in machine.items if isinstance(item, Received)]


def test_another_epoch_holds_from_the_first_event_that_follows_its_welcome() -> None:
    machine = welcomed(Place("before", 3), last=9)
    assert machine.place == Place("before", 3)
    tell(machine, event(4))
    assert machine.place == Place("e", 4)
    assert [item.epoch for item in machine.items if isinstance(item, Received)] == ["e"]


def test_an_epoch_that_refuses_the_place_does_not_get_its_number() -> None:
    machine = welcomed(Place("before", 3), last=9)
    failed = {"type": "resume_failed", "reason": "epoch", "after": 3, "first": 1, "seq": 9}
    tell(machine, {**failed, "epoch": "e"})
    assert machine.place == Place("e", 0)


@given(st.data())
def test_however_often_it_breaks_each_event_comes_once_and_in_order(data: st.DataObject) -> None:
    total, machine = data.draw(st.integers(1, 30)), welcomed()
    while machine.place is None or machine.place.seq < total:
        place = machine.place
        assert place is not None
        begin = data.draw(st.integers(max(1, place.seq - 3), place.seq + 1))
        end = data.draw(st.integers(begin, total))
        frames = [event(seq) for seq in range(begin, end + 1)]
        if data.draw(st.booleans()):
            tell(machine, {"type": "events", "events": frames})
        else:
            tell(machine, *frames)
    assert seqs(machine) == list(range(1, total + 1))


def test_a_number_that_was_left_out_breaks_the_connection_and_loses_nothing() -> None:
    machine = welcomed()
    batch = {"type": "events", "events": [event(1), event(2), event(4)]}
    with pytest.raises(BrokenError):
        tell(machine, batch)
    assert seqs(machine) == [1, 2]
    assert "after=2&epoch=e" in machine.url("ws://x/?own=1")


@pytest.mark.parametrize(
    "text", ["", "[]", "7", "{", '{"seq": 1, "step": 1}', '{"type": "events"}', "[" * 9999]
)
def test_what_is_not_of_the_protocol_breaks_the_connection(text: str) -> None:
    with pytest.raises(BrokenError):
        welcomed().hear(text)


def test_an_event_before_the_welcome_breaks_the_connection() -> None:
    with pytest.raises(BrokenError):
        tell(Machine(), event(1))


def test_what_is_unknown_is_ignored() -> None:
    machine = welcomed()
    tell(machine, {"type": "news", "x": 1}, {**event(1), "more": [1]})
    assert seqs(machine) == [1]


def test_a_gap_is_told_and_the_new_epoch_goes_on() -> None:
    machine = welcomed(Place("old", 7), last=9)
    failed = {"type": "resume_failed", "reason": "epoch", "after": 7, "epoch": "e", "first": 3}
    tell(machine, {**failed, "seq": 9}, event(3))
    assert machine.items[0] == Gap("epoch", 7, 3)
    assert machine.place == Place("e", 3)


def test_a_ping_is_answered_and_a_refused_message_told() -> None:
    machine = welcomed()
    tell(machine, {"type": "ping"}, {"type": "error", "code": "busy", "message": "m"})
    assert machine.replies == ['{"type":"pong"}']
    assert list(machine.items) == [Refused("busy", "m", "", "")]


@pytest.mark.parametrize("code", [1000, 1003, 1009, 4400, 4403, 4409])
def test_some_ends_are_final(code: int) -> None:
    with pytest.raises(GaveUpError):
        welcomed().after(Ended(code), 0.5)


@pytest.mark.parametrize("ended", [Ended(4401), Ended(status=401)])
def test_a_credential_is_asked_for_once(ended: Ended) -> None:
    machine = Machine()
    assert machine.after(ended, 0.5) == Again(0.0, refresh=True)
    with pytest.raises(GaveUpError):
        machine.after(ended, 0.5)


def test_a_credential_that_has_worked_may_be_refused_again() -> None:
    machine = Machine()
    machine.after(Ended(4401), 0.5)
    tell(machine, {"type": "welcome", "epoch": "e", "first": 1, "seq": 0, "heartbeat": 9})
    assert machine.after(Ended(4401), 0.5).refresh


def test_pauses_grow_are_drawn_and_begin_anew_after_a_long_stay() -> None:
    machine = Machine()
    pauses = [machine.after(Ended(1006), 1.0).pause for _ in range(9)]
    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert machine.after(Ended(1006), 0.0).pause == 0
    assert machine.after(Ended(1006, stayed=60), 1.0).pause == 0.5


@pytest.mark.parametrize(
    ("ended", "pause"),
    [
        (Ended(1012, "retry-after=2.5"), 2.5),
        (Ended(1012, "retry-after=99999"), 300.0),
        (Ended(1012, "retry-after=-1"), 0.25),
        (Ended(1013, "retry-after=7"), 0.25),
        (Ended(status=503, retry_after=7.0), 7.0),
        (Ended(status=502), 0.25),
    ],
)
def test_a_wish_of_the_server_is_kept_within_bounds(ended: Ended, pause: float) -> None:
    assert Machine().after(ended, 0.5).pause == pause


def test_the_users_own_query_stays() -> None:
    url = Machine(from_start=True).url("wss://x/ws?room=a%20b&after=9")
    assert url == "wss://x/ws?room=a+b&v=1&after=0"
