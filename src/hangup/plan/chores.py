"""Does the tasks before or after the phases of a plan, and tells of them as of a phase."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from hangup.plan.fill import Values, secrets_in
from hangup.plan.perform import Done, perform
from hangup.plan.results import CheckResult, PhaseResult
from hangup.plan.tasks import Task, task_words
from hangup.redact import Redactor

SETUP, TEARDOWN = "setup", "teardown"


async def set_up(
    tasks: Sequence[Task], kept: Values, secrets: Sequence[str], within: float
) -> PhaseResult:
    """Do tasks in order until one fails, within so many seconds; what they keep goes into `kept`.

    The others are not executed.
    """
    loop = asyncio.get_running_loop()
    until, failed = loop.time() + within, ""
    results = []
    for number, task in enumerate(tasks, start=1):
        name = f"{SETUP} {number}: {task_words(task)}"
        began, left = loop.time(), max(until - loop.time(), 0.1)
        done = Done("not-executed", failed) if failed else await perform(task, kept, left)
        kept.update(done.kept)
        redactor = Redactor((*secrets, *secrets_in(kept)))
        results.append(_told(name, done, loop.time() - began, redactor))
        if done.outcome != "passed":
            failed = failed or f"{task_words(task)} before it is not done"
    return PhaseResult(name=SETUP, run=True, checks=tuple(results))


async def tear_down(tasks: Sequence[Task], kept: Values, redactor: Redactor) -> PhaseResult:
    """Do all tasks in order, each within its own deadline, whatever became of those before it.

    What would need a value that was never kept has nothing to undo, and may be left out.
    """
    loop = asyncio.get_running_loop()
    results = []
    for number, task in enumerate(tasks, start=1):
        name, began = f"{TEARDOWN} {number}: {task_words(task)}", loop.time()
        done = await perform(task, kept, task.within)
        needed = done.outcome != "not-executed"
        results.append(_told(name, done, loop.time() - began, redactor, required=needed))
    return PhaseResult(name=TEARDOWN, run=True, checks=tuple(results))


def _told(
    name: str, done: Done, elapsed: float, redactor: Redactor, *, required: bool = True
) -> CheckResult:
    return CheckResult(
        name=redactor.text(name),
        outcome=done.outcome,
        required=required,
        elapsed_s=round(elapsed, 3),
        says=redactor.text(done.says),
    )
