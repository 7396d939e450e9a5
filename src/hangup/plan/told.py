"""How a plan's results are told: lines of text, and the document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from hangup import __version__
from hangup.plan.results import CheckResult, PhaseResult, PlanResult
from hangup.redact import Redactor

SCHEMA = "hangup.test/1"
WORDS = {
    "passed": "passed",
    "failed": "FAILED",
    "hung": "HUNG",
    "not-executed": "not executed",
    "known-issue": "known issue",
    "void": "void",
}


def as_json(result: PlanResult, redactor: Redactor) -> str:
    """Give the document."""
    document = {
        "schema": SCHEMA,
        "outcome": "passed" if result.passed else "failed",
        "plan": result.source,
        "elapsed_s": result.elapsed_s,
        "phases": [_phase(phase) for phase in result.phases],
        "hypotheses": [msgspec.to_builtins(claim) for claim in result.claims],
        "hangup": __version__,
    }
    return redactor.text(json.dumps(document, indent=2, ensure_ascii=False))


def _phase(phase: PhaseResult) -> dict[str, Any]:
    told = {
        "name": phase.name,
        "run": phase.run,
        "checks": [_check(check) for check in phase.checks],
    }
    return told if phase.run else {**told, "why": phase.why}


def _check(check: CheckResult) -> dict[str, Any]:
    diagnosis = check.diagnosis
    return {
        "name": check.name,
        "outcome": check.outcome,
        "required": check.required,
        "elapsed_s": check.elapsed_s,
        "says": check.says,
        "where": check.where or None,
        "closure": msgspec.to_builtins(check.closure) if check.closure else None,
        "layer": diagnosis.layer if diagnosis else None,
        "cause": diagnosis.cause if diagnosis else None,
        "confidence": diagnosis.confidence if diagnosis else None,
        "summary": diagnosis.summary if diagnosis else None,
    }


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


def phase_line(phase: PhaseResult) -> str:
    """Say what became of one phase."""
    if not phase.run:
        return f"{phase.name}: not run; {phase.why}"
    good = sum(check.as_expected for check in phase.checks)
    return f"{phase.name}: {good} of {len(phase.checks)} as expected"


def last_lines(result: PlanResult) -> Iterator[str]:
    """Say what became of the claims, and of the whole."""
    for claim in result.claims:
        yield f"claim {claim.verdict}: {claim.claim}  ({claim.evidence})"
    counts: dict[str, int] = {}
    for check in result.checks:
        counts[check.outcome] = counts.get(check.outcome, 0) + 1
    parts = ", ".join(f"{number} {WORDS[name]}" for name, number in counts.items())
    verdict = "PASSED" if result.passed else "FAILED"
    yield f"{verdict}  {parts or 'nothing was run'}; {result.elapsed_s:.1f} s"
