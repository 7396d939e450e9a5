"""Which ends a plan may declare: those that somebody chose, and not those that are faults."""

from __future__ import annotations

from hangup.ending import Ending

CHOSEN = frozenset({1000, 1001, 1003, 1007, 1008, 1009, 1010, 1013})
"""Close codes by which a server says what it decided; the others tell of what went wrong."""


def declaration(ending: Ending) -> str | None:
    """Give the value of `ends`, None where no plan should declare such an end."""
    closure = ending.closure
    if closure is None:
        status = ending.response.status if ending.response else 0
        return f"{{status: {status}}}" if 300 <= status < 500 else None
    if closure.chosen:
        return "open" if ending.works or ending.kind == "open-unanswered" else None
    code = closure.code or 0
    if closure.closed_by == "remote" and (code in CHOSEN or 3000 <= code <= 4999):
        return f"{{close: {code}}}"
    return None


def is_refusal(ending: Ending) -> bool:
    """Whether a credential was, or could have been, what it was refused for."""
    if ending.response and not ending.closure:
        return ending.response.status in (400, 401, 403, 407)
    closure = ending.closure
    if closure is None or closure.chosen or closure.closed_by != "remote":
        return False
    code = closure.code or 0
    return code == 1008 or 3000 <= code <= 4999


def ends_line(declared: str) -> tuple[str, ...]:
    """Give the line that declares an end; that it stays open is meant when nothing is said."""
    return () if declared == "open" else (f"ends: {declared}",)
