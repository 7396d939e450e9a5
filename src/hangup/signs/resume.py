"""The sign of a reconnect: what comes of the events that happened meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hangup.ending import COMPLAINTS, Ending
from hangup.event import FrameReceived
from hangup.record import Record
from hangup.signs.numbered import Numbered, counted, numbered_in, uncounted
from hangup.signs.sign import Reading, Sign, cite
from hangup.trace import Trace

BROKEN, AGAIN = "broken off", "resumed"
"""The variants of the two connections, in turn."""
HEARD = 2
"""Numbered messages after which the first one is broken off."""
BURST = 0.5
"""Share of the time that events take when they happen, in which they come when replayed."""
QUOTED = 80
"""First bytes of a message that are quoted."""

Course = tuple[str, str, FrameReceived]


def gap_of(numbered: Sequence[Numbered]) -> float:
    """Give the usual seconds between two numbered messages of a connection."""
    if len(numbered) < HEARD:
        return 0.0
    return (numbered[-1][1].at - numbered[0][1].at) / (len(numbered) - 1)


def _resume(record: Record) -> Reading | None:
    runs = {trace.variant: (trace, ending) for trace, ending in record.of("resume")}
    if BROKEN not in runs or AGAIN not in runs or uncounted(record):
        return None
    before = numbered_in(runs[BROKEN][0].all(FrameReceived))
    trace, ending = runs[AGAIN]
    came, all_of_them = numbered_in(trace.all(FrameReceived)), counted(record)
    if len(before) < HEARD:
        return None
    if came:
        return cite(trace, *_course(before, came, gap_of(all_of_them)))
    if len(before) >= len(all_of_them):
        return None  # all had come that ever comes, so nothing was missed
    return _nothing(trace, ending, before[-1][0])


def _nothing(trace: Trace, ending: Ending, last: int) -> Reading:
    """Tell an end or a complaint from mere silence."""
    if not ending.opened or (ending.closure and ending.closure.closed_by == "remote"):
        says = f"nothing after number {last}, but an end: {ending.words}"
        return cite(trace, "refused", says, ending.event)
    said = [e for e in trace.all(FrameReceived) if e.opcode in ("text", "binary")]
    complaint = next((e for e in said if any(w in e.data.lower() for w in COMPLAINTS)), None)
    if complaint:
        text = complaint.data[:QUOTED].decode("utf-8", "replace")
        return cite(trace, "refused", f"nothing after number {last}, but {text!r}", complaint)
    return cite(trace, "silence", f"nothing came any more after number {last}", ending.event)


def _course(before: Sequence[Numbered], came: Sequence[Numbered], gap: float) -> Course:
    """Hold the numbers that came after a reconnect against those before it."""
    last, first, highest = before[-1][0], came[0][0], max(number for number, _ in came)
    if first <= max(1, before[0][0]) and not _replayed(came, last, gap):
        return "from-start", f"number {last} was the last, then it began with {first}", came[0][1]
    holes = _holes(last, {number for number, _ in came})
    if holes:
        after = next(frame for number, frame in came if number > holes[0][0])
        return "gap", f"number {last} was the last, and {_listed(holes)} never came", after
    if highest <= last:
        says = f"number {last} was the last, and only {first} to {highest} came again"
        return "silence", says, came[-1][1]
    again = _again(came, last)
    if again:
        number, frame = again
        return "repeats", f"number {last} was the last, and {number} came again", frame
    says = f"number {last} was the last, then {first} to {highest} came"
    return "continues", says, came[0][1]


def _replayed(came: Sequence[Numbered], last: int, gap: float) -> bool:
    """Whether the beginning came quicker than it happened, so that it is no other beginning."""
    past = next((frame for number, frame in came if number > last), None)
    if past is None:
        return False
    took = past.at - came[0][1].at
    return took < BURST * gap * (last + 1 - came[0][0])


def _again(came: Sequence[Numbered], last: int) -> Numbered | None:
    seen: set[int] = set()
    for number, frame in came:
        if number <= last or number in seen:
            return number, frame
        seen.add(number)
    return None


def _holes(last: int, there: set[int]) -> list[tuple[int, int]]:
    """Give the first and last of each row of numbers that never came."""
    beyond = sorted(number for number in there if number > last)
    return [(a + 1, b - 1) for a, b in pairwise([last, *beyond]) if b > a + 1]


def _listed(holes: Sequence[tuple[int, int]]) -> str:
    first, final = holes[0][0], holes[-1][1]
    count = sum(b - a + 1 for a, b in holes)
    if count == 1:
        return str(first)
    return f"{'' if len(holes) == 1 else f'{count} of '}{first} to {final}"


def told(record: Record) -> str:
    """Tell in a few words what came after the reconnect; empty when it cannot be said."""
    reading = _resume(record)
    return reading.says if reading else ""


SIGNS = (
    Sign(
        "resume",
        "What comes after a reconnect?",
        "resume",
        {
            "continues": 6,
            "repeats": 2,
            "gap": 0.02,
            "from-start": 0.02,
            "silence": 0.02,
            "refused": 0.02,
        },
        _resume,
    ),
)
