"""What a peer says is kept in a bounded length, and cut only after its secrets are out."""

from __future__ import annotations

import pytest
from generated import EVENT_TYPES
from hand_made import ASKED, SWITCHING, trace
from msgspec.structs import fields, replace

from hangup.ending import MOST_WORDS, ending_of
from hangup.event import ResponseReceived, UpgradeInvalid
from hangup.redact import MOST_QUOTED, MOST_VALUE, REDACTED, Redactor

SECRET = "sk-live-Zq8xwork7secret"
LONG = "x" * 60_000
QUOTED = ("text", "reason")
PLAIN = Redactor([])


def answer(**changes: object) -> ResponseReceived:
    return replace(SWITCHING, **changes)


def test_a_header_is_kept_whole_up_to_its_bound() -> None:
    whole, long = "v" * MOST_VALUE, "v" * (MOST_VALUE + 1)
    kept = PLAIN.struct(answer(headers=(("A", whole), ("B", long), (LONG, "")))).headers
    assert kept[0] == ("A", whole)
    assert kept[1] == ("B", long[: MOST_VALUE - 1] + "…")
    assert len(kept[2][0]) == MOST_VALUE


@pytest.mark.parametrize("kind", EVENT_TYPES, ids=lambda kind: kind.__name__)
def test_what_is_put_into_words_is_kept_as_far_as_it_is_quoted(kind: type) -> None:
    texts = {f.name: LONG for f in fields(kind) if f.type in (str, str | None)}
    numbers = {f.name: 1 for f in fields(kind) if f.type in (int, float)}
    rest = {f.name: () for f in fields(kind) if f.required and f.name not in {*texts, *numbers}}
    event = PLAIN.struct(kind(**texts, **numbers, **rest))
    most = {name: MOST_QUOTED if name in QUOTED else MOST_VALUE for name in texts}
    assert {name: len(getattr(event, name)) for name in texts} == most


def test_an_ending_is_told_in_few_words_however_much_was_said() -> None:
    refused = PLAIN.struct(answer(status=403, reason=LONG))
    invalid = PLAIN.struct(UpgradeInvalid(at=0.1, failure="upgrade.bad-accept", text=LONG))
    for events in ((*ASKED, refused), (*ASKED, SWITCHING, invalid)):
        assert len(ending_of(trace(*events)).words) < MOST_QUOTED + 30


def test_a_trace_from_elsewhere_is_told_in_few_words_too() -> None:
    assert len(ending_of(trace(*ASKED, answer(status=403, reason=LONG))).words) <= MOST_WORDS + 1


@pytest.mark.parametrize("before", range(MOST_QUOTED - len(SECRET) - 1, MOST_QUOTED + 1))
def test_a_secret_across_the_bound_leaves_no_part(before: int) -> None:
    said = "." * before + SECRET + LONG
    seen = Redactor([SECRET]).struct(answer(reason=said))
    assert not any(SECRET[:size] in seen.reason for size in range(2, len(SECRET)))
    assert len(seen.reason) == MOST_QUOTED
    assert REDACTED[0] in seen.reason or before >= MOST_QUOTED - 1
