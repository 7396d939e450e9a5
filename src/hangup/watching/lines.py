"""A watch in words: one line for each event."""

from __future__ import annotations

from datetime import UTC, datetime

from hangup.report.escape import PARAGRAPH, quoted, show
from hangup.report.units import count, duration, percent
from hangup.watching.memory import days_left
from hangup.watching.words import Change, Look, State

SHOWN_URL = 500


def change_line(change: Change) -> str:
    """Say when and where what is otherwise."""
    return f"{clock(change.at)} {show(change.url, SHOWN_URL)} {change_words(change)}"


def change_words(change: Change) -> str:
    """Say what is otherwise, since when, and how long it was as before."""
    return {"state": _state, "certificate": _certificate}.get(change.what, _name)(change)


def look_line(look: Look) -> str:
    """Say when and where what a round found."""
    return f"{clock(look.at)} {show(look.url, SHOWN_URL)} {look_words(look)}"


def look_words(look: Look) -> str:
    """Say what a round found."""
    sure = f" ({percent(look.confidence)} sure)" if look.confidence else ""
    took = f"{count(look.connections, 'connection')}, {duration(look.elapsed_s)}"
    end = look.certificate_end
    left = "" if end is None else f", certificate {days_left(end, look.at):g} days"
    return f"round: {show(look.state.words)}{sure}, {took}{left}"


def clock(at: float) -> str:
    """Give seconds since the epoch as date and time, in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _state(change: Change) -> str:
    after = change.after.words if isinstance(change.after, State) else ""
    parts = [show(after).upper() if after == "healthy" else show(after)]
    if isinstance(change.before, State):
        lasted = duration(change.lasted_s or 0.0)
        parts.append(f"after {lasted} of {show(change.before.words)}")
    line = " ".join(parts) + _seen(change)
    healthy = isinstance(change.after, State) and change.after.verdict == "healthy"
    return line if healthy or not change.summary else f"{line}: {show(change.summary, PARAGRAPH)}"


def _seen(change: Change) -> str:
    if change.unsettled:
        others = change.confirmed_by
        return f" (the last of {others} looks since {clock(change.first_seen)} that disagree)"
    if change.confirmed_by < 2:
        return ""
    return f" (in {change.confirmed_by} looks in a row since {clock(change.first_seen)})"


def _name(change: Change) -> str:
    before, after = quoted(str(change.before)), quoted(str(change.after))
    return f"{change.what} is {after}, was {before}{_seen(change)}"


def _certificate(change: Change) -> str:
    left = change.after if isinstance(change.after, float) else 0.0
    days = f"{abs(left):g} day{'' if abs(left) == 1 else 's'}"
    ends = f"certificate ended {days} ago" if left <= 0 else f"certificate ends in {days}"
    return ends if change.before is None else f"new {ends}"
