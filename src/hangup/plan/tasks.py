"""What is done before and after the phases of a plan: commands and HTTP requests."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import UNSET, Struct, UnsetType, field

USUAL_WITHIN = 30.0
"""Seconds that a task may take where the plan does not say."""


class Command(Struct, frozen=True, tag="run"):
    """Run a program; it must end with status 0 within so many seconds."""

    argv: tuple[str, ...]
    within: float = USUAL_WITHIN


class Request(Struct, frozen=True, tag="request"):
    """Ask an HTTP server; without `status` any of 200 to 299 is right.

    `json` is sent as the body. `keep` names values of the answer's JSON by their paths.
    """

    url: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    json: object | UnsetType = UNSET
    status: int | None = None
    keep: Mapping[str, str] = field(default_factory=dict)
    within: float = USUAL_WITHIN


Task = Command | Request


def task_words(task: Task) -> str:
    """Say what a task does, without what could be secret in it."""
    if isinstance(task, Command):
        return f"run {task.argv[0]}"
    return f"{task.method} {task.url.partition('?')[0]}"
