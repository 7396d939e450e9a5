"""The application that servers load in tests: the lab's behaviours, and the studied incident."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from hangup.lab.apps.asgi import PATH, crash_after_accept, crash_on_message, echo
from hangup.lab.apps.chat import incident

if os.environ.get("RECORDER") == "broken":
    sys.modules["hangup.recorder"] = ModuleType("hangup.recorder")
elif find_spec("hangup.recorder") is None:
    import stand_in_recorder

    sys.modules["hangup.recorder"] = stand_in_recorder


async def raises_at_the_end(scope: Any, receive: Any, send: Any) -> None:
    """Echo, and raise once the client has closed in order."""
    await echo(scope, receive, send)
    if scope["type"] == "websocket" and scope["path"] == PATH:
        raise RuntimeError("clean-up failed")


def make_echo() -> object:
    """Give the application, as a factory does."""
    return echo


__all__ = [
    "crash_after_accept",
    "crash_on_message",
    "echo",
    "incident",
    "make_echo",
    "raises_at_the_end",
]
