"""A client that may not even log in cannot hold a recorded server by what it asks."""

from __future__ import annotations

import time

import pytest

from hangup.recorder.handshake import MOST_OFFERED, MOST_SECRETS, handshake_of, secrets_said

SCOPES = {
    "a long query": {"query_string": b"a" * 60_000},
    "thousands of parameters": {"query_string": b"&".join(b"token=%06d" % n for n in range(4500))},
    "thousands of cookies": {
        "headers": [(b"cookie", b"; ".join(b"a%d=abcdefgh%d" % (n, n) for n in range(3500)))]
    },
    "thousands of subprotocols": {
        "headers": [(b"sec-websocket-protocol", b",".join(b"eyJa.b%d.c" % n for n in range(5000)))]
    },
    "a long subprotocol": {"headers": [(b"sec-websocket-protocol", b"a" * 60_000)]},
}
"""Each fits into the 64 KiB that servers take of a request."""
MOST = 1.5
"""Seconds of CPU; some of these took minutes when all was looked for in all."""


@pytest.mark.parametrize("name", SCOPES)
def test_a_request_is_read_in_time(name: str) -> None:
    began = time.process_time()
    asked = handshake_of({"path": "/ws", **SCOPES[name]}, "test")
    assert len(asked.target) <= 500
    assert len(asked.offered) <= MOST_OFFERED
    _ = asked.credential, asked.hangup_id
    assert time.process_time() - began < MOST


def test_no_more_credentials_of_a_message_are_looked_for_than_a_client_has() -> None:
    said = "{" + ",".join(f'"token": "secret-{number:06d}"' for number in range(600)) + "}"
    assert len(secrets_said(said)) == MOST_SECRETS
