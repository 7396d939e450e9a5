"""The times that log lines carry, in the forms that loggers and servers write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH = "|".join(MONTHS)
_CLOCK = r"(?P<h>\d\d):(?P<mi>\d\d):(?P<s>\d\d)(?:[.,](?P<frac>\d{1,9}))?"
_ZONE = r"(?:\s?(?P<zone>Z|[+-]\d\d:?\d\d)\b)?"
_FORMS = (
    re.compile(rf"(?P<y>\d{{4}})[-/](?P<mo>\d\d)[-/](?P<d>\d\d)[T ]{_CLOCK}{_ZONE}"),
    re.compile(
        rf"(?P<d>\d\d)/(?P<mon>{_MONTH})/(?P<y>\d{{4}}):{_CLOCK}{_ZONE}"  # common log format
    ),
    re.compile(rf"\w{{3}} (?P<mon>{_MONTH}) +(?P<d>\d\d?) {_CLOCK} (?P<y>\d{{4}})"),  # Apache
    re.compile(rf"(?P<mon>{_MONTH}) +(?P<d>\d\d?) {_CLOCK}"),  # syslog, which knows no year
)
SEARCHED = 160
"""Characters at a line's beginning in which its time stands."""
KEYS = (
    "timestamp", "@timestamp", "time", "ts", "asctime", "datetime", "date", "eventTime",
    "start_time", "StartUTC", "receiveTimestamp",
)  # fmt: skip
"""Fields of JSON that hold a time, the likeliest first."""
_UNITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3), (1e8, 1.0))
"""From which number on an epoch is counted in what part of a second."""


def find_stamp(text: str) -> tuple[float, tuple[int, int]] | None:
    """Give the time in a line, as seconds since the epoch, and where it stands.

    A time without a zone is taken as local, as Python's logging writes it.
    """
    head = text[:SEARCHED]
    for form in _FORMS:
        match = form.search(head)
        at = _moment(match) if match else None
        if match and at is not None:
            return at, match.span()
    return None


def without_stamp(text: str) -> str:
    """Give a line with its time taken out, so that lines of one writer begin alike."""
    found = find_stamp(text)
    if found is None:
        return text
    start, end = found[1]
    return text[:start] + text[end:]


def moment_of(value: object) -> float | None:
    """Give a JSON value as seconds since the epoch; None when it is no time."""
    if isinstance(value, str):
        found = find_stamp(value)
        if found:
            return found[0]
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return next((value / unit for least, unit in _UNITS if least <= value < least * 1e5), None)


def _moment(match: re.Match[str]) -> float | None:
    part = match.groupdict()
    month = MONTHS.index(part["mon"]) + 1 if part.get("mon") else int(part["mo"])
    micro = int((part["frac"] or "0")[:6].ljust(6, "0"))
    try:
        zone = _zone(part.get("zone"))
        year = int(part["y"]) if part.get("y") else datetime.now(zone).year
        when = datetime(
            year, month, int(part["d"]), int(part["h"]), int(part["mi"]), int(part["s"]), micro,
            tzinfo=zone,
        )  # fmt: skip
        return when.timestamp()
    except (ValueError, OverflowError):
        return None


def _zone(text: str | None) -> timezone | None:
    if text is None:
        return None
    if text == "Z":
        return UTC
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))
