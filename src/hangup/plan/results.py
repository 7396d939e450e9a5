"""What became of a plan: an outcome for each check, gates, claims."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from hangup.closure import Closure
from hangup.diagnosis import Diagnosis
from hangup.plan.symptom import Symptom
from hangup.plan.words import CheckOutcome, Impact
from hangup.trace import Trace

AS_EXPECTED = ("passed", "known-issue")


class CheckResult(Struct, frozen=True, kw_only=True):
    """What became of one check; `says` is why, `where` the step at which it stood."""

    name: str
    outcome: CheckOutcome
    required: bool = True
    elapsed_s: float = 0.0
    says: str = ""
    where: str = ""
    closure: Closure | None = None
    symptom: Symptom | None = None
    build: str = ""
    diagnosis: Diagnosis | None = None
    traces: tuple[Trace, ...] = ()

    @property
    def as_expected(self) -> bool:
        """Whether it lets a gate open: it passed, failed as is known, or is not required."""
        return self.outcome in AS_EXPECTED or (
            not self.required and self.outcome in ("not-executed", "void")
        )


class PhaseResult(Struct, frozen=True, kw_only=True):
    """What became of one phase; `why` says for what reason it was not run.

    `would_tell` names the checks that were not run with it.
    """

    name: str
    run: bool
    checks: tuple[CheckResult, ...] = ()
    why: str = ""
    would_tell: tuple[str, ...] = ()


class ClaimResult(Struct, frozen=True, kw_only=True):
    """What became of one claim, and the check that decided it."""

    claim: str
    verdict: Literal["refuted", "supported", "untested"]
    evidence: str


class ImpactResult(Struct, frozen=True, kw_only=True):
    """What became of one capability, and the checks that say so, each with its outcome."""

    impact: Impact
    state: Literal["blocked", "unknown", "working"]
    because: tuple[tuple[str, str], ...] = ()


class PlanResult(Struct, frozen=True, kw_only=True):
    """What became of a plan; it `began` at so many seconds since the epoch."""

    source: str
    phases: tuple[PhaseResult, ...]
    claims: tuple[ClaimResult, ...]
    elapsed_s: float
    began: float = 0.0
    impact: tuple[ImpactResult, ...] = ()

    @property
    def checks(self) -> tuple[CheckResult, ...]:
        """All checks that have a result."""
        return tuple(check for phase in self.phases for check in phase.checks)

    @property
    def passed(self) -> bool:
        """Whether every phase was run and every check was as expected."""
        return all(phase.run for phase in self.phases) and all(c.as_expected for c in self.checks)
