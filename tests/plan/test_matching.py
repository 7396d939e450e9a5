"""A plan finds in a message what a diagnosis finds in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from hangup.pattern import SEARCHED
from hangup.plan.match import MOST_VALUES, matches
from hangup.plan.words import Found, Matcher

LONG = "x" * (3 * SEARCHED)


@pytest.mark.parametrize(
    ("pattern", "message", "found"),
    [
        ("do+ne$", f"{LONG}done", True),
        ("middle", f"{LONG}middle{LONG}", True),
        ("^done", f"{LONG}done", False),
        (r"\xff", b"\xff", True),
    ],
)
def test_an_expression_is_looked_for_at_both_ends_and_words_in_all(
    pattern: str, message: str | bytes, found: bool
) -> None:
    assert matches(Matcher(pattern=pattern), message) is found


def test_a_number_is_no_truth_value_and_no_text() -> None:
    assert not matches(Matcher(fields=(("n", 1),)), '{"n": true}')
    assert not matches(Matcher(fields=(("n", "1"),)), '{"n": 1}')
    assert matches(Matcher(fields=(("of.0.id", Found("^a")),)), '{"of": [{"id": "ab"}]}')


@pytest.mark.parametrize("as_sent", [str, str.encode])
def test_a_message_of_too_many_values_is_none_that_is_read(as_sent: Callable[[str], Any]) -> None:
    long = json.dumps({"a": "x" * 2 * MOST_VALUES, "n": 1})
    many = json.dumps({"a": [[]] * MOST_VALUES, "n": 1})
    assert matches(Matcher(fields=(("n", 1),)), as_sent(long))
    assert not matches(Matcher(fields=(("n", 1),)), as_sent(many))
