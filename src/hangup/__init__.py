"""Says who hung up a WebSocket, in which layer, and why, with evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hangup.recorder import Recorder as Recorder

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name != "Recorder":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from hangup.recorder import Recorder  # here: the program's start needs no recorder

    return Recorder
