"""Knows which closes a frame can hold, and what misuse of the protocol raises."""

from __future__ import annotations

import re
from typing import Any

from hangup.incident import CloseTried, Kind

MOST_REASON_BYTES = 123
"""RFC 6455, 5.5: a control frame holds 125 bytes, two of them are the code."""
RESERVED = frozenset({1004, 1005, 1006, 1015})
"""RFC 6455, 7.4.1: never set by an endpoint in a close frame."""
_CHOSEN = 3000
_LAST = 4999
_REGISTERED = range(1000, 1015)
USUAL = frozenset({1000, 1001, 1012})
"""Closes that tell of nothing wrong: done, going away, restarting."""
MISUSE: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (re.compile(r'Need to call "accept" first'), "receive-after-disconnect"),
    (re.compile(r'Cannot call "receive" once a disconnect'), "receive-after-disconnect"),
    (re.compile(r"(?:got|message) '?websocket\.accept"), "accepted-twice"),
    (re.compile(r'Cannot call "send" once a close'), "send-after-close"),
    (re.compile(r"Unexpected ASGI message 'websocket\.close'"), "close-again"),
    (re.compile(r"Unexpected ASGI message 'websocket\.send'"), "send-after-close"),
)
"""What Starlette and uvicorn say of a call out of turn, and what it is."""
GONE = frozenset(
    {
        "WebSocketDisconnect",
        "ClientDisconnected",
        "ClientDisconnect",
        "ConnectionClosed",
        "WebSocketClosedError",
        "StreamClosedError",
        "ClientConnectionResetError",
    }
)
"""Types by which libraries tell that a peer has gone; of which one, only the connection knows."""
ENDS = frozenset({"CancelledError", "GeneratorExit", "StopConsumer"})
"""Types by which handlers are told to end."""


def close_tried(code: Any, reason: Any) -> CloseTried:
    """Judge a close by RFC 6455, 7.4; a code that is no number has none here."""
    number = code if isinstance(code, int) and not isinstance(code, bool) else None
    text = reason if isinstance(reason, str) else ""
    legal = number is not None or code is None
    legal = legal and _is_legal(number) and isinstance(reason, str | None)
    fits = len(text.encode("utf-8", "replace")) <= MOST_REASON_BYTES
    return CloseTried(code=number, reason=text, legal=legal and fits)


def fault_of(code: Any, reason: Any) -> str:
    """Say what is illegal about a close, empty when nothing is."""
    if not isinstance(code, int | None):
        return f"the code is a {type(code).__name__}"
    if code in RESERVED:
        return f"{code} is reserved and stands in no frame"
    if code is not None and code < _REGISTERED.start:
        return f"{code} is no close code, and looks like an HTTP status"
    if not _is_legal(code):
        return f"{code} is not assigned to anybody"
    if not isinstance(reason, str | None):
        return f"the reason is a {type(reason).__name__}"
    size = len((reason or "").encode("utf-8", "replace"))
    return (
        f"the reason has {size} bytes, of {MOST_REASON_BYTES}" if size > MOST_REASON_BYTES else ""
    )


def misuse_of(exc: BaseException) -> Kind | None:
    """Name the misuse that an exception of a framework or server tells of."""
    if isinstance(exc, AttributeError | TypeError):
        # Its result was meant: the name of the misuse is what was forgotten.
        return "never-awaited" if str(exc).startswith("'coroutine' object") else None
    if not isinstance(exc, RuntimeError | AssertionError):
        return None
    text = str(exc)
    return next((kind for pattern, kind in MISUSE if pattern.search(text)), None)


def is_gone(exc: BaseException) -> bool:
    """Whether an exception tells only that a peer has gone, or that the handler is to end."""
    return is_end(exc) or any(base.__name__ in GONE for base in type(exc).__mro__)


def is_end(exc: BaseException) -> bool:
    """Whether an exception only ends a handler."""
    return any(base.__name__ in ENDS for base in type(exc).__mro__)


def _is_legal(code: int | None) -> bool:
    if code is None:
        return True
    return (code in _REGISTERED and code not in RESERVED) or _CHOSEN <= code <= _LAST
