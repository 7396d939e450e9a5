"""What an error of Redis means for the log: that it cannot be used now, or that it is misused."""

from __future__ import annotations

from redis.exceptions import (
    BusyLoadingError,
    ClusterDownError,
    MasterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from hangup.bridge.log import LogError, LogUnavailableError

PASSING = (
    BusyLoadingError,
    ClusterDownError,
    MasterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisConnectionError,
    RedisTimeoutError,
    TryAgainError,
    OSError,
)
"""Errors after which the same may be tried again."""
PASSING_WORDS = ("BUSY ", "MISCONF ", "NOREPLICAS ")
"""How such errors begin that redis-py has no class for."""


def as_log_error(error: RedisError | OSError) -> LogError:
    """Name an error of redis-py as the log does."""
    if isinstance(error, PASSING):
        # Its text may name the server, and with some errors the URL: the kind says enough.
        return LogUnavailableError(f"Redis cannot be used: {type(error).__name__}")
    if isinstance(error, ResponseError) and str(error).startswith(PASSING_WORDS):
        return LogUnavailableError(f"Redis does nothing now: {error}")
    if isinstance(error, ResponseError):
        return LogError(f"Redis refuses: {error}")
    return LogError(f"Redis has failed: {type(error).__name__}")
