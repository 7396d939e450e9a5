"""Plays a plan as it stands, each check whatever became of those before it."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from hangup.ending import Ending, ending_of
from hangup.plan.read import parse_plan
from hangup.plan.results import CheckResult
from hangup.plan.running import run_plan
from hangup.plan.words import Plan
from hangup.probe.loop import run

LEAST = 0.5
"""Seconds without which nothing is played any more."""


def play(text: str, source: str, budget: float) -> dict[str, CheckResult]:
    """Play the checks of a plan within so many seconds, and give their results by name."""
    if budget < LEAST:
        return {}
    plan = parse_plan(text, source)
    phases = tuple(replace(phase, gate=False) for phase in plan.phases)
    return run(_played(replace(plan, phases=phases, diagnose=False, budget=budget)))


async def _played(plan: Plan) -> dict[str, CheckResult]:
    return {step.name: step async for step in run_plan(plan) if isinstance(step, CheckResult)}


def endings(results: Mapping[str, CheckResult], name: str) -> list[Ending]:
    """Give how the connections of a check ended, none when it was not played."""
    result = results.get(name)
    return [ending_of(trace) for trace in result.traces] if result else []
