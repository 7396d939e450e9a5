"""A run of a plan in the parts that every report of it tells, as plain text without secrets."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from hangup import __version__
from hangup.diagnosis import Diagnosis
from hangup.plan.impact import amount_words, because_words, blocked_amounts
from hangup.plan.report.closings import Closing, closings_of
from hangup.plan.report.commands import Command, commands_of
from hangup.plan.results import CheckResult, PhaseResult, PlanResult
from hangup.plan.told import WORDS
from hangup.plan.words import Plan
from hangup.redact import Redactor
from hangup.report.rivals import layers_told, refuted_layers
from hangup.report.units import count
from hangup.report.verdict import sure
from hangup.signs.volatile import without_ids

NOT_RUN = "not run"
MOST_EVIDENCE = 3


class Row(Struct, frozen=True, kw_only=True):
    """One check: its outcome in a word, and what happened; `line` is its place in the plan."""

    phase: str
    check: str
    outcome: str
    told: str
    elapsed_s: float = 0.0
    says: str = ""
    where: str = ""
    required: bool = True
    as_expected: bool = True
    line: int = 0
    build: str = ""


class Blamed(Struct, frozen=True, kw_only=True):
    """What the diagnosis of one check says of the layer, on what evidence, and what it refutes."""

    check: str
    verdict: str
    layer: str
    cause: str
    sure: str
    summary: str
    evidence: tuple[str, ...] = ()
    refuted: str = ""


class Claimed(Struct, frozen=True, kw_only=True):
    """What became of one hypothesis."""

    claim: str
    verdict: str
    evidence: str


class Affected(Struct, frozen=True, kw_only=True):
    """What became of one capability."""

    capability: str
    state: str
    amount: str
    because: str


class Skipped(Struct, frozen=True, kw_only=True):
    """A phase that was not run, why, and which checks would have told something."""

    phase: str
    why: str
    would_tell: tuple[str, ...]


class Account(Struct, frozen=True, kw_only=True):
    """The whole run; times are in seconds, `began` is counted from the epoch."""

    plan: str
    environment: str
    run: str
    passed: bool
    summary: str
    began: float
    elapsed_s: float
    builds: tuple[str, ...]
    rows: tuple[Row, ...]
    skipped: tuple[Skipped, ...]
    blamed: tuple[Blamed, ...]
    claims: tuple[Claimed, ...]
    closings: tuple[Closing, ...]
    affected: tuple[Affected, ...]
    blocked: str
    steps: tuple[str, ...]
    commands: tuple[Command, ...]
    hangup: str


def account_of(plan: Plan, result: PlanResult, redactor: Redactor, run: str | None) -> Account:
    """Give the account of a run; `run` is the id under which it is kept."""
    diagnoses = [check.diagnosis for check in result.checks if check.diagnosis]
    steps = [step for diagnosis in diagnoses for step in diagnosis.next_steps]
    sums = blocked_amounts(result.impact)
    account = Account(
        plan=result.source,
        environment=plan.environment,
        run=run or "",
        passed=result.passed,
        summary=_summary(result),
        began=result.began,
        elapsed_s=result.elapsed_s,
        builds=tuple(sorted({check.build for check in result.checks if check.build})),
        rows=tuple(_rows(plan, result)),
        skipped=tuple(
            Skipped(phase=phase.name, why=phase.why, would_tell=phase.would_tell)
            for phase in result.phases
            if not phase.run
        ),
        blamed=tuple(_blamed(result)),
        claims=tuple(
            Claimed(claim=each.claim, verdict=each.verdict, evidence=each.evidence)
            for each in result.claims
        ),
        closings=closings_of(result),
        affected=tuple(
            Affected(
                capability=each.impact.capability,
                state=each.state,
                amount=amount_words(each.impact.amount, each.impact.unit),
                because=because_words(each),
            )
            for each in result.impact
        ),
        blocked=", ".join(amount_words(amount, unit) for unit, amount in sums.items()),
        steps=tuple({without_ids(step): step for step in reversed(steps)}.values())[::-1],
        commands=commands_of(plan, result),
        hangup=__version__,
    )
    return redactor.struct(account)


def _summary(result: PlanResult) -> str:
    checks = result.checks
    good = sum(check.as_expected for check in checks)
    missing = [name for phase in result.phases for name in phase.would_tell]
    told = f"{good} of {count(len(checks) + len(missing), 'check')} ended as declared"
    hung = sum(check.outcome == "hung" for check in checks)
    failed = sum(check.outcome == "failed" for check in checks)
    parts = [f"{failed} failed" if failed else "", f"{hung} hung" if hung else ""]
    shut = sum(not phase.run for phase in result.phases)
    parts.append(
        f"{count(shut, 'phase')} with {count(len(missing), 'check')} not run" if shut else ""
    )
    return ", ".join((told, *filter(None, parts)))


def _rows(plan: Plan, result: PlanResult) -> Iterator[Row]:
    declared = {check.name: check for check in plan.checks}
    for phase in result.phases:
        for check in phase.checks:
            at = declared[check.name].line if check.name in declared else 0
            yield _row(phase, check, at)
        for name in phase.would_tell:
            required = declared[name].required if name in declared else True
            yield Row(
                phase=phase.name,
                check=name,
                outcome="not-run",
                told=NOT_RUN,
                says=phase.why,
                required=required,
                as_expected=False,
                line=declared[name].line if name in declared else 0,
            )


def _row(phase: PhaseResult, check: CheckResult, line: int) -> Row:
    return Row(
        phase=phase.name,
        check=check.name,
        outcome=check.outcome,
        told=WORDS[check.outcome],
        elapsed_s=check.elapsed_s,
        says=check.says,
        where=check.where,
        required=check.required,
        as_expected=check.as_expected,
        line=line,
        build=check.build,
    )


def _blamed(result: PlanResult) -> Iterator[Blamed]:
    for check in result.checks:
        diagnosis = check.diagnosis
        if diagnosis:
            yield Blamed(
                check=check.name,
                verdict=diagnosis.verdict,
                layer=diagnosis.layer or "",
                cause=diagnosis.cause or "",
                sure=sure(diagnosis),
                summary=diagnosis.summary,
                evidence=_evidence(diagnosis),
                refuted=layers_told(refuted_layers(diagnosis), diagnosis.layer),
            )


def _evidence(diagnosis: Diagnosis) -> tuple[str, ...]:
    supported = (each for each in diagnosis.findings if each.verdict == "supported")
    said = [evidence.says for finding in supported for evidence in finding.evidence]
    return tuple(dict.fromkeys(said))[:MOST_EVIDENCE]
