"""Durations, sizes and close codes as people write them."""

from __future__ import annotations

# RFC 6455, 7.4.1 and IANA's WebSocket Close Code Number Registry.
CODE_NAMES = {
    1000: "normal closure",
    1001: "going away",
    1002: "protocol error",
    1003: "unsupported data",
    1004: "reserved",
    1005: "no status received",
    1006: "abnormal closure",
    1007: "invalid payload data",
    1008: "policy violation",
    1009: "message too big",
    1010: "mandatory extension",
    1011: "internal error",
    1012: "service restart",
    1013: "try again later",
    1014: "bad gateway",
    1015: "TLS handshake",
    3000: "unauthorized",
    3003: "forbidden",
    3008: "timeout",
}

NEVER_SENT = frozenset({1004, 1005, 1006, 1015})
"""Codes that no close frame may hold (RFC 6455, 7.4.1)."""


def code_name(code: int) -> str:
    """Give the registered name of a close code, or the range that it lies in (RFC 6455, 7.4.2)."""
    if name := CODE_NAMES.get(code):
        return name
    if 1000 <= code <= 2999:
        return "unassigned in the protocol's range"
    if 3000 <= code <= 3999:
        return "a library's or framework's own code"
    if 4000 <= code <= 4999:
        return "the application's own code"
    return "outside every range of RFC 6455"


def duration(seconds: float, fine: bool = False) -> str:
    """Give a duration in the unit that keeps it short: `0.4 ms`, `3 ms`, `2.5 s`, `3 min 20 s`.

    `fine` keeps a tenth up to 10 ms, for drawings that set short times side by side.
    """
    seconds = max(seconds, 0.0)
    if seconds < (0.00995 if fine else 0.00095):
        return f"{_trim(seconds * 1000, 1)} ms"
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 9.95:
        return f"{_trim(seconds, 1)} s"
    if seconds < 119.5:
        return f"{seconds:.0f} s"
    return _long(round(seconds))


def _long(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    if minutes < 120:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def size(octets: int) -> str:
    """Give a size: `1 byte`, `900 bytes`, `16.0 KiB`, `1.0 MiB`."""
    if octets < 1024:
        return count(octets, "byte")
    if octets < 1024 * 1024:
        return f"{octets / 1024:.1f} KiB"
    return f"{octets / 1024 / 1024:.1f} MiB"


def count(number: int, noun: str) -> str:
    """Give a number with its noun: `1 frame`, `2 frames`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def times(number: int) -> str:
    """Say that something was met more than once: ` (3 times)`."""
    return f" ({number} times)" if number > 1 else ""


def percent(share: float) -> str:
    """Give a share in per cent; only certainty itself reads as 0 or 100."""
    if 0.99 < share < 1:
        return "over 99 %"
    if 0 < share < 0.01:
        return "under 1 %"
    return f"{share * 100:.0f} %"


def _trim(value: float, digits: int) -> str:
    text = f"{value:.{digits}f}"
    return text[:-2] if text.endswith(".0") else text
