"""Whether an answer depends on its message is read from four answers, two to each message."""

from __future__ import annotations

import json
import uuid

import pytest
from hand_made import GIVEN_UP, OPEN, WE_CLOSED

from hangup import event as ev
from hangup.record import Record
from hangup.signs import SIGNS, Reading
from hangup.trace import Trace

(SIGN,) = (sign for sign in SIGNS if sign.name == "differently")
VARIANTS = ("", "the same again", "another message", "the other again")
MINE, OTHER = "when will it ship?", "i want a refund"


def trace(variant: str, said: str, *heard: object) -> Trace:
    """Make one connection that says something, and hears values as JSON and texts as they are."""
    texts = [each if isinstance(each, str) else json.dumps(each) for each in heard]
    frames = [
        ev.FrameReceived(
            at=0.2 + place / 100, opcode="text", size=9, wire_size=9, data=text.encode()
        )
        for place, text in enumerate(texts)
    ]
    speech = ev.FrameSent(at=0.1, opcode="text", size=5, data=said.encode())
    return Trace(
        id=f"t-{variant}",
        experiment="differently" if variant else "baseline",
        variant=variant,
        url="ws://h/ws",
        began=1_790_000_000.0,
        events=(*OPEN, speech, *frames, WE_CLOSED, GIVEN_UP),
    )


def read(*answers: tuple[object, ...], mine: str = MINE, other: str = OTHER) -> Reading | None:
    """Read four answers: two to the one message, two to the other."""
    said = (mine, mine, other, other)
    traces = (trace(v, s, *a) for v, s, a in zip(VARIANTS, said, answers, strict=True))
    return SIGN.read(Record(traces))


def value(*answers: tuple[object, ...], mine: str = MINE, other: str = OTHER) -> str | None:
    reading = read(*answers, mine=mine, other=other)
    return reading.value if reading else None


def fresh(number: int, **fields: object) -> dict[str, object]:
    """Give a message with an id, a time, a count and a duration of its own."""
    return {
        "id": str(uuid.UUID(int=number * 7919)),
        "hex": f"{number * 7919:012x}",
        "at": f"2026-11-28T10:00:0{number}.25Z",
        "unix": 1_790_000_000 + number,
        "took_ms": 3 * number,
        "seq": number,
        **fields,
    }


def four(*fields: dict[str, object]) -> list[tuple[object, ...]]:
    return [(fresh(number, **each),) for number, each in enumerate(fields, start=1)]


CANNED = {"answer": "Your order is on its way."}


def test_ids_times_and_counts_of_their_own_do_not_make_answers_differ() -> None:
    reading = read(*four(CANNED, CANNED, CANNED, CANNED))
    assert reading
    assert reading.value == "same"
    assert "Your order is on its way." in reading.says


@pytest.mark.parametrize(
    ("mine", "other"),
    [
        ({"total": 4}, {"total": 8}),
        ({"found": True}, {"found": False}),
        ({"topic": "shipping"}, {"topic": "returns"}),
        ({"text": "It ships on Monday."}, {"text": "It ships on Friday."}),
        ({"items": ["a", "b"]}, {"items": ["a"]}),
        ({"text": "Two words"}, {"text": "Many more words than that"}),
    ],
)
def test_one_field_that_depends_on_the_message_is_enough(
    mine: dict[str, object], other: dict[str, object]
) -> None:
    assert value(*four(*[{**CANNED, **mine}] * 2, *[{**CANNED, **other}] * 2)) == "differs"


def test_the_reading_names_both_values_and_cites_the_other_answer() -> None:
    reading = read(*four({"n": 4}, {"n": 4}, {"n": 8}, {"n": 8}))
    assert reading
    assert reading.says == "'4' to yours, '8' to the other"
    assert reading.trace == "t-another message"


def test_a_message_that_canned_content_repeats_does_not_make_it_differ() -> None:
    mine, other = (
        {"question": q, "answer": f"You asked {q}: all is well here."} for q in (MINE, OTHER)
    )
    assert value(*four(mine, mine, other, other)) == "same"


def test_a_field_of_the_message_that_is_repeated_does_not_make_it_differ() -> None:
    said = [json.dumps({"re": number, "q": q}) for number, q in ((17, MINE), (18, OTHER))]
    mine, other = {**CANNED, "re": 17, "q": MINE}, {**CANNED, "re": 18, "q": OTHER}
    answers = four(mine, mine, other, other)
    assert value(*answers, mine=said[0], other=said[1]) == "same"


@pytest.mark.parametrize("envelope", ["{}", '{{"echo": "{}", "user": "guest"}}'])
def test_an_echo_says_nothing_of_what_it_holds(envelope: str) -> None:
    mine, other = (envelope.format(MINE),), (envelope.format(OTHER),)
    assert value(mine, mine, other, other) == "only-echo"


def test_words_of_the_message_in_canned_content_do_not_make_it_differ() -> None:
    canned = ({"text": "hello there, and welcome to our shop"},)
    assert value(canned, canned, canned, canned, mine="hello", other="goodbye") == "same"


def test_prose_that_differs_each_time_depends_on_the_message_unless_it_comes_again() -> None:
    one, two = ({"t": "It ships on Monday, I think."},), ({"t": "Monday is when it ships."},)
    three, four_ = ({"t": "Refunds take a week."},), ({"t": "A refund is on its way to you."},)
    assert value(one, two, three, four_) == "differs"
    assert value(one, two, two, one) == "same"


def test_nothing_is_read_from_answers_that_hold_only_ids() -> None:
    assert value(*[({"id": str(uuid.UUID(int=n)), "n": n},) for n in range(4)]) is None


def test_no_answer_to_the_other_message_is_said_so() -> None:
    assert value((CANNED,), (CANNED,), (), ()) == "nothing"


def test_without_an_answer_to_the_message_itself_nothing_is_read() -> None:
    assert value((), (), (CANNED,), (CANNED,)) is None


def test_a_text_that_is_no_json_is_compared_by_its_words() -> None:
    assert value(*[(f"12:00:0{n} all is well here",) for n in range(4)]) == "same"
    assert value(("a 1",), ("a 1",), ("a 2",), ("a 2",)) == "differs"
