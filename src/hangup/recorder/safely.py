"""Keeps failures of the recorder's own from the application."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from hangup.recorder.ledger import Ledger

F = TypeVar("F", bound=Callable[..., Any])


def safely(method: F) -> F:
    """Make a method of a connection give None in place of raising: the application goes first."""

    @wraps(method)
    def guarded(self: Ledger, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except Exception:  # noqa: BLE001 - our bug must not become the application's, and counts
            self.recording.failures += 1
            return None

    return guarded  # type: ignore[return-value]
