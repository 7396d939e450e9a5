"""The commands that repeat a run, and that diagnose each failed check; no credential is in them."""

from __future__ import annotations

import shlex

from msgspec import Struct

from hangup.plan.play import inquiry_of
from hangup.plan.results import PlanResult
from hangup.plan.words import Check, Plan
from hangup.redact import is_secret_parameter
from hangup.report.escape import show
from hangup.report.reproduce.gaps import TOKEN
from hangup.report.reproduce.shell import diagnose_words

BUDGET = 30.0
"""Seconds of a diagnosis by itself."""


class Command(Struct, frozen=True, kw_only=True):
    """A command of a shell, what it is for, and what must be in the environment for it."""

    purpose: str
    line: str
    needs: str = ""


def commands_of(plan: Plan, result: PlanResult) -> tuple[Command, ...]:
    """Give the command that repeats the run, then those that diagnose what failed or hung."""
    declared = {check.name: check for check in plan.checks}
    failed = [check.name for check in result.checks if check.outcome in ("failed", "hung")]
    diagnoses = (_diagnosis(declared[name]) for name in failed if name in declared)
    return (Command(purpose="run the plan again", line=_again(plan)), *diagnoses)


def _again(plan: Plan) -> str:
    words = ["hangup", "test", shlex.quote(show(plan.source, None))]
    words += ["--env", shlex.quote(plan.environment)] if plan.environment else []
    for name, value in plan.settings:
        hidden = is_secret_parameter(name)
        shown = (
            f'{shlex.quote(name + "=")}"${_variable(name)}"'
            if hidden
            else (shlex.quote(show(f"{name}={value}", None)))
        )
        words += ["--set", shown]
    return " ".join(words)


def _variable(name: str) -> str:
    return "".join(char if char.isalnum() and char.isascii() else "_" for char in name).upper()


def _diagnosis(check: Check) -> Command:
    words = " ".join(diagnose_words(inquiry_of(check, BUDGET)))
    whose = f"the credential of {check.user}" if check.user else "the credential"
    return Command(
        purpose=f"diagnose {check.name!r}",
        line=show(words, None),
        needs=f"{TOKEN}: {whose}" if TOKEN in words else "",
    )
