"""Authentication behind a circuit breaker, as the studied incident's team meant it to be."""

from __future__ import annotations

import time
from collections.abc import Callable

from hangup.demo import tokens


class AuthenticationUnavailableError(Exception):
    """Too many checks failed of late, so none is tried for a while."""


class CircuitBreaker:
    """Stops calling what failed `limit` times in a row, for `pause` seconds."""

    def __init__(self, limit: int = 5, pause: float = 30.0) -> None:
        self.limit, self.pause = limit, pause
        self.failures, self.failed_at = 0, 0.0

    def call(self, check: Callable[[str | None], str], token: str | None) -> str:
        """Run the check, or raise at once while the breaker is open."""
        if self.failures >= self.limit and time.monotonic() - self.failed_at < self.pause:
            raise AuthenticationUnavailableError("circuit open")
        try:
            user = check(token)
        except tokens.InvalidTokenError:
            raise  # a wrong token is the client's failure, not the check's
        except Exception:
            self.failures, self.failed_at = self.failures + 1, time.monotonic()
            raise
        self.failures = 0
        return user


_breaker = CircuitBreaker()


def authenticate(token: str | None) -> str:
    """Give the user of a token."""
    return _breaker.call(tokens.verify, token)
