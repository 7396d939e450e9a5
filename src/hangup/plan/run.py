"""Runs a plan: phase after phase, gates between them, and a diagnosis of what failed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping

import msgspec

from hangup.campaign import investigate
from hangup.diagnosis import Diagnosis
from hangup.plan.impact import impact_of
from hangup.plan.play import inquiry_of, play_check
from hangup.plan.results import CheckResult, ClaimResult, PhaseResult, PlanResult
from hangup.plan.verdict import result_of
from hangup.plan.words import Check, Claim, Phase, Plan
from hangup.progress import Concluded
from hangup.redact import Redactor

DIAGNOSIS = 10.0
"""Seconds of the plan's budget that one failed check's diagnosis may take at most."""
LEAST = 1.0
"""Seconds without which no diagnosis is begun."""


async def run_plan(plan: Plan) -> AsyncIterator[CheckResult | PhaseResult | PlanResult]:
    """Run a plan; the last thing told is the `PlanResult`."""
    runner, began = _Runner(plan), time.time()
    phases: list[PhaseResult] = []
    shut = ""
    for phase in plan.phases:
        checks: list[CheckResult] = []
        if not shut:
            for check in phase.checks:
                checks.append(await runner.check(check))
                yield checks[-1]
        told = PhaseResult(
            name=phase.name,
            run=not shut,
            checks=tuple(checks),
            why=shut,
            would_tell=tuple(check.name for check in phase.checks) if shut else (),
        )
        phases.append(told)
        yield told
        shut = shut or _shut_by(phase, told)
    claims = tuple(_decided(claim, runner.results) for claim in plan.claims)
    yield PlanResult(
        source=plan.source,
        phases=tuple(phases),
        claims=claims,
        elapsed_s=round(runner.elapsed, 3),
        began=round(began, 3),
        impact=impact_of(plan.impact, runner.results),
    )


def _shut_by(phase: Phase, told: PhaseResult) -> str:
    bad = [check.name for check in told.checks if not check.as_expected]
    if not phase.gate or not bad:
        return ""
    return f"the gate of {phase.name!r} is shut: {', '.join(map(repr, bad))} not as expected"


class _Runner:
    """The state of one run: its clock, its secrets, the results so far."""

    def __init__(self, plan: Plan) -> None:
        self._plan, self._redactor = plan, Redactor(plan.secrets)
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self.results: dict[str, CheckResult] = {}

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return self._loop.time() - self._began

    async def check(self, check: Check) -> CheckResult:
        """Give one check its result, with a diagnosis where it is not as expected."""
        result = self._barred(check) or await self._played(check)
        if self._plan.diagnose and result.outcome in ("failed", "hung") and result.traces:
            diagnosis = await self._diagnose(check)
            result = msgspec.structs.replace(result, diagnosis=diagnosis)
        self.results[check.name] = result
        return result

    def _barred(self, check: Check) -> CheckResult | None:
        control = self.results.get(check.control) if check.control else None
        if check.lacks:
            says, outcome = check.lacks, "not-executed"
        elif control and control.outcome != "passed":
            says, outcome = f"its control {check.control!r} did not pass: {control.says}", "void"
        elif self.elapsed >= self._plan.budget:
            says, outcome = (
                f"the plan's budget of {self._plan.budget:g} s is used up",
                "not-executed",
            )
        else:
            return None
        told = {"name": check.name, "outcome": outcome, "required": check.required, "says": says}
        return msgspec.convert(told, CheckResult)

    async def _played(self, check: Check) -> CheckResult:
        began = self._loop.time()
        left = max(self._plan.budget - self.elapsed, 0.1)
        check = msgspec.structs.replace(check, deadline=min(check.deadline, left))
        number = len(self.results) + 1
        runs = await play_check(check, number, self._redactor)
        return result_of(check, runs, self._loop.time() - began)

    async def _diagnose(self, check: Check) -> Diagnosis | None:
        budget = min(DIAGNOSIS, self._plan.budget - self.elapsed)
        if budget < LEAST:
            return None
        async for step in investigate(inquiry_of(check, budget)):
            if isinstance(step, Concluded):
                return step.diagnosis
        return None


def _decided(claim: Claim, results: Mapping[str, CheckResult]) -> ClaimResult:
    """Give a claim its verdict from the check that decides it."""
    for name, verdict in ((claim.refuted_by, "refuted"), (claim.supported_by, "supported")):
        result = results.get(name) if name else None
        if result and result.outcome == "passed":
            told = {"claim": claim.says, "verdict": verdict, "evidence": f"{name}: {result.says}"}
            return msgspec.convert(told, ClaimResult)
    names = [name for name in (claim.refuted_by, claim.supported_by) if name]
    needs = " or ".join(map(repr, names))
    return ClaimResult(claim=claim.says, verdict="untested", evidence=f"needs {needs} to pass")
