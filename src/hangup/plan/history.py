"""Keeps a run for later comparison; what cannot be kept costs a sentence and never the run."""

from __future__ import annotations

from pathlib import PurePath

from hangup.errors import UsageError
from hangup.plan.kept_run import body_of
from hangup.plan.results import PlanResult
from hangup.plan.told import document_of
from hangup.plan.words import Plan
from hangup.redact import Redactor
from hangup.store.runs import keep, usual_path


def kept_as(
    plan: Plan, result: PlanResult, redactor: Redactor, path: str | None
) -> tuple[str | None, str]:
    """Keep a run, and give its id, or why there is none; the file is the user's own by default."""
    try:
        body = body_of(document_of(plan, result, redactor))
        name = redactor.text(PurePath(plan.source).name)
        return keep(path or usual_path(), name, plan.environment, result.began, body), ""
    except UsageError as exc:
        return None, f"the run is not kept: {exc}"
