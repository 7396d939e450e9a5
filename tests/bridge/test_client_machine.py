"""The client's reckoning, without a network: each event once, in order, whatever is repeated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hangup.bridge.client.machine import (
    Again,
    Answer,
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


PAUSES = json.loads((Path(__file__).parent / "pauses.json").read_text("utf-8"))
"""How connections ended, and when each client comes back."""
WELCOME: dict[str, Any] = {"type": "welcome", "epoch": "e", "first": 1, "seq": 0, "heartbeat": 9}


def welcomed(place: Place | None = None, *, last: int = 0) -> Machine:
    machine = Machine(place=place)
    machine.url("ws://x/")
    tell(machine, {**WELCOME, "seq": last})
    return machine


def tell(machine: Machine, *messages: dict[str, Any]) -> None:
    for message in messages:
        machine.hear(json.dumps(message))


def seqs(machine: Machine) -> list[int]:
    return [item.seq for item in machine.items if isinstance(item, Received)]


def test_another_term_holds_from_the_first_event_that_follows_its_welcome() -> None:
    machine = welcomed(Place("e.before", 3), last=9)
    assert machine.place == Place("e.before", 3)
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
    with pytest.raises(BrokenError) as broken:
        tell(machine, batch)
    assert broken.value.code == 4410
    assert seqs(machine) == [1, 2]
    assert "after=2&epoch=e" in machine.url("ws://x/?own=1")


@pytest.mark.parametrize(
    "text", ["", "[]", "7", "{", '{"seq": 1, "step": 1}', '{"type": "events"}', "[" * 9999]
)
def test_what_is_not_of_the_protocol_breaks_the_connection(text: str) -> None:
    with pytest.raises(BrokenError) as broken:
        welcomed().hear(text)
    assert broken.value.code == 4400


@pytest.mark.parametrize("seq", ["1", 1.5, True, None, 2**53])
def test_a_number_is_whole_and_one_that_every_client_can_hold(seq: Any) -> None:
    with pytest.raises(BrokenError) as broken:
        tell(welcomed(), event(seq))
    assert broken.value.code == 4400


@pytest.mark.parametrize("heartbeat", [0, -1, "x", float("nan"), float("inf")])
def test_a_heartbeat_is_a_time(heartbeat: Any) -> None:
    with pytest.raises(BrokenError):
        tell(Machine(), {**WELCOME, "heartbeat": heartbeat})


def test_an_event_before_the_welcome_breaks_the_connection() -> None:
    with pytest.raises(BrokenError):
        tell(Machine(), event(1))


def test_what_is_no_word_of_the_bridge_is_an_answer_of_the_application() -> None:
    machine = welcomed()
    tell(machine, {"type": "news", "x": 1}, {**event(1), "more": [1]}, {"type": "pong", "id": 1})
    assert machine.items[0] == Answer("news", {"x": 1})
    assert [type(item) for item in machine.items] == [Answer, Received]


def test_a_gap_is_told_and_the_new_epoch_goes_on() -> None:
    machine = welcomed(Place("old", 7), last=9)
    failed = {"type": "resume_failed", "reason": "epoch", "after": 7, "epoch": "e", "first": 3}
    tell(machine, {**failed, "seq": 9}, event(3))
    assert [type(item) for item in machine.items] == [Gap, Received]
    assert machine.items[0] == Gap("epoch", 7, 3)
    assert machine.place == Place("e", 3)


def test_another_epoch_is_a_gap_even_if_the_server_does_not_say_so() -> None:
    machine = welcomed(Place("old", 7), last=9)
    assert machine.place == Place("old", 7)  # the server may still say what is there
    tell(machine, event(1), event(2))
    assert machine.items[0] == Gap("epoch", 7, 1)
    assert seqs(machine) == [1, 2]
    assert machine.place == Place("e", 2)


def test_what_lies_before_the_first_event_of_another_epoch_is_asked_for() -> None:
    machine = welcomed(Place("old", 7), last=9)
    with pytest.raises(BrokenError):
        tell(machine, event(10))
    assert list(machine.items) == [Gap("epoch", 7, 1)]
    assert "after=0&epoch=e" in machine.url("ws://x/")


def test_an_empty_log_begins_before_its_first_number() -> None:
    machine = welcomed()
    assert machine.place == Place("e", 0)
    tell(machine, event(1))
    assert seqs(machine) == [1]


def test_a_ping_is_answered_and_a_refused_message_told() -> None:
    machine = welcomed()
    tell(machine, {"type": "ping"}, {"type": "error", "code": "busy", "message": "m"})
    assert machine.replies == ['{"type":"pong"}']
    assert list(machine.items) == [Refused("busy", "m", "", "")]


@pytest.mark.parametrize("row", PAUSES, ids=[row["name"] for row in PAUSES])
def test_it_comes_back_when_the_table_says(row: dict[str, Any]) -> None:
    machine, found = Machine(), []
    for end in row["ends"]:
        if end.get("welcome"):
            tell(machine, WELCOME)
        ended = Ended(end["code"], end.get("reason", ""), stayed=end.get("stayed", 0.0))
        try:
            again = machine.after(ended, row["drawn"])
        except GaveUpError:
            found.append(None)
        else:
            found.append(f"refresh {again.pause:g}" if again.refresh else again.pause)
    assert found == row["pauses"]


@pytest.mark.parametrize(
    ("ended", "again"),
    [
        (Ended(status=401), Again(0.0, refresh=True)),
        (Ended(status=429), Again(1.25)),
        (Ended(status=429, retry_after=7.0), Again(7.0)),
        (Ended(status=503, retry_after=7.0), Again(7.0)),
        (Ended(status=502), Again(0.25)),
    ],
)
def test_a_status_is_as_its_code(ended: Ended, again: Again) -> None:
    assert Machine().after(ended, 0.5) == again


def test_a_forbidden_handshake_is_an_end() -> None:
    with pytest.raises(GaveUpError) as gave_up:
        Machine().after(Ended(status=403, reason="refused"), 0.5)
    assert gave_up.value.code == 403


def test_the_users_own_query_stays() -> None:
    url = Machine(from_start=True).url("wss://x/ws?room=a%20b&after=9")
    assert url == "wss://x/ws?room=a+b&v=1&after=0"
