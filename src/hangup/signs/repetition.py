"""Signs of several connections: one after the other, at once, right after a failure."""

from __future__ import annotations

from hangup.ending import Ending
from hangup.event import ResponseReceived
from hangup.interval import wilson
from hangup.record import SILENT, Record
from hangup.signs.sign import Reading, Sign, cite, lossy, steady
from hangup.trace import Trace

STALLED = 1.0
"""Seconds that a handshake takes on a server that was quick before, when something blocks it."""
ELSEWHERE = frozenset(
    {
        *("random-path", "sibling-path", "other-slash", "plain-get", "bogus-upgrade", "scheme"),
        *("bypass", "bypass-get", "bypass-path", "bypass-bare"),
        *("no-credential", "broken-credential", "placement", "origin", "subprotocol"),
    }
)
"""Experiments that ask for what the honest request does not: who refuses may take its time."""
WAITED, AFTER = 0.2, 0.08
"""Seconds that one waited at least, and within which it is let in when another one leaves."""
GATEWAY = ("http-502", "http-503", "http-504")
GONE = ("tcp-", "http-502", "http-503", "eof-before", "reset-before")
"""Endings of those who find nobody there any more."""


def _repeat(record: Record) -> Reading | None:
    base = record.baseline
    if not base or not record.comparable_of(record.again):
        return None
    others = record.comparable_of([*record.of("baseline"), *record.again])
    runs = [base, *(run for run in others if run[0] is not base[0])]
    odd = next(((t, e) for t, e in runs if not e.same_as(base[1])), None)
    if odd:
        says = f"not always the same: {odd[1].words}, and {base[1].words}"
        return cite(odd[0], _course(runs), f"{says}; {_rate(runs)}", odd[1].event)
    trace, ending = runs[-1]
    return cite(trace, "same", f"{len(runs)} of {len(runs)} end alike", ending.event)


def _course(runs: list[tuple[Trace, Ending]]) -> str:
    """Tell failures that are over from those that come and go, and from those that came to stay."""
    ordered = sorted(runs, key=lambda run: run[0].began)
    worked = [ending.works for _, ending in ordered]
    if worked == sorted(worked):
        return "healed"
    return "broke" if worked == sorted(worked, reverse=True) else "comes-and-goes"


def _rate(runs: list[tuple[Trace, Ending]]) -> str:
    """Say how often the honest request fails, with the interval in which its true share lies."""
    failed, tries = sum(not ending.works for _, ending in runs), len(runs)
    low, high = wilson(failed, tries)
    return f"{failed} of {tries} fail (95 % interval: {low:.0%} to {high:.0%})"


def _reconnect(record: Record) -> Reading | None:
    runs, base = record.comparable("reconnect"), record.baseline
    if not runs or not base:
        return None
    trace, ending = runs[0]
    if ending.works:
        return cite(trace, "works", "a connection right after it works", ending.event)
    late = runs[-1]
    if len(runs) > 1 and late[1].works:
        return cite(late[0], "works-later", "after a pause it works", late[1].event)
    value = "gone" if ending.kind.startswith(GONE) else "otherwise"
    value = "alike" if ending.same_as(base[1]) else value
    return cite(trace, value, f"right after it: {ending.words}", ending.event)


def _afterwards(record: Record) -> Reading | None:
    run = record.first("afterwards")
    if not run or not record.baseline:
        return None
    trace, ending = run
    if ending.opened:
        return cite(trace, "there", "a connection right after it opens", ending.event)
    value = next((value for value, kinds in _AFTER.items() if ending.kind.startswith(kinds)), None)
    return cite(trace, value or "otherwise", f"right after it: {ending.words}", ending.event)


_AFTER = {"gone": ("tcp-refused", "eof-before", "reset-before"), "gateway": GATEWAY}
"""What tells that the server is not there: to us itself, or to the proxy before it."""


def _alone(record: Record) -> Reading | None:
    """Whether what failed beside other connections fails without them too."""
    runs = record.of("alone")
    if not runs or record.baseline is None:
        return None
    bad = [(t, e) for t, e in runs if not e.works]
    trace, ending = (bad or runs)[0]
    if not bad:
        says = f"{len(runs)} one after the other all work"
        return cite(trace, "always-works", says, ending.event)
    value = "never-works" if len(bad) == len(runs) else "at-times"
    value = "gone" if any(e.kind.startswith(GONE) for _, e in bad) else value
    says = f"{len(bad)} of {len(runs)} one after the other: {ending.words}"
    return cite(trace, value, says, ending.event)


