# ruff: noqa: F821 - the undefined name is the fault. A linter would have named these lines on the
# afternoon they were written; that afternoon it did not run.
"""Authentication as the studied incident had it: it reads a clock that it never imported."""

from __future__ import annotations

from collections.abc import Callable


class AuthenticationUnavailableError(Exception):
    """Too many checks failed of late, so none is tried for a while."""


class MissingCredentialError(Exception):
    """A client shows no credential."""


class CircuitBreaker:
    """Stops calling what failed `limit` times in a row, for `pause` seconds."""

    def __init__(self, limit: int = 5, pause: float = 30.0) -> None:
        self.limit, self.pause = limit, pause
        self.failures, self.failed_at = 0, 0.0

    def call(self, check: Callable[[str | None], str], token: str | None) -> str:
        """Run the check, or raise at once while the breaker is open."""
        try:
            now = time.monotonic()  # type: ignore[name-defined]
            if self.failures >= self.limit and now - self.failed_at < self.pause:
                raise AuthenticationUnavailableError("circuit open")
            user = check(token)
        except MissingCredentialError:
            raise
        except Exception:
            self.failures += 1
            self.failed_at = time.monotonic()  # type: ignore[name-defined]
            raise
        self.failures = 0
        return user


_breaker = CircuitBreaker()


def authenticate(token: str | None) -> str:
    """Give a credential that is there to be checked; in fact it never comes as far as looking."""
    return _breaker.call(_present, token)


def _present(token: str | None) -> str:
    if not token:
        raise MissingCredentialError("no credential")
    return token
