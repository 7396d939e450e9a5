"""Whether the first events of a run come is read from what runs begin with."""

from __future__ import annotations

import pytest
from hand_made import GIVEN_UP, OPEN, WE_CLOSED

from hangup import event as ev
from hangup.record import Record
from hangup.signs import SIGNS, Reading
from hangup.signs.beginning import begins_late
from hangup.trace import Trace

STORY = (b'{"t":"begin","at":"2026-11-28T10:00:00Z"}', b'{"t":"word","n":1}', b'{"t":"end"}')


def trace(
    experiment: str, *heard: bytes, began: float = 0.0, said: float = 0.1, variant: str = ""
) -> Trace:
    """Make one connection that says something, and hears the rest a little later."""
    frames = [
        ev.FrameReceived(at=said + 0.1 + place / 100, opcode="text", size=9, wire_size=9, data=data)
        for place, data in enumerate(heard)
    ]
    speech = ev.FrameSent(at=said, opcode="text", size=5, data=b"start")
    return Trace(
        id=f"{experiment}-{variant}-{began}",
        experiment=experiment,
        variant=variant,
        url="ws://h/ws",
        began=1_790_000_000.0 + began,
        events=(*OPEN, speech, *frames, WE_CLOSED, GIVEN_UP),
    )


def numbers(first: int, last: int) -> list[bytes]:
    return [b'{"seq": %d}' % number for number in range(first, last + 1)]


def read(name: str, *traces: Trace) -> Reading | None:
    (sign,) = (sign for sign in SIGNS if sign.name == name)
    return sign.read(Record(traces))


def value(name: str, *traces: Trace) -> str | None:
    reading = read(name, *traces)
    return reading.value if reading else None


@pytest.mark.parametrize(
    ("spans", "answer"),
    [
        (((1, 8), (1, 8), (1, 8)), "first"),
        (((0, 8), (0, 8), (0, 8)), "first"),
        (((1, 8), (1, 8), (4, 8)), "differ"),
        (((4, 8), (5, 8), (4, 8)), "above"),
        (((5, 8), (5, 8), (5, 8)), "above"),
        (((5, 8), (5, 8)), None),
        (((100, 108), (100, 108), (100, 108)), None),
        (((1, 8), (9, 15), (20, 25)), "running"),
        (((11, 18), (18, 25), (30, 35)), "running"),
    ],
)
def test_what_runs_begin_with_says_whose_count_it_is_and_whether_it_is_whole(
    spans: tuple[tuple[int, int], ...], answer: str | None
) -> None:
    names = ("baseline", "repeat", "repeat")
    traces = [
        trace(name, *numbers(*span), began=place)
        for place, (name, span) in enumerate(zip(names, spans, strict=False))
    ]
    assert value("beginnings", *traces) == answer


def test_a_numbered_greeting_is_the_first_of_its_connection() -> None:
    hello = ev.FrameReceived(at=0.05, opcode="text", size=9, wire_size=9, data=b'{"seq": 1}')
    spoken = trace("baseline", *numbers(2, 5))
    events = (*spoken.events[: len(OPEN)], hello, *spoken.events[len(OPEN) :])
    greeted = Trace(
        id="t", experiment="baseline", url=spoken.url, began=spoken.began, events=events
    )
    assert value("beginnings", greeted) == "first"


@pytest.mark.parametrize(
    ("at_once", "later", "answer"),
    [
        (STORY, STORY, "all-come"),
        (STORY[1:], STORY, "first-missing"),
        ((), STORY, "nothing"),
        (STORY, (), None),
        ((b"other",), STORY, None),
        ((STORY[0].replace(b"28T", b"29T"), *STORY[1:]), STORY, "all-come"),
        (numbers(5, 8), numbers(1, 8), "first-missing"),
        (numbers(2, 4), numbers(2, 4), "all-come"),
        (numbers(30, 35), numbers(2, 9), None),
    ],
)
def test_what_comes_to_one_that_speaks_at_once_is_held_against_what_comes_later(
    at_once: tuple[bytes, ...], later: tuple[bytes, ...], answer: str | None
) -> None:
    early = trace("delay", *at_once, variant="after 0 s", said=0.01)
    assert value("first-events", trace("baseline", *later), early) == answer


def test_the_latest_one_is_the_other_side_where_several_delays_were_tried() -> None:
    base, early = trace("baseline", *STORY[1:]), trace("delay", *STORY[1:], variant="after 0 s")
    late = trace("delay", *STORY, variant="after 1 s", said=0.5)
    reading = read("first-events", base, early, late)
    assert reading
    assert (reading.value, reading.trace) == ("first-missing", early.id)
    assert "the first 1 are missing" in reading.says


@pytest.mark.parametrize(
    ("base", "paused", "answer"),
    [
        (numbers(4, 8), numbers(1, 8), "only-apart-works"),
        (numbers(1, 8), numbers(1, 8), "no-effect"),
        (numbers(4, 8), numbers(4, 8), "no-effect"),
    ],
)
def test_pauses_matter_where_only_they_bring_the_beginning(
    base: list[bytes], paused: list[bytes], answer: str
) -> None:
    assert value("pauses", trace("baseline", *base), trace("pauses", *paused)) == answer


def test_a_beginning_that_only_one_missed_was_not_heard_from_another() -> None:
    alone, at_once = trace("baseline", *STORY[1:]), [trace("at-once", *STORY, variant="1")] * 3
    assert value("overheard", alone, *at_once) == "no"


def test_who_came_and_what_they_said_is_heard_from_others() -> None:
    alone = trace("baseline", b"me: hello")
    loud = [trace("at-once", b"bob came", *[b"me: hello"] * 3, variant="1")] * 3
    assert value("overheard", alone, *loud) == "yes"


@pytest.mark.parametrize(
    ("base", "at_once", "later"),
    [
        (numbers(1, 8), numbers(1, 8), False),
        (numbers(1, 8), numbers(5, 8), True),
        (numbers(5, 8), numbers(5, 8), True),
        (numbers(11, 18), numbers(30, 35), False),
        (list(STORY), list(STORY), False),
        (list(STORY), list(STORY[1:]), True),
        (list(STORY), [], True),
    ],
)
def test_later_openings_are_tried_where_the_first_one_may_have_missed_a_beginning(
    base: list[bytes], at_once: list[bytes], later: bool
) -> None:
    assert begins_late(trace("delay", *at_once), trace("baseline", *base)) == later


def test_what_others_say_is_heard_from_others() -> None:
    alone = trace("baseline", *STORY)
    loud = [trace("at-once", *STORY, *STORY, variant="1")] * 3
    assert value("overheard", alone, *loud) == "yes"
