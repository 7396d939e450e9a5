"""Plays a plan in this process."""

from __future__ import annotations

from hangup.plan.read import parse_plan
from hangup.plan.results import CheckResult
from hangup.plan.run import run_plan

HEAD = "diagnose: false\nusers:\n  nobody: {}\n"


def plan_of(url: str, keys: str, head: str = HEAD) -> str:
    """Write a plan with one check, whose keys are given."""
    lines = "".join(f"        {line}\n" for line in keys.splitlines())
    return f"{head}endpoint: {url}\nphases:\n  - name: p\n    checks:\n      - name: c\n{lines}"


async def played(url: str, keys: str, head: str = HEAD) -> CheckResult:
    """Give the result of a plan with one check, whose keys are given."""
    plan = parse_plan(plan_of(url, keys, head), "plan.yaml")
    results = [step async for step in run_plan(plan) if isinstance(step, CheckResult)]
    (result,) = results
    return result
