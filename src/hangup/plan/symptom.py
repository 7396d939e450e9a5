"""What a check met, in values that two runs of it can be compared by."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from hangup.conclude import BUILD_HEADERS
from hangup.ending import LOST, Ending
from hangup.event import ResponseReceived
from hangup.signs.volatile import without_ids
from hangup.trace import Trace

MOST_BUILD = 100
"""Characters of a build id."""


class Symptom(Struct, frozen=True, kw_only=True):
    """How a connection ended: its kind, and the code and reason or the status that came with it."""

    kind: str
    words: str
    code: int | None = None
    reason: str = ""
    status: int | None = None

    def same_as(self, other: Symptom) -> bool:
        """Whether both say the same; an id or a time in a reason makes no difference."""
        if self.kind != other.kind:
            return {self.kind, other.kind} <= set(LOST)  # which of both comes is chance
        mine = (self.code, without_ids(self.reason), self.status)
        return mine == (other.code, without_ids(other.reason), other.status)


def symptom_of(ending: Ending) -> Symptom:
    """Give the symptom of an ending."""
    closure, response = ending.closure, ending.response
    return Symptom(
        kind=ending.kind,
        words=ending.words,
        code=closure.code if closure else None,
        reason=closure.reason if closure else "",
        status=response.status if response else None,
    )


def build_of(traces: Iterable[Trace]) -> str:
    """Give the build ids that the endpoint named in its answers, joined by commas."""
    found: dict[str, None] = {}
    for trace in traces:
        for answer in trace.all(ResponseReceived):
            named = (answer.header(name) for name in BUILD_HEADERS)
            build = next((each for each in named if each), None)
            if build:
                found[build[:MOST_BUILD]] = None
    return ", ".join(found)
