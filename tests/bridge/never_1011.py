"""No close with 1011 comes from a bridge, whatever a test does to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from websockets.frames import Close

from hangup.bridge.connection import Connection

INTERNAL_ERROR = 1011


@contextmanager
def watched() -> Iterator[list[str]]:
    """Give the closes with 1011 that clients get, or servers of this process send, meanwhile."""
    seen: list[str] = []
    parse, say = Close.parse, Connection._say_close

    def parsed(data: bytes) -> Close:
        close = parse(data)
        if close.code == INTERNAL_ERROR:
            seen.append(f"got {close}")
        return close

    def said(connection: Connection, code: int, reason: str) -> None:
        if code == INTERNAL_ERROR:
            seen.append(f"sent {code} {reason}")
        say(connection, code, reason)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Close, "parse", staticmethod(parsed))
        patch.setattr(Connection, "_say_close", said)
        yield seen


@pytest.fixture(autouse=True)
def never_1011() -> Iterator[None]:
    """Fail a test in which a connection is closed with 1011."""
    with watched() as seen:
        yield
    assert seen == []
