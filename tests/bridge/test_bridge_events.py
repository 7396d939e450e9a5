"""Events are encoded when they are published, and what JSON cannot hold is found by its path."""

from __future__ import annotations

import json
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hangup.bridge import (
    AgentCompleted,
    AgentEvent,
    EventTooBigError,
    Partial,
    ToolCompleted,
    UnserialisableError,
)
from hangup.bridge.events import BUILT_IN, CRITICAL, encode, tag_of
from hangup.bridge.log import Entry
from hangup.bridge.words import Unreadable, frame, type_of


class Unknown:
    """Nothing that JSON has a form for."""


class Colour(Enum):
    """An enumeration whose member is no JSON."""

    RED = Unknown


class Clash(AgentEvent, frozen=True, kw_only=True, tag="clash"):
    """An event with a field of the envelope."""

    seq: int


@pytest.mark.parametrize(
    ("result", "path"),
    [
        (Unknown(), "$.result"),
        ({"rows": [1, {"when": Unknown()}]}, "$.result.rows[1].when"),
        ([[], (1, Unknown())], "$.result[1][1]"),
        ({"a": {1.5j: 2}}, "$.result.a.<key 1.5j>"),
        ("\ud800", "$.result"),
    ],
)
def test_what_json_cannot_hold_is_named_by_its_path(result: Any, path: str) -> None:
    with pytest.raises(UnserialisableError) as refused:
        encode(ToolCompleted(tool="search", result=result))
    assert (refused.value.type, refused.value.path) == ("tool_completed", path)


def test_a_value_that_holds_itself_is_refused() -> None:
    knot: list[Any] = []
    knot.append(knot)
    with pytest.raises(UnserialisableError):
        encode(AgentCompleted(answer=knot))


def test_an_event_that_is_too_big_says_how_big() -> None:
    with pytest.raises(EventTooBigError, match="partial: 70"):
        encode(Partial(text="x" * 70_000))


def test_a_field_with_a_name_of_the_envelope_is_refused() -> None:
    with pytest.raises(TypeError, match="seq"):
        encode(Clash(seq=1))


def test_the_critical_five_are_there_and_no_two_events_share_a_type() -> None:
    tags = [tag_of(kind) for kind in BUILT_IN]
    assert set(CRITICAL) < set(tags)
    assert len(set(tags)) == len(tags)


@given(st.text(), st.text(max_size=20), st.integers(1, 2**53), st.integers(1, 2**31))
def test_a_frame_holds_the_numbers_and_the_event(text: str, run: str, seq: int, step: int) -> None:
    try:
        event = encode(Partial(text=text))
    except UnserialisableError:
        assert any("\ud800" <= letter <= "\udfff" for letter in text)
        return
    told = json.loads(frame(Entry(seq, run, step, 1.5, event.body)))
    assert told == {
        "type": "partial",
        "text": text,
        "seq": seq,
        "run": run,
        "step": step,
        "at": 1.5,
    }


@given(st.text(max_size=60))
def test_any_text_has_a_type_or_an_answer(text: str) -> None:
    found = _type_or_answer(text)
    assert found in {"bad_json", "bad_shape", "too_deep"} or json.loads(text)["type"] == found


def _type_or_answer(text: str) -> str:
    try:
        return type_of(text)
    except Unreadable as unreadable:
        return unreadable.trouble.code
