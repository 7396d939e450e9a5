"""Holds what a check met against the one end that it declares."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hangup.ending import Ending
from hangup.plan.play import Played
from hangup.plan.results import CheckResult
from hangup.plan.symptom import build_of, symptom_of
from hangup.plan.words import Check, CheckOutcome, End


def result_of(check: Check, runs: Sequence[Played], elapsed: float) -> CheckResult:
    """Give a check its outcome; each of its connections counts."""
    judged = [(run, *_judged(check, run)) for run in runs]
    bad = [(run, outcome, says) for run, outcome, says in judged if outcome != "passed"]
    run, outcome, says = next((each for each in bad if each[1] == "hung"), (bad or judged)[0])
    if bad and len(runs) > 1:
        says = f"{len(bad)} of {len(runs)} connections: {says}"
    return CheckResult(
        name=check.name,
        outcome=outcome,
        required=check.required,
        elapsed_s=round(elapsed, 3),
        says=says,
        where=run.where if bad else "",
        closure=run.ending.closure,
        symptom=symptom_of(run.ending),
        build=build_of(each.trace for each in runs),
        traces=tuple(run.trace for run in runs),
    )


def _judged(check: Check, run: Played) -> tuple[CheckOutcome, str]:
    if check.known is None:
        return _held(check.end, check.deadline, run)
    outcome, says = _held(check.end, check.deadline, run)
    if outcome == "passed":
        return "failed", f"it passes: what is known of it is over ({check.known.why})"
    if ended_so(check.known.end, run.ending):
        return "known-issue", check.known.why
    return "failed", f"it fails in another way than is known: {says}"


def _held(end: End, deadline: float, run: Played) -> tuple[CheckOutcome, str]:
    if run.expired:
        return "hung", f"nothing decided it within {deadline:g} s"
    if ended_so(end, run.ending):
        return ("failed", run.missed) if run.missed else ("passed", end.words)
    says = f"expected: {end.words}; it was: {run.ending.words}"
    return "failed", f"{run.missed}; {says}" if run.missed else says


def ended_so(end: End, ending: Ending) -> bool:
    """Say whether a connection ended as declared."""
    closure = ending.closure
    if end.unreachable:
        return ending.kind.startswith(f"{end.unreachable}-")
    if end.status is not None:
        return (
            closure is None
            and ending.response is not None
            and (ending.response.status == end.status)
        )
    if closure is None:
        return False
    if end.code is not None:
        reason = end.reason is None or re.search(end.reason, closure.reason) is not None
        return closure.closed_by == "remote" and closure.code == end.code and reason
    return closure.chosen
