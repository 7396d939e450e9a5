"""Credentials do not reach a store, a line or a span, wherever a recorder found them."""

from __future__ import annotations

import json
import os
import string
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from msgspec.json import encode
from seen_examples import caught, connection, until

from hangup.incident import CloseTried, MessageSeen
from hangup.store import Store
from hangup.store.cleaned import LONGEST_NAME, cleaned, text_cleaned
from hangup.store.kept import Limits
from hangup.store.lines import JsonLines

ALPHABET = string.ascii_letters + string.digits + "-_"
# As tokens are made: a letter of either case and a digit, so that no word of ours is one.
SECRETS = st.text(ALPHABET, min_size=12, max_size=60).map(lambda text: f"q7Z{text}x9K")
NAMES = st.sampled_from(("token", "access_token", "api_key", "password", "session_id", "secret"))

PLANTED = (
    "Authorization: Bearer {s}",
    "authorization header was 'Bearer {s}'",
    "[(b'authorization', b'Bearer {s}'), (b'host', b'x')]",
    "{{'cookie': '{n}={s}; theme=dark', 'host': 'x'}}",
    "Cookie: theme=dark; {n}={s}",
    '{{"type": "auth", "{n}": "{s}"}}',
    "{{'type': 'auth', '{n}': '{s}'}}",
    "invalid literal for int(): '{n}={s}'",
    "GET /ws?room=1&{n}={s} failed",
    "subprotocol bearer.{s} is not known",
    "{n}: {s}",
)


@pytest.mark.parametrize("planted", PLANTED)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(secret=SECRETS, name=NAMES)
def test_a_planted_credential_is_in_no_field(planted: str, secret: str, name: str) -> None:
    text = planted.format(s=secret, n=name)
    for seen in (
        caught(message=text, chain=(f"ValueError: {text}",), detail=text),
        caught(close=CloseTried(code=1011, reason=text[:123])),
        connection(path=f"/ws?{name}={secret}", outcome=text, credential=text),
        connection(messages=(MessageSeen(after=0, sent=False, size=9, data=text.encode()),)),
    ):
        found = cleaned(seen)
        assert secret not in str(found)
        assert secret.encode() not in encode(found)


@settings(max_examples=30)
@given(secret=SECRETS)
def test_a_secret_of_the_query_is_taken_out_of_the_messages_too(secret: str) -> None:
    said = MessageSeen(after=0, sent=True, size=9, data=f"you are {secret}".encode())
    found = cleaned(connection(path=f"/ws?token={secret}", messages=(said,)))
    assert secret not in str(found)


@settings(max_examples=100)
@given(st.text(ALPHABET + "+/=", min_size=18, max_size=60).map(lambda text: f"q7Z{text}x9K"))
def test_a_long_token_is_taken_out_by_its_looks(secret: str) -> None:
    assume(all(len(piece) >= LONGEST_NAME for piece in secret.split("/")))
    assert secret not in text_cleaned(f"no user for {secret}")


def test_a_token_in_the_shape_of_a_jwt_is_taken_out_without_a_name() -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl"
    assert text_cleaned(f"cannot decode {token} here") == "cannot decode [redacted] here"


@pytest.mark.parametrize(
    "text",
    [
        "name 'time' is not defined",
        "token: expired",
        "a bearer token in the header Authorization",
        "basic authentication is off",
        "/usr/lib/python3.11/site-packages/Framework2/routing.py:72 in app",
        "Object of type datetime is not JSON serializable",
        "$.items[3].created_at: datetime",
        "ConnectionClosedError: received 1011 (internal error) Internal error",
        "550e8400-e29b-41d4-a716-446655440000 is no room",
        "",
    ],
)
def test_what_is_no_credential_stays(text: str) -> None:
    assert text_cleaned(text) == text


def test_an_exception_named_after_tokens_keeps_what_it_says() -> None:
    chain = ("InvalidTokenError: signature expired", "AuthenticationError: no such user")
    assert cleaned(caught(chain=chain)).chain == chain


@pytest.mark.parametrize("bad", ["Bearer abc", "x" * 4000, "' OR 1", "s3cretValue9Zq"])
def test_an_id_that_is_none_of_ours_is_not_kept(bad: str) -> None:
    found = cleaned(connection(hangup_id=bad, traceparent=bad))
    assert (found.hangup_id, found.traceparent) == ("", "")


def test_neither_the_file_nor_the_lines_hold_what_was_planted(tmp_path: Path) -> None:
    secret = "q7Zs3cretTokenValue0042x9K"
    reading, writing = os.pipe()
    sinks = (Store(tmp_path / "s.db", Limits(max_age=1e9)), JsonLines(writing))
    for sink in sinks:
        for planted in PLANTED:
            text = planted.format(s=secret, n="token")
            sink.put(caught(message=text, path=f"/ws?token={secret}"))
            sink.put(connection(outcome=text, path=f"/ws?token={secret}"))
        sink.close()
    os.close(writing)
    with os.fdopen(reading, "rb") as lines:
        told = lines.read()
    assert until(lambda: (tmp_path / "s.db").stat().st_size > 0)
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert secret.encode() not in kept
    assert secret.encode() not in told
    assert len([json.loads(line) for line in told.splitlines()]) == 2 * len(PLANTED)
