"""Runs a plan: phase after phase, gates between them, and a diagnosis of what failed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping

import msgspec

from hangup.campaign import investigate
from hangup.credentials import secrets_of
from hangup.diagnosis import Diagnosis
from hangup.plan.beyond import whether_alike, whether_it_holds
from hangup.plan.calling import Call, Function, Given, call_of
from hangup.plan.calls import LAST, called
from hangup.plan.carried import carried_by
from hangup.plan.chores import set_up, tear_down
from hangup.plan.fill import Values, secrets_in
from hangup.plan.impact import impact_of
from hangup.plan.inline import check_plan
from hangup.plan.play import inquiry_of, play_check
from hangup.plan.played import Played
from hangup.plan.prepare import prepared
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
    """Run a plan; the last thing told is the `PlanResult`.

    Raises:
        UsageError: it was built so that it cannot be run.
    """
    check_plan(plan)
    runner, began = _Runner(plan), time.time()
    phases: list[PhaseResult] = []
    try:
        async for step in _phases(plan, runner):
            phases += [step] if isinstance(step, PhaseResult) else []
            yield step
    finally:
        # Also when it is cancelled, or who follows it is ended.
        undone = await tear_down(plan.teardown, runner.kept, runner.redactor)
    if plan.teardown:
        phases.append(undone)
        for each in undone.checks:
            yield each
        yield undone
    claims = tuple(_decided(claim, runner.results) for claim in plan.claims)
    yield PlanResult(
        source=plan.source,
        phases=tuple(phases),
        claims=claims,
        elapsed_s=round(runner.elapsed, 3),
        began=round(began, 3),
        impact=impact_of(plan.impact, runner.results),
    )


async def _phases(plan: Plan, runner: _Runner) -> AsyncIterator[CheckResult | PhaseResult]:
    """Run the setup and the phases, each of which may shut the way to those after it."""
    shut = ""
    if plan.setup:
        done = await runner.set_up()
        for each in done.checks:
            yield each
        yield done
        bad = [each for each in done.checks if not each.as_expected]
        shut = f"{bad[0].name}: {bad[0].says}" if bad else ""
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
        yield told
        shut = shut or _shut_by(phase, told)


def _shut_by(phase: Phase, told: PhaseResult) -> str:
    bad = [check.name for check in told.checks if not check.as_expected]
    if not phase.gate or not bad:
        return ""
    return f"the gate of {phase.name!r} is shut: {', '.join(map(repr, bad))} not as expected"


def longest(plan: Plan) -> float:
    """Give the seconds that a plan may take, with what may follow its budget."""
    ending = LAST if any(check.call for check in plan.checks) else 0.0
    return plan.budget + ending + undoing(plan)


def undoing(plan: Plan) -> float:
    """Give the seconds that the teardown of a plan may take."""
    return sum(task.within for task in plan.teardown)


class _Runner:
    """The state of one run: its clock, its secrets, the results so far."""

    def __init__(self, plan: Plan) -> None:
        self._plan, self.kept = plan, Values()
        self._secrets = carried_by(plan)
        self.redactor = Redactor(self._secrets)
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self.results: dict[str, CheckResult] = {}

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return self._loop.time() - self._began

    @property
    def _number(self) -> int:
        """The number of the check that runs, from 1."""
        return len(self.results) + 1

    async def check(self, check: Check) -> CheckResult:
        """Give one check its result, with a diagnosis where it is not as expected."""
        check = prepared(check, self.kept)
        if check.url or check.alike_url:
            self._keep_secret(secrets_of(check.endpoint, check.alike))
        result, at_fault = self._barred(check), None
        if result is None:
            result, at_fault = await self._played(check)
        if self._plan.diagnose and result.outcome in ("failed", "hung") and at_fault:
            diagnosis = await self._diagnose(at_fault)
            result = msgspec.structs.replace(result, diagnosis=diagnosis)
        says, where = map(self.redactor.text, (result.says, result.where))
        result = msgspec.structs.replace(result, says=says, where=where)
        self.results[check.name] = result
        return result

    async def set_up(self) -> PhaseResult:
        """Do what the plan's setup is; what it keeps and is secret is told nowhere after it."""
        left = self._plan.budget - self.elapsed
        done = await set_up(self._plan.setup, self.kept, self._secrets, left)
        self._keep_secret(secrets_in(self.kept))
        return done

    def _keep_secret(self, secrets: tuple[str, ...]) -> None:
        self._secrets = tuple(dict.fromkeys([*self._secrets, *secrets]))
        self.redactor = Redactor(self._secrets)

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

    async def _played(self, check: Check) -> tuple[CheckResult, Check | None]:
        """Give a check's result, and that which is to be diagnosed when it is a bad one."""
        began, check = self._loop.time(), self._in_time(check)
        if check.call:
            return await self._called(check, check.call), None
        id = f"c{self._number}"
        runs = await play_check(check, id, self.redactor)
        result = result_of(check, runs, self._loop.time() - began)
        ended = result.outcome
        result, at_fault = await whether_alike(check, result, runs, self._alike)
        left = self._in_time(check)
        result = await whether_it_holds(left, result, runs, f"{id}.get", self.redactor)
        elapsed = round(self._loop.time() - began, 3)
        result = msgspec.structs.replace(result, elapsed_s=elapsed)
        # What ended as declared, and is only not all that it must be, needs no diagnosis.
        return result, None if ended == "passed" and at_fault is check else at_fault

    async def _alike(self, check: Check) -> list[Played]:
        return await play_check(self._in_time(check), f"a{self._number}", self.redactor)

    def _in_time(self, check: Check) -> Check:
        left = max(self._plan.budget - self.elapsed, 0.1)
        return msgspec.structs.replace(check, deadline=min(check.deadline, left))

    async def _called(self, check: Check, function: Function | Call) -> CheckResult:
        began, endpoint = self._loop.time(), check.endpoint
        given = Given(
            name=check.name,
            url=endpoint.url if endpoint.host else "",
            token=endpoint.credential.token if endpoint.credential else None,
            kept=self.kept,
            deadline=check.deadline,
        )
        done = await called(call_of(function), given)
        return CheckResult(
            name=check.name,
            outcome=done.outcome,
            required=check.required,
            elapsed_s=round(self._loop.time() - began, 3),
            says=done.says,
            where=done.where,
        )

    async def _diagnose(self, check: Check) -> Diagnosis | None:
        budget = min(DIAGNOSIS, self._plan.budget - self.elapsed)
        if budget < LEAST:
            return None
        inquiry = msgspec.structs.replace(inquiry_of(check, budget), bypass=check.alike)
        async for step in investigate(inquiry):
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