def _at_once(record: Record) -> Reading | None:
    """Hold several at once against one; where that fails at times, they say nothing new."""
    runs, base, alone = record.comparable("at-once"), record.baseline, record.of("alone")
    works_alone = bool(alone) and all(ending.works for _, ending in alone)
    if not runs or not base or not (base[1].works or works_alone or steady(record)):
        return None
    bad = [(t, e) for t, e in runs if not e.works]
    loses = lossy(record.uncrowded)
    if loses and any(ending.kind in SILENT for _, ending in bad):
        return None  # what was sent again came too late for some, however many there are
    waited = None if loses else _queued(record, runs)
    if not bad and waited:
        trace, response = waited
        says = f"one of {len(runs)} at once was answered after {response.took:.1f} s, when one left"
        return cite(trace, "queued", says, response)
    if not bad:
        return cite(runs[0][0], "all-work", f"{len(runs)} at once work", runs[0][1].event)
    trace, ending = bad[0]
    value = "all-alike" if ending.same_as(base[1]) else "otherwise"
    if len(bad) < len(runs) or base[1].works or works_alone:
        value = "some-fail"
    return cite(trace, value, f"{len(bad)} of {len(runs)} at once: {ending.words}", ending.event)


def _queued(
    record: Record, runs: list[tuple[Trace, Ending]]
) -> tuple[Trace, ResponseReceived] | None:
    """Give the one that was let in as soon as another one had left, and not before."""
    first = min((t.response.took for t, _ in runs if t.response), default=0.0)
    ends = [trace.began + trace.events[-1].at for trace in record.uncrowded]
    answers = [t.response for t in record.uncrowded if t.response]
    quickest = min((response.took for response in answers), default=0.0)
    for trace, _ in runs:
        response = trace.response
        least = max(WAITED, 10 * quickest, 1.25 * first)
        if not response or response.took < least:
            continue
        let_in = trace.began + response.at
        if any(0 <= let_in - end < AFTER for end in ends):
            return trace, response
    return None


def _late(runs: list[tuple[Trace, Ending]]) -> tuple[Trace, ResponseReceived] | None:
    let_in = ((trace, trace.response) for trace, ending in runs if ending.opened)
    return next(((t, r) for t, r in let_in if r and r.took > STALLED), None)


def _silent(runs: list[tuple[Trace, Ending]]) -> tuple[Trace, Ending] | None:
    honest = (run for run in runs if run[0].experiment not in ELSEWHERE)
    return next((run for run in honest if run[1].kind == "silent-handshake"), None)


def _stalls(record: Record) -> Reading | None:
    """Whether those who are let in had to wait where the baseline had not, or honest ones still do.

    How long a refusal takes is the refusing one's own: some delay it on purpose.
    """
    base = record.baseline
    if not base or not base[1].opened or lossy(record.uncrowded):
        return None
    others = [(t, r) for t in record.uncrowded if (r := record.ending(t)) and t is not base[0]]
    silent = _silent(others)
    if silent:
        says = "a handshake was not answered although the first one was"
        return cite(silent[0], "stalls", says, silent[1].event)
    first = base[0].response
    late = _late(others) if first and first.took < STALLED / 4 else None
    if late and first:
        says = f"a handshake took {late[1].took:.1f} s, the first one {first.took:.2f} s"
        return cite(late[0], "stalls", says, late[1])
    return cite(base[0], "answers", "every handshake was answered", base[1].event)


SIGNS = (
    Sign(
        "repeat",
        "Does it end the same each time?",
        "repeat",
        {"same": 9, "healed": 0.25, "broke": 0.2, "comes-and-goes": 0.25},
        _repeat,
    ),
    Sign(
        "alone",
        "Does it fail while nothing else runs?",
        "alone",
        {"always-works": 1, "at-times": 1, "never-works": 1, "gone": 0.5},
        _alone,
    ),
    Sign(
        "reconnect",
        "Does it work right after?",
        "reconnect",
        {"works": 1, "works-later": 0.5, "alike": 4, "otherwise": 0.3, "gone": 0.3},
        _reconnect,
    ),
    Sign(
        "afterwards",
        "Is the server there right after the end?",
        "afterwards",
        {"there": 10, "gone": 0.2, "gateway": 0.2, "otherwise": 0.2},
        _afterwards,
    ),
    Sign(
        "at-once",
        "Do several at once work?",
        "at-once",
        {"all-work": 4, "some-fail": 0.3, "queued": 0.1, "all-alike": 3, "otherwise": 0.3},
        _at_once,
    ),
    Sign(
        "stalls",
        "Do handshakes go unanswered later?",
        "baseline",
        {"answers": 30, "stalls": 0.5},
        _stalls,
    ),
)
