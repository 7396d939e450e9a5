"""What became of each capability, from the outcomes of its checks alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from hangup.plan.results import CheckResult, ImpactResult
from hangup.plan.words import Impact

NOT_RUN = "not-run"
"""Stands for the outcome of a check whose phase was not run."""
SAID = {
    "known-issue": "fails as is known",
    "not-executed": "was not executed",
    "void": "is void",
    NOT_RUN: "was not run",
}
BLOCKING = ("failed", "hung", "known-issue")
"""A failure that is known is a failure of what users can do all the same."""


def impact_of(
    impact: Iterable[Impact], results: Mapping[str, CheckResult]
) -> tuple[ImpactResult, ...]:
    """Give each capability its state: blocked by a failure, unknown by a gap, working else."""
    return tuple(_state(each, results) for each in impact)


def _state(impact: Impact, results: Mapping[str, CheckResult]) -> ImpactResult:
    met = [(name, results[name].outcome if name in results else NOT_RUN) for name in impact.checks]
    blocked = tuple(each for each in met if each[1] in BLOCKING)
    if blocked:
        return ImpactResult(impact=impact, state="blocked", because=blocked)
    unknown = tuple(each for each in met if each[1] != "passed")
    if unknown:
        return ImpactResult(impact=impact, state="unknown", because=unknown)
    return ImpactResult(impact=impact, state="working")


def blocked_amounts(results: Iterable[ImpactResult]) -> dict[str, float]:
    """Sum the amounts of what is blocked, each unit by itself."""
    sums: dict[str, float] = {}
    for each in results:
        if each.state == "blocked" and each.impact.amount is not None:
            unit = each.impact.unit
            sums[unit] = sums.get(unit, 0.0) + each.impact.amount
    return sums


def amount_words(amount: float | None, unit: str) -> str:
    """Write an amount with its unit: `500,000 USD`; nothing where there is none."""
    if amount is None:
        return ""
    number = f"{amount:,.0f}" if amount == int(amount) else f"{amount:,.2f}"
    return f"{number} {unit}".strip()


def because_words(result: ImpactResult) -> str:
    """Say which checks decided: `'a question is answered' failed`."""
    return ", ".join(f"{name!r} {SAID.get(outcome, outcome)}" for name, outcome in result.because)


def impact_lines(results: Iterable[ImpactResult]) -> Iterator[str]:
    """Say what became of each capability, and what the blocked ones are worth together."""
    results = tuple(results)
    for each in results:
        worth = amount_words(each.impact.amount, each.impact.unit)
        why = because_words(each)
        told = f"impact {each.state}: {each.impact.capability}" + (f", {worth}" if worth else "")
        yield f"{told}  ({why})" if why else told
    sums = blocked_amounts(results)
    if sums:
        told = ", ".join(amount_words(amount, unit) for unit, amount in sums.items())
        yield f"blocked in all: {told}"
