"""Whatever a client says, it is answered or closed as documented, and hears of nobody else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hostile import LIMITS, OWN, SECRET, Heard, meet
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hangup.bridge.codes import CLOSES

CODES = {close.code for close in CLOSES}
TOLD = {"welcome", "resumed", "resume_failed", "events", "error", "refreshed", "pong", "partial"}
TOLD |= {"agent_error", "say"}
ERRORS = {"bad_json", "bad_shape", "unknown_type", "too_deep", "busy", "failed", "unavailable"}
ALICE = [(b"authorization", b"Bearer alice")]
FUZZ = settings(max_examples=150)

numbers = (
    st.sampled_from([-1, 0, 1, 2, OWN, OWN + 1, 2**53, 2**63, 2**64, 10**30, 1.5]) | st.integers()
)
texts = st.text(max_size=30) | st.sampled_from(
    [
        "alice",
        "bob",
        "wrong",
        "banned",
        "late:1",
        "EPOCH-A",
        "EPOCH-B",
        "run of bob",
        "\x00",
        "x" * 70_000,
    ]
)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
types = st.sampled_from(
    ["login", "refresh", "ack", "resume", "ping", "pong", "say", "welcome", "events", "partial"]
)
fields = st.fixed_dictionaries(
    {},
    optional={
        "type": types | values,
        "seq": numbers | values,
        "after": numbers | values,
        "epoch": texts | values,
        "token": texts | values,
        "id": numbers | texts | values,
        "text": texts | values,
        "run": texts,
        "user": texts,
    },
)
resumes = st.builds(
    lambda after, epoch: {"type": "resume", "after": after, "epoch": epoch},
    numbers,
    st.sampled_from(["", "EPOCH-A", "EPOCH-B", "other"]),
)
raw = st.sampled_from(
    [
        "[" * 60_000,
        '{"type":' + "[" * 30_000,
        '{"type":"say","text":' + "[" * 5_000 + "]" * 5_000 + "}",
        '{"a":' * 5_000 + "1" + "}" * 5_000,
        '{"type":"ping","id":"\\ud800"}',
        '{"type":"\\udfff"}',
        '{"type":"ack","seq":1,"seq":NaN}',
        '{"type":"ping","type":"resume"}',
        "9" * 5_000,
        "\ufeff{}",
        "",
    ]
)
messages = (
    st.builds(json.dumps, fields | resumes | values)
    | raw
    | st.text(max_size=50)
    | st.binary(max_size=20)
)


def check(heard: Heard) -> None:
    """Hold what a client was told against what the protocol's page promises."""
    assert heard.code in CODES or heard.code == 0
    assert heard.code or heard.status or "pong" in heard.types()
    assert heard.types() <= TOLD
    assert SECRET not in json.dumps(heard.messages)
    assert "run of bob" not in _told_of(heard)
    assert {each["code"] for each in heard.messages if each["type"] == "error"} <= ERRORS


def _told_of(heard: Heard) -> set[Any]:
    welcomes = [each for each in heard.messages if each["type"] == "welcome"]
    events = [each for each in heard.messages if "step" in each]
    batches = [each["events"] for each in heard.messages if each["type"] == "events"]
    runs = [each["run"] for each in [*events, *(one for batch in batches for one in batch)]]
    return {*runs, *(run for each in welcomes for run in each["runs"])}


@FUZZ
@given(
    st.lists(messages, max_size=8), st.sampled_from([b"", b"v=1&after=0", b"after=2&epoch=EPOCH-A"])
)
@example(['{"type":"ping","id":"\\ud800"}'], b"")
def test_whatever_is_said_after_the_login_is_answered(
    says: list[str | bytes], query: bytes
) -> None:
    heard = meet(says, headers=ALICE, query=query)
    check(heard)
    assert heard.messages[0]["type"] == "welcome"
    assert heard.messages[0]["user"] == "alice"


@FUZZ
@given(st.lists(messages, min_size=1, max_size=4))
def test_before_the_login_one_message_is_read_and_one_credential_weighed(
    says: list[str | bytes],
) -> None:
    heard = meet(says)
    check(heard)
    if "welcome" not in heard.types():
        assert heard.code in (4401, 4403, 1003, 1009)
        assert heard.read == 2  # the opening, and the first message
        assert heard.asked <= 1
        assert heard.messages == []


names = st.sampled_from(
    [b"authorization", b"cookie", b"origin", b"host", b"sec-websocket-protocol", b"x"]
)
headers = st.lists(
    st.tuples(
        names,
        st.binary(max_size=40)
        | st.sampled_from(
            [b"Bearer bob", b"Bearer ", b"http://[", b"session=\x00", b"session=alice"]
        ),
    ),
    max_size=4,
)
queries = st.binary(max_size=60) | st.sampled_from(
    [
        b"after=9" + b"9" * 30,
        b"after=-1",
        b"after=1&epoch=EPOCH-B",
        b"a=1&" * 60,
        b"token=bob",
        b"%00=%ff;&&==",
        b"v=1&v=2&after=\xb2",
    ]
)


@FUZZ
@given(
    headers,
    queries,
    st.lists(st.text(max_size=20) | st.sampled_from(["jwt.", "jwt64.!"]), max_size=3),
)
@example([(b"cookie", b"session=alice"), (b"origin", b"http://[")], b"", [])
@example([], b"a=1&" * 60, [])
def test_whatever_the_opening_holds_it_is_answered(
    opening: list[tuple[bytes, bytes]], query: bytes, offered: list[str]
) -> None:
    heard = meet([], headers=opening, query=query, offered=offered, cookie="session")
    assert heard.code in CODES or heard.code == 0
    assert heard.status in (0, 401, 403)
    assert heard.asked <= 1


@pytest.mark.parametrize(
    ("resume", "told"),
    [
        ({"after": 1, "epoch": "EPOCH-B"}, "epoch"),
        ({"after": OWN + 1, "epoch": "EPOCH-A"}, "future"),
        ({"after": 2**70, "epoch": ""}, "future"),
        ({"after": -5, "epoch": "EPOCH-A"}, "future"),
    ],
)
def test_a_place_that_is_not_theirs_gives_their_own_events_and_says_so(
    resume: dict[str, Any], told: str
) -> None:
    heard = meet([json.dumps({"type": "resume", **resume})], headers=ALICE)
    check(heard)
    failed = [each for each in heard.messages if each["type"] == "resume_failed"]
    assert [each["reason"] for each in failed] == [told]


def test_a_place_may_be_used_again_and_again_for_ones_own_events() -> None:
    resume = json.dumps({"type": "resume", "after": 0, "epoch": "EPOCH-A"})
    heard = meet([resume] * 20, headers=ALICE)
    check(heard)
    assert sum(each["type"] == "resumed" for each in heard.messages) == 20


@pytest.mark.parametrize("said", ['{"type":"ping"}', "nonsense", '{"type":"say","text":"x"}'])
def test_a_flood_is_closed_as_one(said: str) -> None:
    heard = meet([said] * (LIMITS.burst + 50), headers=ALICE)
    check(heard)
    assert heard.code in (4429, 4400)
    assert heard.read <= LIMITS.burst + 3
