"""Test plans over time: their checks by their runs, one run, and what it changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from markupsafe import Markup
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hangup.errors import UsageError
from hangup.plan.compare import Comparison, compare, outcome_words
from hangup.plan.compared import MEANS
from hangup.plan.kept_run import KeptRun, outcome_of, run_of
from hangup.plan.over_runs import rows_of
from hangup.store.runs import PlanHead, Runs, StoredRun, opened
from hangup.ui.asked import number_of, there
from hangup.ui.desk import Desk
from hangup.ui.page import UNKNOWN, Refusal, local_time, render

MOST = 20
"""Runs of one page, and of the strip that a list has of a plan."""
SIGNS = {
    "passed": "\N{CHECK MARK}",
    "failed": "\N{BALLOT X}",
    "hung": "\N{HORIZONTAL ELLIPSIS}",
    "known-issue": "!",
    "void": "\N{EMPTY SET}",
    "masked": "\N{CIRCLE WITH LEFT HALF BLACK}",
    "not-executed": "\N{EN DASH}",
    "not-run": "\N{EN DASH}",
}
"""What stands for an outcome, so that its colour is never alone."""
HEALTH = {"passed": "good", "failed": "bad", "hung": "bad", "masked": "bad"}
MISSING = "No run of this number is kept. The oldest go first when there are too many."


class Summary(Struct, frozen=True):
    """A plan of the list: what is kept of it, when it was run last, and the latest outcomes."""

    head: PlanHead
    began: float
    outcomes: tuple[str, ...]


class Shown(Struct, frozen=True):
    """A run that can be read, with its number."""

    number: int
    run: KeptRun


def routes(desk: Desk) -> list[Route]:
    """Give the routes of the list or of one plan, and of one run."""
    view = Plans(desk.places.runs)
    return [Route("/plans", view.listed), Route("/plans/r{number:int}", view.run)]


class Plans:
    """The plans, the grid of one, and its runs."""

    def __init__(self, runs: str) -> None:
        self._runs = runs

    def listed(self, request: Request) -> Response:
        """List the plans, or show the grid of one."""
        asked = request.query_params
        if not Path(self._runs).is_file():
            return render(request, "plans.html.j2", plans=(), **WORDS)
        before = number_of(asked.get("before"), "before")
        with opened(self._runs) as runs:
            if "plan" in asked:
                return self._grid(request, runs, asked["plan"], asked.get("env", ""), before)
            plans = [_summary(runs, head) for head in runs.plans()]
        return render(request, "plans.html.j2", plans=plans, **WORDS)

    def _grid(
        self, request: Request, runs: Runs, plan: str, environment: str, before: int | None
    ) -> Response:
        stored = runs.of(plan, environment, MOST + 1, before)
        if not stored:
            raise Refusal(404, "No such run of a plan is kept.")
        columns = list(_readable(stored[:MOST]))
        earlier = next(_readable(stored[MOST:]), None)
        return render(
            request, "plan.html.j2",
            plan=plan, environment=environment, columns=columns,
            phases=rows_of([each.run for each in columns], earlier.run if earlier else None),
            older=stored[MOST - 1].number if len(stored) > MOST else None,
            newer=before is not None, unread=len(stored[:MOST]) - len(columns), **WORDS,
        )  # fmt: skip

    def run(self, request: Request) -> Response:
        """Show a run, and what it changed against the one before it, or one that is named."""
        number = request.path_params["number"]
        other = number_of(request.query_params.get("with"), "with")
        with opened(there(self._runs)) as runs:
            stored = _stored(runs, number)
            beside = runs.before(stored) if other is None else _stored(runs, other)
            alike = runs.of(stored.plan, stored.environment, MOST)
            after = runs.after(stored)
        run = _read(stored)
        return render(
            request, "plan_run.html.j2",
            stored=stored, run=run, beside=beside, after=after, alike=alike,
            compared=_compared(beside, run), **WORDS,
        )  # fmt: skip


def _summary(runs: Runs, head: PlanHead) -> Summary:
    latest = runs.of(head.plan, head.environment, MOST)
    return Summary(head, latest[0].began, tuple(outcome_of(each.body) for each in latest))


def _stored(runs: Runs, number: int) -> StoredRun:
    found = runs.run(f"r{number}") if number < 1 << 62 else None
    if found is None:
        raise Refusal(404, MISSING)
    return found


def _read(stored: StoredRun) -> KeptRun:
    return run_of(stored.body, stored.id, stored.id)


def _readable(stored: list[StoredRun]) -> Iterator[Shown]:
    for each in stored:
        try:
            yield Shown(each.number, _read(each))
        except UsageError:
            continue  # how many there are is told in the page


def _compared(beside: StoredRun | None, run: KeptRun) -> Comparison | None:
    if beside is None:
        return None
    try:
        return compare(_read(beside), run)
    except UsageError:
        return None  # the page says so, and shows this run all the same


def day_and_time(at: float) -> Markup:
    """Write a time in two short lines, for the head of a column, in this machine's time zone."""
    local = local_time(at)
    if local is None:
        return UNKNOWN
    return Markup('<time datetime="{}">{}<br>{}</time>').format(
        local.isoformat(timespec="seconds"), f"{local:%m-%d}", f"{local:%H:%M}"
    )


WORDS = {
    "signs": SIGNS,
    "healths": HEALTH,
    "means": MEANS,
    "outcome_words": outcome_words,
    "day_and_time": day_and_time,
}
