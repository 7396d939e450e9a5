"""Load by Locust: users that hold WebSockets, on one machine or on many.

`WebSocketUser` is a Locust user with a WebSocket of its own, `EngineUser` one that hangup's engine
plays in a process of its own, for thousands of connections. Both are loaded when they are asked
for: Locust patches the process that imports it, and the engine's must not be patched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hangup.errors import UsageError

if TYPE_CHECKING:
    from hangup.load.locust.fleet import EngineUser
    from hangup.load.locust.talk import HungUp
    from hangup.load.locust.users import WebSocketUser

__all__ = ["EngineUser", "HungUp", "WebSocketUser"]


def __getattr__(name: str) -> Any:
    """Load a class.

    Raises:
        UsageError: Locust is not installed.
    """
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from hangup.load.locust import exported
    except ModuleNotFoundError as exc:
        if (exc.name or "").partition(".")[0] not in ("locust", "gevent"):
            raise
        raise UsageError("users of Locust need pip install 'hangup[locust]'") from None
    return getattr(exported, name)
