"""The request that opens a connection is read to its end and no further."""

from __future__ import annotations

import pytest

from hangup.bridge.opening import Opening

HEAD = (
    b"GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
PING = b"\x89\x80\0\0\0\0"
POST = HEAD.replace(b"GET", b"POST")


@pytest.mark.parametrize("cut", range(1, len(HEAD) + len(PING)))
def test_what_comes_behind_a_request_is_kept_and_not_answered_before_it(cut: int) -> None:
    opening = Opening()
    said = HEAD + PING
    assert opening.read(said[:cut]) == b""
    if opening.request is None:
        assert opening.read(said[cut:]) == b""
        cut = len(said)
    assert opening.behind == said[len(HEAD) : cut]
    assert opening.accepted(None, ()).startswith(b"HTTP/1.1 101 ")


@pytest.mark.parametrize("behind", [b"", PING, b"\xff" * 9])
def test_a_refusal_is_the_first_that_is_said(behind: bytes) -> None:
    assert Opening().read(POST + behind).startswith(b"HTTP/1.1 405 ")
