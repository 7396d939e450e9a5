"""How a plan's results are told: lines of text, and the document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from hangup import __version__
from hangup.plan.impact import blocked_amounts, impact_lines
from hangup.plan.results import CheckResult, ImpactResult, PhaseResult, PlanResult
from hangup.plan.words import Plan
from hangup.redact import Redactor
from hangup.report.escape import PARAGRAPH, inert, show

SCHEMA = "hangup.test/1"
WORDS = {
    "passed": "passed",
    "failed": "FAILED",
    "hung": "HUNG",
    "not-executed": "not executed",
    "known-issue": "known issue",
    "void": "void",
    "masked": "MASKED",
}


OURS = frozenset({"schema", "outcome", "verdict", "state", "hangup", "digest", "run", "kind"})
"""Keys whose values are words of ours: a secret that is such a word does not spoil the document."""


def as_json(document: dict[str, Any]) -> str:
    """Encode a document in ASCII, so that nothing in it reaches a terminal or a workflow's log."""
    return inert(json.dumps(document, indent=2))


def document_of(
    plan: Plan, result: PlanResult, redactor: Redactor, run: str | None = None
) -> dict[str, Any]:
    """Give the document, without secrets; `run` is the id under which it is kept."""
    document = {
        "schema": SCHEMA,
        "run": run,
        "outcome": "passed" if result.passed else "failed",
        "plan": result.source,
        "digest": plan.digest,
        "environment": plan.environment or None,
        "began": result.began,
        "elapsed_s": result.elapsed_s,
        "phases": [_phase(phase, plan) for phase in result.phases],
        "hypotheses": [msgspec.to_builtins(claim) for claim in result.claims],
        "impact": [_impact(each) for each in result.impact],
        "blocked": [
            {"amount": amount, "unit": unit or None}
            for unit, amount in blocked_amounts(result.impact).items()
        ],
        "hangup": __version__,
    }
    clean = _clean(document, redactor)
    assert isinstance(clean, dict)
    return clean


def _clean(value: object, redactor: Redactor, key: str = "") -> object:
    if isinstance(value, str):
        return value if key in OURS else show(redactor.text(value), PARAGRAPH)
    if isinstance(value, dict):
        return {name: _clean(each, redactor, name) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(each, redactor, key) for each in value]
    return value


def _impact(each: ImpactResult) -> dict[str, Any]:
    return {
        "capability": each.impact.capability,
        "state": each.state,
        "amount": each.impact.amount,
        "unit": each.impact.unit or None,
        "because": [{"name": name, "outcome": outcome} for name, outcome in each.because],
    }


def _phase(phase: PhaseResult, plan: Plan) -> dict[str, Any]:
    lines = {check.name: check.line for check in plan.checks}
    told = {
        "name": phase.name,
        "run": phase.run,
        "checks": [_check(check, lines.get(check.name)) for check in phase.checks],
    }
    return told if phase.run else {**told, "why": phase.why, "would_tell": phase.would_tell}


def _check(check: CheckResult, line: int | None) -> dict[str, Any]:
    diagnosis = check.diagnosis
    return {
        "name": check.name,
        "line": line,
        "outcome": check.outcome,
        "required": check.required,
        "elapsed_s": check.elapsed_s,
        "says": check.says,
        "where": check.where or None,
        "closure": msgspec.to_builtins(check.closure) if check.closure else None,
        "symptom": msgspec.to_builtins(check.symptom) if check.symptom else None,
        "build": check.build or None,
        "layer": diagnosis.layer if diagnosis else None,
        "cause": diagnosis.cause if diagnosis else None,
        "confidence": diagnosis.confidence if diagnosis else None,
        "summary": diagnosis.summary if diagnosis else None,
        "next_steps": diagnosis.next_steps if diagnosis else (),
    }


def shown(line: str) -> str:
    """Give a line as it can be printed, whatever is cited in it."""
    return inert(show(line, None))


def check_lines(check: CheckResult) -> Iterator[str]:
    """Say what became of one check; what is as expected takes one line."""
    optional = "" if check.required else ", not required"
    yield f"  {WORDS[check.outcome]:<13} {check.name}  ({check.elapsed_s:.2f} s{optional})"
    if check.outcome == "passed":
        return
    yield f"                {check.says}"
    if check.where:
        yield f"                it stood at {check.where}"
    if check.diagnosis and check.diagnosis.verdict != "healthy":
        cause = check.diagnosis.cause or check.diagnosis.layer or "inconclusive"
        yield f"                {cause}: {check.diagnosis.summary}"


def phase_lines(phase: PhaseResult) -> Iterator[str]:
    """Say what became of one phase; of one that was not run, what it would have told."""
    if not phase.run:
        yield f"{phase.name}: not run; {phase.why}"
        yield f"                it would have told: {', '.join(map(repr, phase.would_tell))}"
        return
    good = sum(check.as_expected for check in phase.checks)
    yield f"{phase.name}: {good} of {len(phase.checks)} as expected"


def last_lines(result: PlanResult) -> Iterator[str]:
    """Say what became of the claims, and of the whole."""
    for claim in result.claims:
        yield f"claim {claim.verdict}: {claim.claim}  ({claim.evidence})"
    yield from impact_lines(result.impact)
    counts: dict[str, int] = {}
    for check in result.checks:
        counts[check.outcome] = counts.get(check.outcome, 0) + 1
    parts = ", ".join(f"{number} {WORDS[name]}" for name, number in counts.items())
    verdict = "PASSED" if result.passed else "FAILED"
    yield f"{verdict}  {parts or 'nothing was run'}; {result.elapsed_s:.1f} s"
