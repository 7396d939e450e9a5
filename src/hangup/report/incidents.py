"""Tells one incident: in a document, in lines or on a page, alike wherever it was caught."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from hangup.correlate import caught_words, close_words, server_moments
from hangup.incident import Caught, ConnectionSeen, IncidentGroup
from hangup.report.escape import PARAGRAPH, show
from hangup.report.inside import KINDS
from hangup.report.units import count

MOST_LISTED = 30
"""Incidents that are printed for people; the document has all."""

Line = tuple[str, str]
"""A text, and the style that it is printed in."""


def entry(group: IncidentGroup) -> dict[str, Any]:
    """Give an incident as both documents have it; times are null where they are not known."""
    example = group.example
    return {
        "id": group.id,
        "count": group.count,
        "kind": example.kind,
        "exception": example.exception,
        "message": example.message,
        "frame": example.frame,
        "chain": example.chain,
        "phase": example.phase,
        "close": msgspec.to_builtins(example.close),
        "detail": example.detail,
        "first_seen": moment(group.first_seen),
        "last_seen": moment(group.last_seen),
    }


def moment(at: float) -> str | None:
    """Write a time (seconds since the epoch) as RFC 3339 in UTC, to the millisecond."""
    try:
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds") if at else None
    except (OverflowError, OSError, ValueError):
        return None  # what another host wrote can be of no calendar


def lines(group: IncidentGroup) -> Iterator[Line]:
    """Tell what went wrong, where, and what led to it; not when."""
    example = group.example
    yield f"{group.id}  {show(headline(example), PARAGRAPH)}", "bold"
    if example.exception and example.kind != "exception":
        yield f"  {KINDS.get(example.kind, example.kind)}", ""
    if example.detail:
        yield f"  {show(example.detail, PARAGRAPH)}", ""
    where = f"at {example.frame}, " if example.frame else ""
    closing = f", closing {close_words(example.close)}" if example.close else ""
    yield f"  {show(f'{where}in phase {example.phase}{closing}', PARAGRAPH)}", ""
    for each in example.chain:
        yield f"  after {show(each, PARAGRAPH)}", "dim"


def headline(caught: Caught) -> str:
    """Name the exception with its message, or what was caught in place of one."""
    if not caught.exception:
        return KINDS.get(caught.kind, caught.kind)
    return f"{caught.exception}: {caught.message}" if caught.message else caught.exception


def times(group: IncidentGroup) -> str:
    """Say how often it was met, and when first and last."""
    first, last = moment(group.first_seen), moment(group.last_seen)
    often = "once" if group.count == 1 else f"{group.count:,} times"
    if last is None:
        return f"{often}, at a time that is not told"
    return (
        f"{often}, {last}"
        if group.count == 1 or not first
        else f"{often}, first {first}, last {last}"
    )


def more(left: int) -> Iterator[Line]:
    """Say how many are not listed."""
    if left > 0:
        yield f"and {left} more; --json has them all", "dim"


def moments_of(seen: ConnectionSeen, caught: Caught) -> list[tuple[float, str]]:
    """Give what was seen on a connection and the failure among it, by milliseconds since it came.

    The earliest come first.
    """
    moments = [*server_moments(seen), (caught.at, caught_words(caught))]
    moments.sort(key=lambda each: each[0])
    return [((at - seen.at) * 1000, says) for at, says in moments]


def untold(dropped: int, pruned: int) -> Iterator[Line]:
    """Say what is missing in a store: items that could not be written, rows that were deleted."""
    if dropped:
        yield f"{count(dropped, 'item')} dropped: they could not be written in time", "yellow"
    if pruned:
        yield f"{count(pruned, 'row')} pruned; what they held is not counted above", "dim"
