# ruff: noqa: F821 - the undefined name is the fault. A linter would have named these lines on the
# afternoon they were written; that afternoon it did not run.
"""A circuit breaker as the studied incident had it: it reads a clock that it never imported."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


class CircuitOpenError(Exception):
    """Too many calls failed of late, so none is made for a while."""


class CircuitBreaker:
    """Stops calling what failed `limit` times in a row, for `pause` seconds."""

    def __init__(self, limit: int = 5, pause: float = 30.0) -> None:
        self.limit, self.pause = limit, pause
        self.failures, self.failed_at = 0, 0.0

    def call(self, check: Callable[[A], B], value: A) -> B:
        """Call, or raise at once while the breaker is open."""
        try:
            now = time.monotonic()  # type: ignore[name-defined]
            if self.failures >= self.limit and now - self.failed_at < self.pause:
                raise CircuitOpenError
            found = check(value)
        except Exception:
            self.failures += 1
            self.failed_at = time.monotonic()  # type: ignore[name-defined]
            raise
        self.failures = 0
        return found
