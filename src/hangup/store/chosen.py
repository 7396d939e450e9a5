"""Which sink the environment asks for: a store, lines on stderr, or spans."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from hangup.errors import UsageError
from hangup.incident import Sink
from hangup.store.kept import Limits, Store
from hangup.store.lines import JsonLines
from hangup.store.spans import Spans

RECORD = "HANGUP_RECORD"
"""Environment variable: `stderr`, `otel`, or the path of a store."""
MAX_SIZE, MAX_AGE = "HANGUP_MAX_SIZE", "HANGUP_MAX_AGE"
"""Environment variables: how much a store keeps, such as 64M and 14d."""
LEAST_SIZE = 1024 * 1024
NOWHERE = ("0", "off")
"""What switches recording off."""
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_BYTES = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3}


def sink_of(environ: Mapping[str, str] = os.environ) -> Sink | None:
    """Give the sink that the environment asks for, None when it asks for none.

    Raises:
        UsageError: when a limit is no size or no duration.
        OpenTelemetryMissingError: when spans are asked for without the packages.
    """
    where = environ.get(RECORD, "")
    if where in ("", *NOWHERE):
        return None
    if where == "stderr":
        return JsonLines()
    if where == "otel":
        return Spans()
    return Store(where, limits_of(environ))


def limits_of(environ: Mapping[str, str] = os.environ) -> Limits:
    """Give the limits of a store; what the environment does not say has its default.

    Raises:
        UsageError: when one is no size or no duration.
    """
    usual = Limits()
    size, age = environ.get(MAX_SIZE), environ.get(MAX_AGE)
    return Limits(
        max_size=parse_size(size, MAX_SIZE) if size else usual.max_size,
        max_age=parse_duration(age, MAX_AGE) if age else usual.max_age,
    )


def parse_size(text: str, where: str) -> int:
    """Read a size in bytes, such as 64M.

    Raises:
        UsageError: it is none, or below 1 MiB.
    """
    match = re.fullmatch(r"(\d{1,12})\s?([KMG]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    if not match:
        raise UsageError(f"{where}: {text!r} is no size; write it as 64M or 1G")
    size = int(match[1]) * _BYTES[match[2].upper()]
    if size < LEAST_SIZE:
        raise UsageError(f"{where}: {text!r} is too small; a store needs 1M at least")
    return size


def parse_duration(text: str, where: str) -> float:
    """Read a duration in seconds, such as 90s, 15m, 1h, 7d or 2w.

    Raises:
        UsageError: it is none, or nothing.
    """
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)\s?([smhdw])", text.strip(), re.IGNORECASE)
    if not match or not float(match[1]):
        raise UsageError(f"{where}: {text!r} is no duration; write it as 90s, 15m, 1h or 7d")
    return float(match[1]) * _SECONDS[match[2].lower()]
