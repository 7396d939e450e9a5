"""The search for the smallest message: it breaks still, nothing of it is idle, none is tried twice.

The handlers here are predicates; real connections are in `tests/cli/test_shrink.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hangup.shrink.journal import Journal, Told
from hangup.shrink.minimize import ddmin, limit
from hangup.shrink.run import names_in
from hangup.shrink.search import search
from hangup.shrink.steps import Message, Steps
from hangup.shrink.tree import parse
from hangup.shrink.values import plainer_number, plainer_string

R = TypeVar("R")
Breaks = Callable[[Any], bool]

KEYS = st.sampled_from(["a", "b", "type", "x y"])
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**40), 2**40), st.text(max_size=6), st.just("boom")
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)
DOCUMENTS = st.one_of(st.lists(VALUES, max_size=5), st.dictionaries(KEYS, VALUES, max_size=4))
NEEDLES = st.lists(st.sampled_from(["null", "true", "boom", '"a"', '"type"', "-", "["]), max_size=3)


def driven(steps: Steps[R], breaks: Breaks) -> tuple[R, list[Message]]:
    """Answer a search until its end; gives its result and what it tried."""
    tried: list[Message] = []
    answer: bool | None = None
    while True:
        try:
            message = next(steps) if answer is None else steps.send(answer)
        except StopIteration as end:
            return end.value, tried
        tried.append(message)
        answer = breaks(message)


def shrunk(message: Message, breaks: Breaks, told: Told | None = None) -> Journal:
    assert breaks(message)
    journal = Journal(whole=message, smallest=message)
    _, tried = driven(search(journal, told or Told()), breaks)
    assert len(set(tried)) == len(tried), "a message was tried twice"
    assert breaks(journal.smallest)
    assert journal.passes is None or not breaks(journal.passes)
    return journal


def asked(breaks: Breaks) -> Callable[[Any], Steps[bool]]:
    """Make a predicate into a question of the search's own."""

    def ask(candidate: Any) -> Steps[bool]:
        if False:
            yield ""
        return breaks(candidate)

    return ask


@given(st.lists(st.integers(0, 9), max_size=30), st.sets(st.integers(0, 9), max_size=3))
def test_of_a_list_only_what_is_needed_is_left(items: list[int], needed: set[int]) -> None:
    assume(needed <= set(items))
    kept, _ = driven(ddmin(tuple(items), asked(lambda part: needed <= set(part))), bool)
    assert sorted(kept) == sorted(needed)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=14), st.integers(0, 2**32))
def test_of_a_list_no_single_item_can_be_left_out_whatever_the_answers(
    items: list[int], seed: int
) -> None:
    def breaks(part: tuple[int, ...]) -> bool:
        return part == tuple(items) or hash((part, seed)) % 3 == 0

    kept, _ = driven(ddmin(tuple(items), asked(breaks)), bool)
    assert breaks(kept)
    assert not any(breaks(kept[:i] + kept[i + 1 :]) for i in range(len(kept)))


