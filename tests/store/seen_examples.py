"""What a recorder may have seen, made by hand, and waiting for what a store's thread does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from hangup.incident import Caught, CloseTried, ConnectionSeen, MessageSeen

NOW = 1_790_000_000.0
HANGUP_ID = "00f067aa0ba902b7"
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE_ID}-{HANGUP_ID}-01"


def caught(**changes: Any) -> Caught:
    usual: dict[str, Any] = {
        "at": NOW + 0.012,
        "kind": "masked-exception",
        "exception": "NameError",
        "message": "name 'time' is not defined",
        "frame": "app/auth.py:212 in check_token",
        "chain": ("KeyError: 'sub'",),
        "phase": "auth",
        "close": CloseTried(code=1011, reason="Internal error"),
        "path": "/ws",
        "connection": "c1",
        "hangup_id": HANGUP_ID,
        "traceparent": TRACEPARENT,
        "build": "2.3.1",
    }
    return Caught(**{**usual, **changes})


def connection(**changes: Any) -> ConnectionSeen:
    usual: dict[str, Any] = {
        "at": NOW,
        "connection": "c1",
        "server": "uvicorn",
        "peer": "10.0.0.7:51000",
        "path": "/ws",
        "credential": "bearer token in the header Authorization",
        "hangup_id": HANGUP_ID,
        "traceparent": TRACEPARENT,
        "phases": (("accepted", 0.004), ("closing", 0.013)),
        "messages": (MessageSeen(after=0.01, sent=True, size=17),),
        "count": 1,
        "close": CloseTried(code=1011, reason="Internal error"),
        "outcome": "the server sent the close",
        "build": "2.3.1",
    }
    return ConnectionSeen(**{**usual, **changes})


def until(condition: Callable[[], object], within: float = 15.0) -> bool:
    """Wait for a condition, and give whether it came."""
    deadline = time.monotonic() + within
    never = threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            return False
        never.wait(0.02)
    return True
