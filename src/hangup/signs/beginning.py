"""Signs of the first events of what a client begins: whether they come, and when they do not."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from hangup.ending import Ending
from hangup.event import FrameReceived, FrameSent
from hangup.record import Record
from hangup.signs.company import hears_others
from hangup.signs.numbered import Numbered, numbered_in
from hangup.signs.rows import alike_first, missing_before
from hangup.signs.sign import Reading, Sign, cite, lossy, steady
from hangup.trace import Trace

FEWEST_RUNS = 3
"""Runs that must begin above 1 before that is no chance."""
ROUND = 10
"""A count can begin with a multiple of it, such as 100, and lack nothing."""
QUOTED = 60
"""First bytes of a message that are quoted."""
ASKED = ("baseline", "repeat", "alone", "at-once")
"""Experiments that play the conversation, each time alike."""


def answers(trace: Trace) -> list[FrameReceived]:
    """Give the messages that came once the client had begun to speak."""
    said = [e.at for e in trace.all(FrameSent) if e.opcode in ("text", "binary")]
    heard = (e for e in trace.all(FrameReceived) if e.opcode in ("text", "binary"))
    return [e for e in heard if said and e.at >= said[0]]


def _counted(trace: Trace) -> list[Numbered]:
    """Give the numbered messages of one that spoke; a greeting can be the first of them."""
    return numbered_in(trace.all(FrameReceived)) if answers(trace) else []


def _beginnings(record: Record) -> Reading | None:
    """Tell a count of each run from one that runs on, and one whose beginning is cut off."""
    runs = [(trace, _counted(trace)) for name in ASKED for trace, _ in record.of(name)]
    counted = [(trace, numbered) for trace, numbered in runs if numbered]
    if not counted or hears_others(record):
        return None
    firsts = [numbered[0][0] for _, numbered in counted]
    late, (number, frame) = max(((t, n[0]) for t, n in counted), key=lambda each: each[1][0])
    if max(firsts) <= 1:
        return cite(late, "first", f"{len(firsts)} of {len(firsts)} runs begin with 0 or 1", frame)
    if _runs_on(counted):
        return cite(late, "running", f"the count runs on: one begins with {number}", frame)
    told = f"runs begin with {', '.join(map(str, firsts))}"
    if min(firsts) <= 1:
        return cite(late, "differ", told, frame)
    if len(firsts) < FEWEST_RUNS or (len(set(firsts)) == 1 and number % ROUND == 0):
        return None
    return cite(late, "above", told, frame)


def _runs_on(counted: Sequence[tuple[Trace, list[Numbered]]]) -> bool:
    """Whether each run goes on where those before it ended, which no count of its own does."""
    ordered = sorted(counted, key=lambda each: each[0].began + each[1][0][1].at)
    pairs = [
        (earlier[-1][0], later[0][0])
        for (one, earlier), (other, later) in combinations(ordered, 2)
        if one.began + earlier[-1][1].at < other.began + later[0][1].at
    ]
    return not pairs or all(last <= first for last, first in pairs)


def begins_late(trace: Trace, base: Trace) -> bool:
    """Whether what came first in one of two traces may be no beginning."""
    ours, theirs = _counted(trace), _counted(base)
    if ours and theirs and ours[0][0] > theirs[-1][0]:
        return False  # one count for all, which runs on
    firsts = [numbered[0][0] for numbered in (ours, theirs) if numbered]
    return max(firsts, default=0) > 1 or not alike_first(answers(trace), answers(base))


def _first_events(record: Record) -> Reading | None:
    """Hold what came to one that spoke at once against what came to one that spoke later."""
    runs, base = record.of("delay"), record.baseline
    if not runs or not base or not all(ending.closure for _, ending in runs):
        return None
    if hears_others(record) or lossy(record.traces):
        return None
    early, late = runs[0][0], runs[-1][0] if len(runs) > 1 else base[0]
    here, there = answers(early), answers(late)
    if not there:
        return None
    if not here:
        return cite(early, "nothing", "sent at once: nothing comes; sent later: something does")
    missing = missing_before(here, there)
    if missing:
        first = there[0].data[:QUOTED].decode("utf-8", "replace")
        says = f"sent at once, the first {missing} are missing; sent later, {first!r} comes"
        return cite(early, "first-missing", says, here[0])
    same = alike_first(here, there)
    return cite(early, "all-come", "sent at once, it begins alike", here[0]) if same else None


def _pauses(record: Record) -> Reading | None:
    """Hold a conversation with pauses against the one without."""
    found, base = record.first("pauses"), record.baseline
    if not found or not base or not found[1].closure or not steady(record):
        return None
    (trace, ending), (first, its) = found, base
    ours, theirs = _counted(trace)[:1], _counted(first)[:1]
    if ours and theirs and ours[0][0] <= 1 < theirs[0][0]:
        says = f"with pauses it begins with {ours[0][0]}, without with {theirs[0][0]}"
        return cite(trace, "only-apart-works", says, ours[0][1])
    if ending.works == its.works:
        return cite(trace, "no-effect", "pauses change nothing", ending.event)
    value = "only-apart-works" if ending.works else "only-close-works"
    return cite(trace, value, f"with pauses: {_account(ending)}", ending.event)


def _account(ending: Ending) -> str:
    return "it works" if ending.works else ending.words


SIGNS = (
    Sign(
        "beginnings",
        "With which number do runs begin?",
        "baseline",
        {"first": 10, "running": 4, "above": 0.1, "differ": 0.05},
        _beginnings,
    ),
    Sign(
        "first-events",
        "Do the first events come however soon one speaks?",
        "delay",
        {"all-come": 10, "nothing": 0.3, "first-missing": 0.02},
        _first_events,
    ),
    Sign(
        "pauses",
        "Do pauses between the messages decide?",
        "pauses",
        {"no-effect": 10, "only-apart-works": 0.1, "only-close-works": 0.3},
        _pauses,
    ),
)
