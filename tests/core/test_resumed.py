"""What came after a reconnect is read from the numbers of messages."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hand_made import GIVEN_UP, OPEN, WE_CLOSED, answered, closed

from hangup import event as ev
from hangup.record import Record
from hangup.signs import SIGNS, Reading
from hangup.signs.numbered import uncounted
from hangup.trace import Trace

(SIGN,) = (sign for sign in SIGNS if sign.name == "resume")
(SEQUENCE,) = (sign for sign in SIGNS if sign.name == "sequence")
GAP = 0.05


def frame(at: float, data: bytes) -> ev.FrameReceived:
    return ev.FrameReceived(at=at, opcode="text", size=9, wire_size=9, data=data)


def numbers(values: Iterable[int], gap: float = GAP) -> list[ev.Event]:
    return [frame(0.1 + place * gap, b'{"seq": %d}' % value) for place, value in enumerate(values)]


def trace(variant: str, *events: ev.Event) -> Trace:
    experiment = "resume" if variant else "baseline"
    return Trace(
        id=f"t-{variant}",
        experiment=experiment,
        variant=variant,
        url="ws://h/ws",
        began=1_790_000_000.0,
        events=(*OPEN, *events, WE_CLOSED, GIVEN_UP),
    )


BASE = trace("", *numbers(range(1, 20)))


def read(again: Trace, before: Iterable[int] = (1, 2, 3), base: Trace = BASE) -> Reading | None:
    return SIGN.read(Record((base, trace("broken off", *numbers(before)), again)))


@pytest.mark.parametrize(
    ("came", "gap", "answer"),
    [
        (range(4, 20), 0.0, "continues"),
        ((9, 4, 5, 6, 7, 8, 10), 0.0, "continues"),
        (range(8, 20), GAP, "gap"),
        ((4, 5, 8, 9), GAP, "gap"),
        ((4, 10**17), GAP, "gap"),
        ((2, 3, 4, 5), 0.0, "repeats"),
        ((4, 4, 5, 5), 0.0, "repeats"),
        (range(1, 20), 0.001, "repeats"),
        (range(1, 20), GAP, "from-start"),
        ((1, 2), 0.0, "from-start"),
        ((0, 1, 2, 3), GAP, "from-start"),
        ((2, 3), 0.0, "silence"),
        ((), GAP, "silence"),
    ],
)
def test_the_numbers_after_a_reconnect_say_what_was_lost(
    came: Iterable[int], gap: float, answer: str
) -> None:
    reading = read(trace("resumed", *numbers(came, gap)))
    assert reading
    assert reading.value == answer


def test_a_reading_names_the_numbers_and_cites_the_message_after_the_gap() -> None:
    again = trace("resumed", *numbers((4, 8, 9)))
    reading = read(again)
    assert reading
    assert reading.says == "number 3 was the last, and 5 to 7 never came"
    cited = again.events[reading.event]
    assert isinstance(cited, ev.FrameReceived)
    assert cited.data == b'{"seq": 8}'


@pytest.mark.parametrize("again", [answered(403), closed(1003, "unknown type")])
def test_an_end_in_place_of_events_is_a_refusal(again: Trace) -> None:
    refused = Trace(
        id="t-resumed",
        experiment="resume",
        variant="resumed",
        url=again.url,
        began=again.began,
        events=again.events,
    )
    reading = read(refused)
    assert reading
    assert reading.value == "refused"


def test_a_complaint_in_place_of_events_is_a_refusal() -> None:
    reading = read(trace("resumed", frame(0.2, b'{"type": "error", "text": "resume?"}')))
    assert reading
    assert (reading.value, "resume?" in reading.says) == ("refused", True)


def test_nothing_is_read_where_all_had_come_that_ever_comes() -> None:
    assert read(trace("resumed"), before=range(1, 20)) is None


@pytest.mark.parametrize(
    ("base", "why"),
    [
        ((), "no numbered messages came"),
        ((1, 2), "too few numbered messages came"),
        ((1, 2, 1, 2), "they begin anew"),
        ((1, 4, 5), "the numbers do not simply rise: number 4 came right after 1"),
        ((1, 2, 3), ""),
    ],
)
def test_numbers_that_do_not_simply_rise_tell_of_nothing_missing(
    base: tuple[int, ...], why: str
) -> None:
    first = trace("", *numbers(base))
    assert uncounted(Record([first])) == why
    assert (read(trace("resumed"), (1, 2), first) is None) == bool(why)


def test_what_is_replayed_is_no_disorder() -> None:
    runs = trace("broken off", *numbers((1, 2, 3))), trace("resumed", *numbers((9, 4, 5, 5, 6)))
    reading = SEQUENCE.read(Record((BASE, *runs)))
    assert reading
    assert reading.value == "in-order"


def test_each_event_twice_after_a_reconnect_is_a_subscription_too_many() -> None:
    runs = trace("broken off", *numbers((1, 2))), trace("resumed", *numbers((3, 3, 4, 4, 5, 5)))
    reading = SEQUENCE.read(Record((BASE, *runs)))
    assert reading
    assert reading.value == "doubled"
