"""Tells one incident, in a document or in lines, alike wherever it was caught."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from hangup.correlate import close_words
from hangup.incident import Caught, IncidentGroup
from hangup.report.escape import PARAGRAPH, show
from hangup.report.inside import KINDS

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
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds") if at else None


def lines(group: IncidentGroup) -> Iterator[Line]:
    """Tell what went wrong, where, and what led to it; not when."""
    example = group.example
    yield f"{group.id}  {show(_headline(example), PARAGRAPH)}", "bold"
    if example.exception and example.kind != "exception":
        yield f"  {KINDS.get(example.kind, example.kind)}", ""
    if example.detail:
        yield f"  {show(example.detail, PARAGRAPH)}", ""
    where = f"at {example.frame}, " if example.frame else ""
    closing = f", closing {close_words(example.close)}" if example.close else ""
    yield f"  {show(f'{where}in phase {example.phase}{closing}', PARAGRAPH)}", ""
    for each in example.chain:
        yield f"  after {show(each, PARAGRAPH)}", "dim"


def _headline(caught: Caught) -> str:
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
