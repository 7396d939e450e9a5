"""Holds what a check met against the one end that it declares."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hangup.ending import Ending
from hangup.plan.played import Played
from hangup.plan.results import CheckResult
from hangup.plan.symptom import build_of, symptom_of
from hangup.plan.words import Check, CheckOutcome, End

WORST = ("hung", "failed", "known-issue")
"""What a check is called by when its connections came out differently."""
STAYED = End().words
MOST_OTHERS = 3
"""Connections beside the steps whose faults are told."""
Judged = tuple[Played, CheckOutcome, str]


def result_of(check: Check, runs: Sequence[Played], elapsed: float) -> CheckResult:
    """Give a check its outcome; each of its connections counts."""
    judged = [(run, *_judged(check, run, runs)) for run in runs]
    bad = sorted((e for e in judged if e[1] != "passed"), key=lambda each: WORST.index(each[1]))
    run, outcome, says = (bad or [each for each in judged if each[0].last])[0]
    return CheckResult(
        name=check.name,
        outcome=outcome,
        required=check.required,
        elapsed_s=round(elapsed, 3),
        says=_says(check, bad) if bad else says,
        where=run.where if bad else "",
        closure=run.ending.closure,
        symptom=symptom_of(run.ending),
        build=build_of(each.trace for each in runs),
        traces=tuple(run.trace for run in runs),
    )


def _says(check: Check, bad: Sequence[Judged]) -> str:
    """Say what was wrong with the first of those who played, and with those beside them."""
    said = []
    players = [each for each in bad if not each[0].beside]
    for run, _, says in players[:1]:
        several = len({each.player for each, _, _ in players})
        of_all = f"{several} of {check.connections} connections: " if check.connections > 1 else ""
        earlier = f"connection {run.leg} of {run.legs}: " if run.legs > 1 else ""
        said.append(f"{of_all}{earlier}{says}")
    others = [f"{run.beside}, beside: {says}" for run, _, says in bad if run.beside]
    return "; ".join([*said, *others[:MOST_OTHERS]])


def _judged(check: Check, run: Played, runs: Sequence[Played]) -> tuple[CheckOutcome, str]:
    outcome, says = _held(check, run)
    if check.known is None or run.beside or _goes_on(run, runs):
        return outcome, says
    if outcome == "passed":
        return "failed", f"it passes: what is known of it is over ({check.known.why})"
    if ended_so(check.known.end, run.ending):
        return "known-issue", check.known.why
    return "failed", f"it fails in another way than is known: {says}"


def _goes_on(run: Played, runs: Sequence[Played]) -> bool:
    """Whether the player connected again after this connection."""
    return any(e.player == run.player and e.leg > run.leg for e in runs if not e.beside)


def _held(check: Check, run: Played) -> tuple[CheckOutcome, str]:
    if run.expired:
        undecided = f"nothing decided it within {check.deadline:g} s"
        return "hung", f"{undecided}: {run.missed}" if run.missed else undecided
    good = ended_so(check.end, run.ending) if run.last else _stayed(run)
    words = check.end.words if run.last else STAYED
    if good:
        return ("failed", run.missed) if run.missed else ("passed", words)
    says = f"expected: {words}; it was: {run.ending.words}"
    return "failed", f"{run.missed}; {says}" if run.missed else says


def _stayed(run: Played) -> bool:
    """Whether nobody but us ended a connection, by a close frame or by breaking it off."""
    closure = run.ending.closure
    return closure is not None and (closure.chosen or closure.closed_by == "neither")


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
