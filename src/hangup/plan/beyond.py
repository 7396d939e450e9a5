"""Holds a check against more than its end: what holds of its connections, another URL alike."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from hangup.ending import Ending, ending_of
from hangup.plan.holds import broken, get_broken
from hangup.plan.played import Played
from hangup.plan.prepare import moved
from hangup.plan.results import CheckResult
from hangup.plan.verdict import result_of
from hangup.plan.words import Check
from hangup.probe.dial import dial
from hangup.probe.opening import Opening
from hangup.probe.recorder import Recorder
from hangup.redact import Redactor
from hangup.trace import Trace

Runs = Sequence[Played]
Play = Callable[[Check], Awaitable[Runs]]
"""Plays a check, and gives all its connections."""
PLAIN = "plain-get"
MOST_BROKEN = 8
"""Sentences of what does not hold that are told."""


async def whether_it_holds(
    check: Check, result: CheckResult, runs: Runs, id: str, redactor: Redactor
) -> CheckResult:
    """Give the result with what does not hold; a check that ended as declared fails by it.

    Of one that failed already only that is told which was seen not to hold.
    """
    if check.holds is None or result.outcome not in ("passed", "failed"):
        return result
    passed = result.outcome == "passed"
    own = [run.trace for run in runs if not run.beside]
    found = [each for trace in own for each in broken(check.holds, trace)]
    if check.holds.http is not None and passed:
        trace = await _plain_get(check, id, redactor)
        found += get_broken(check.holds.http, trace, ending_of(trace).words)
        result = msgspec.structs.replace(result, traces=(*result.traces, trace))
    told = list(dict.fromkeys(each.says for each in found if passed or each.seen))[:MOST_BROKEN]
    if not told:
        return result
    says = "; ".join(told if passed else [result.says, *told])
    return msgspec.structs.replace(result, outcome="failed", says=says)


async def _plain_get(check: Check, id: str, redactor: Redactor) -> Trace:
    recorder = Recorder(redactor)
    deadline = asyncio.get_running_loop().time() + check.deadline
    await dial(
        check.endpoint,
        Opening(upgrade=False),
        None,
        recorder,
        patience=check.deadline,
        deadline=deadline,
    )
    return recorder.trace(id=id, experiment=check.name, variant=PLAIN, url=check.endpoint.url)


async def whether_alike(
    check: Check, result: CheckResult, runs: Runs, play: Play
) -> tuple[CheckResult, Check]:
    """Play a check at the other URL too, and give its result and that which is to be diagnosed."""
    if check.alike is None or result.outcome not in ("passed", "failed", "hung"):
        return result, check
    there = msgspec.structs.replace(moved(check, check.alike), alike=check.endpoint)
    others = await play(there)
    other = result_of(there, others, 0.0)
    traces = (*result.traces, *other.traces)
    result = msgspec.structs.replace(result, traces=traces)
    if result.outcome == other.outcome and _same(check, runs, others):
        return result, check
    here, away = _names(check, there)
    says = f"{here}: {_way(result, runs)}; {away}: {_way(other, others)}"
    where = result.where or other.where
    worse, at_fault = (other, there) if result.outcome == "passed" else (result, check)
    outcome = "failed" if worse.outcome == "passed" else worse.outcome
    seen = {"closure": worse.closure, "symptom": worse.symptom}
    told = {"outcome": outcome, "says": says, "where": where, **seen}
    return msgspec.structs.replace(result, **told), at_fault


def _same(check: Check, runs: Runs, others: Runs) -> bool:
    pairs = zip(runs, others, strict=False)
    return len(runs) == len(others) and all(
        a.missed == b.missed and _alike(check, a.ending, b.ending) for a, b in pairs
    )


def _alike(check: Check, one: Ending, other: Ending) -> bool:
    if one.same_as(other):
        return True
    # Where the plan names the reason by an expression, both may hold an id of their own in it.
    mine, theirs = one.closure, other.closure
    if check.end.reason is None or mine is None or theirs is None:
        return False
    return one.kind == other.kind and mine.code == theirs.code


def _way(result: CheckResult, runs: Runs) -> str:
    """Say in which way a check ended, without what it should have been."""
    told = result.outcome == "hung" or any(run.missed for run in runs)
    return result.says if told else next((run for run in runs if run.last), runs[0]).ending.words


def _names(check: Check, there: Check) -> tuple[str, str]:
    here, away = check.endpoint, there.endpoint
    if here.authority != away.authority:
        return here.authority, away.authority
    return here.url, away.url
