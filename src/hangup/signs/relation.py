"""How a changed connection ended, seen from the baseline."""

from __future__ import annotations

from collections.abc import Callable

from hangup.ending import Ending
from hangup.event import Matched
from hangup.record import Record
from hangup.signs.sign import Reading, cite, compared, steady

REFUSALS = (
    "http-400",
    "http-401",
    "http-403",
    "closed-1008",
    "closed-application",
    "closed-1011-reason",
)


def relation(changed: Ending, base: Ending, *, spoke: bool) -> str:
    """Tell how a changed connection ended, seen from the baseline.

    Two connections that both stay open without a word of the application prove little.
    """
    if changed.works and (base.works or not changed.same_as(base)):
        return "works" if not base.works else "both-work" if spoke else "both-open"
    if changed.same_as(base):
        return "alike"
    return "refused" if changed.kind in REFUSALS else "otherwise"


def compared_words(changed: Ending, base: Ending) -> str:
    """Answer what changes, in the words of both endings."""
    if changed.same_as(base) or (changed.works and base.works):
        return f"nothing: {changed.words}"
    return f"{changed.words}; yours: {base.words}"


RELATIONS = {
    "both-work": 1.5,
    "both-open": 1.5,
    "works": 1.0,
    "alike": 2.0,
    "refused": 1.5,
    "otherwise": 1.0,
}


def relate(experiment: str) -> Callable[[Record], Reading | None]:
    """Read an experiment of one variant: how it ended, seen from the baseline."""

    def read(record: Record) -> Reading | None:
        found = compared(record, experiment)
        if not found:
            return None
        trace, changed, base = found
        value = relation(changed, base, spoke=bool(trace.all(Matched)))
        return cite(trace, value, compared_words(changed, base), changed.event)

    return read


def matrix(
    experiment: str, ok: str, none: str, names: dict[str, str]
) -> Callable[[Record], Reading | None]:
    """Read an experiment of several variants: which one differs from the baseline, and how."""

    def read(record: Record) -> Reading | None:
        base, runs = record.baseline, record.comparable(experiment)
        if not base or not runs or not steady(record):
            return None
        for trace, ending in runs:
            if ending.works and not base[1].works:
                value = names.get(f"{trace.variant} works", ok)
                return cite(trace, value, f"{trace.variant}: it works", ending.event)
        for trace, ending in runs:
            if base[1].works and not ending.works:
                value = names.get(f"{trace.variant} fails", ok)
                return cite(trace, value, f"{trace.variant}: {ending.words}", ending.event)
        trace, ending = runs[-1]
        says = f"none of {', '.join(t.variant for t, _ in runs)} changes anything"
        return cite(trace, none, says, ending.event)

    return read
