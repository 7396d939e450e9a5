"""Every code with which a connection is closed, what it means and what a client then does."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Then = Literal["end", "retry", "refresh", "give up"]
"""What a client does after a close: nothing, connect again after a pause, connect again with a new
credential, or tell its user and stop."""


class ClosedError(Exception):
    """A connection is to be closed by us, with a code and a reason."""

    def __init__(self, code: int, reason: str = "") -> None:
        self.code, self.reason = code, reason
        super().__init__(f"{code} {reason}")


class Code(Struct, frozen=True):
    """A close code with its meaning."""

    code: int
    means: str
    then: Then


CLOSES = (
    Code(1000, "the client has closed", "end"),
    Code(1003, "a binary message, where the protocol is text", "give up"),
    Code(1009, "a message is larger than the server takes", "give up"),
    Code(
        1012,
        "the server goes down; the reason `retry-after=SECONDS` says when to come back",
        "retry",
    ),
    Code(1013, "the server has no room, or the reader is too slow; come back and resume", "retry"),
    Code(4400, "message after message that is not of the protocol", "give up"),
    Code(4401, "the credential is missing, wrong or expired; the reason says which", "refresh"),
    Code(4403, "the user is known and may not connect", "give up"),
    Code(4408, "nothing was heard of the client for too long", "retry"),
    Code(4409, "the user has as many connections as are allowed", "give up"),
    Code(4410, "an event is missing between two numbers, says a client", "retry"),
    Code(4413, "its application is behind with what came, says a client", "retry"),
    Code(4429, "more messages than the server takes in that time", "retry"),
)
"""All of them; 1011 is not among them, since an error is told as an event."""
TOO_BIG, RESTART, NO_ROOM, BINARY = 1009, 1012, 1013, 1003
PROTOCOL, CREDENTIAL, FORBIDDEN, UNHEARD, TOO_MANY = 4400, 4401, 4403, 4408, 4409
HOLE, FLOOD = 4410, 4429
_THEN = {code.code: code.then for code in CLOSES}


def then(code: int) -> Then:
    """Say what a client does after a close; a code that is not of the bridge is tried again."""
    return _THEN.get(code, "retry")