@given(st.integers(0, 2**70), st.integers(1, 2**70))
def test_a_limit_is_exact(passes: int, more: int) -> None:
    fails = passes + more
    for first in {passes + 1, (passes + fails + 1) // 2, fails}:
        found, _ = driven(limit(passes, fails, asked(lambda n, f=first: n >= f)), bool)
        assert found == first


@given(DOCUMENTS, NEEDLES)
def test_json_keeps_what_is_needed_and_no_field_or_item_more(
    document: object, needles: list[str]
) -> None:
    def breaks(message: Message) -> bool:
        return isinstance(message, str) and all(each in message for each in needles)

    text = json.dumps(document)
    assume(breaks(text))
    journal = shrunk(text, breaks)
    value = json.loads(str(journal.smallest))
    assert [v for v in _with_one_less(value) if breaks(json.dumps(v))] == []
    assert journal.because


def _with_one_less(value: Any) -> list[Any]:
    if isinstance(value, list):
        deeper = [
            [*value[:i], less, *value[i + 1 :]]
            for i, v in enumerate(value)
            for less in _with_one_less(v)
        ]
        return [value[:i] + value[i + 1 :] for i in range(len(value))] + deeper
    if isinstance(value, dict):
        deeper_fields = [{**value, k: less} for k, v in value.items() for less in _with_one_less(v)]
        return [{k: v for k, v in value.items() if k != gone} for gone in value] + deeper_fields
    return []


@given(DOCUMENTS, st.integers(0, 2**32))
def test_json_that_breaks_at_random_is_never_lost(document: object, seed: int) -> None:
    text = json.dumps(document)
    assume("[" in text[:1] or "{" in text[:1])
    assert shrunk(text, lambda message: message == text or hash((message, seed)) % 3 == 0).because


@given(st.text(max_size=40), st.text(min_size=1, max_size=3), st.text(max_size=40))
def test_text_keeps_only_what_is_looked_for(before: str, needle: str, after: str) -> None:
    text = before + needle + after
    assume(parse(text) is None)
    assert shrunk(text, lambda message: needle in message).smallest == needle


@given(st.binary(max_size=60), st.integers(0, 255))
def test_binary_is_shrunk_to_its_byte(data: bytes, byte: int) -> None:
    needle = bytes([byte])
    assert shrunk(data + needle, lambda message: needle in message).smallest == needle


@given(st.integers(1, 20_000), st.integers(1, 20_000))
def test_the_size_alone_is_told_to_the_byte(size: int, most: int) -> None:
    assume(size > max(most, 100))
    journal = shrunk("x" * size, lambda message: len(message) > most)
    assert journal.because == f"the size: {most + 1:,} bytes break, {most:,} pass"


@given(st.text(max_size=80), st.sets(st.characters(), max_size=2))
def test_the_plainest_string_breaks_still(text: str, needed: set[str]) -> None:
    def breaks(part: str) -> bool:
        return needed <= set(part)

    assume(breaks(text))
    plain, _ = driven(plainer_string(text, asked(breaks)), bool)
    assert breaks(plain)
    assert len(plain) == len(needed)


@given(st.integers(-(2**70), 2**70), st.integers(0, 2**70))
def test_the_smallest_number_breaks_still(number: int, least: int) -> None:
    assume(abs(number) >= least)

    def breaks(text: str) -> bool:
        return abs(int(text)) >= least

    plain, _ = driven(plainer_number(str(number), asked(breaks)), bool)
    assert abs(int(plain)) == least


@given(DOCUMENTS)
def test_what_is_parsed_is_written_as_it_was(document: object) -> None:
    for text in (json.dumps(document), f"42/chat,{json.dumps(document)}", json.dumps([document])):
        parsed = parse(text)
        assert parsed
        rendered = parsed.render(parsed.root)
        assert json.loads(rendered.removeprefix(parsed.prefix)) == json.loads(
            text.removeprefix(parsed.prefix)
        )


SAMPLES = [
    ('42["send",{"n":5,"m":null}]', "null", ("42", "]"), '42[{"m":null}]'),
    ('{"a":1}\n{"b":null}\n{"c":2}\n', "null", ('{"', "\n"), '{"b":null}\n'),
    ('{"a":1,"b":null}\x1e', "null", ('{"', "\x1e"), '{"b":null}\x1e'),
    ('{"a":1e400,"b":2}', "1e400", None, '{"a":1e400}'),
    ('{"a":NaN,"b":2}', "NaN", None, '{"a":NaN}'),
    ('{"a":"\\ud83d","b":2}', "\\ud83d", None, '{"a":"\\ud83d"}'),
    ('{"a":12345678901234567890123}', "345678901234567890123", None, None),
    ('{"a": oops}', "oops", None, "oops"),
    ("[" * 3000, "[", None, "["),
]


@pytest.mark.parametrize(("message", "needle", "edges", "smallest"), SAMPLES)
def test_what_surrounds_json_stays_and_what_is_none_is_text(
    message: str, needle: str, edges: tuple[str, str] | None, smallest: str | None
) -> None:
    def breaks(candidate: Message) -> bool:
        text = str(candidate)
        return needle in text and (text[:2], text[-1:]) == (edges or (text[:2], text[-1:]))

    assert shrunk(message, breaks).smallest == (smallest or message)


REASONS = [
    ('{"n": 2147483648}', lambda v: v.get("n", 0) >= 2**31, "2147483648 breaks, 2147483647 passes"),
    ('{"n": -7}', lambda v: v.get("n", 0) < 0, "the field n: its value -1 breaks, 0 passes"),
    ('{"debug": true}', lambda v: "debug" in v, "the key debug, whatever its value"),
    ('{"s": ""}', lambda v: v.get("s") == "", "the field s: its value is an empty string"),
    (
        '{"o": {}, "p": 1}',
        lambda v: v.get("o", 1) == {},
        "the field o: its value is an empty object",
    ),
    ('{"t": "aé"}', lambda v: not v.get("t", "").isascii(), "so do other characters outside ASCII"),
    ('{"x y": null}', lambda v: None in v.values(), 'the field ["x y"]: its value is null'),
    ('{"a": [1, {"b": null}]}', lambda v: "null" in json.dumps(v), "a[1].b: its value is null"),
]


@pytest.mark.parametrize(("message", "dies", "because"), REASONS)
def test_the_reason_is_told_in_words(message: str, dies: Breaks, because: str) -> None:
    assert because in shrunk(message, lambda text: _dies(text, dies, False)).because


def test_an_empty_object_that_suffices_is_told_as_such() -> None:
    journal = shrunk('{"a": 1}', lambda message: message.startswith("{"))
    assert journal.because == "any message of its kind: an empty object suffices, {}"


def test_a_missing_key_is_named_when_adding_it_helps() -> None:
    message = '{"type": "ask", "text": "hi"}'
    journal = shrunk(message, lambda text: _dies(text, lambda v: v["thread_id"] == [], True))
    assert (journal.smallest, journal.because) == ("{}", "the key `thread_id` is missing")


def test_a_long_field_is_told_from_a_long_message() -> None:
    message = json.dumps({"a": "x" * 3000})
    field = shrunk(message, lambda text: _dies(text, lambda v: len(v["a"]) > 1000, True))
    assert field.because == "the field a: its length: 1,001 characters break, 1,000 pass"


def test_a_smaller_message_that_breaks_for_another_reason_is_not_the_result() -> None:
    message = '{"name": null, "kind": "x", "age": 3}'
    journal = shrunk(message, lambda text: _dies(text, lambda v: v["name"].upper() == "", True))
    assert journal.smallest == '{"name": null}'
    assert journal.notes[0].startswith("{} ends it alike too, for a reason of its own")


def _dies(text: str, dies: Breaks, otherwise: bool) -> bool:
    try:
        return bool(dies(json.loads(text)))
    except (ValueError, KeyError, TypeError, AttributeError):
        return otherwise


def test_a_word_that_holds_a_credential_is_never_cut() -> None:
    told = Told(secret=lambda text: "hunter2" in text)
    journal = shrunk("say password=hunter2abc now", lambda message: "hunter2" in message, told)
    assert journal.smallest == "password=hunter2abc"


def test_names_that_a_server_quotes_come_first() -> None:
    said = "missing thread_id, or KeyError: 'quux'"
    assert names_in(said)[:3] == ("quux", "thread_id", "missing")
