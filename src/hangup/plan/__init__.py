"""Test plans: checks with one declared end each, in phases with gates; also as Python objects."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hangup.plan.calling import Given as Given
    from hangup.plan.holds import Holds as Holds
    from hangup.plan.inline import endpoint as endpoint
    from hangup.plan.inline import run as run
    from hangup.plan.read import parse_plan as parse_plan
    from hangup.plan.read import read_plan as read_plan
    from hangup.plan.results import CheckResult as CheckResult
    from hangup.plan.results import ClaimResult as ClaimResult
    from hangup.plan.results import PhaseResult as PhaseResult
    from hangup.plan.results import PlanResult as PlanResult
    from hangup.plan.running import run_plan as run_plan
    from hangup.plan.tasks import Command as Command
    from hangup.plan.tasks import Request as Request
    from hangup.plan.words import Check as Check
    from hangup.plan.words import Claim as Claim
    from hangup.plan.words import End as End
    from hangup.plan.words import Events as Events
    from hangup.plan.words import Found as Found
    from hangup.plan.words import Hear as Hear
    from hangup.plan.words import KnownIssue as KnownIssue
    from hangup.plan.words import Matcher as Matcher
    from hangup.plan.words import Pause as Pause
    from hangup.plan.words import Phase as Phase
    from hangup.plan.words import Plan as Plan
    from hangup.plan.words import Say as Say
    from hangup.plan.words import Silence as Silence

_FROM = {
    "calling": ("Given",),
    "holds": ("Holds",),
    "inline": ("endpoint", "run"),
    "read": ("parse_plan", "read_plan"),
    "results": ("CheckResult", "ClaimResult", "PhaseResult", "PlanResult"),
    "running": ("run_plan",),
    "tasks": ("Command", "Request"),
    "words": (
        "Check",
        "Claim",
        "End",
        "Events",
        "Found",
        "Hear",
        "KnownIssue",
        "Matcher",
        "Pause",
        "Phase",
        "Plan",
        "Say",
        "Silence",
    ),
}
_WHERE = {name: module for module, names in _FROM.items() for name in names}
__all__ = sorted(_WHERE)


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # Loaded when it is asked for: who reads a plan needs no probe, who imports us nothing.
    return getattr(import_module(f"hangup.plan.{_WHERE[name]}"), name)


def __dir__() -> list[str]:
    return __all__
