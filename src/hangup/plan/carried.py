"""Every secret that a plan carries, for the redactor."""

from __future__ import annotations

from collections.abc import Iterator

from hangup.credentials import secrets_in_headers, secrets_in_target, secrets_of
from hangup.plan.tasks import Request
from hangup.plan.words import Plan


def carried_by(plan: Plan) -> tuple[str, ...]:
    """Give all secrets of a plan's endpoints and requests, and those that it names, each once."""
    ends = [end for check in plan.checks for end in (check.endpoint, check.alike)]
    return tuple(dict.fromkeys([*plan.secrets, *secrets_of(*ends), *_sent_by(plan)]))


def _sent_by(plan: Plan) -> Iterator[str]:
    for task in (*plan.setup, *plan.teardown):
        if isinstance(task, Request):
            yield from filter(None, secrets_in_headers(task.headers))
            yield from filter(None, secrets_in_target(task.url))
