"""Runs a test plan: phases with gates, and checks with one declared end each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hangup.cli.app import CONTEXT
from hangup.cli.output import LINES, Output
from hangup.cli.session import Session
from hangup.cli.watchdog import GRACE, LAST, Stalled, Watchdog
from hangup.errors import UsageError

if TYPE_CHECKING:
    from hangup.plan.results import CheckResult, PhaseResult, PlanResult
    from hangup.plan.words import Plan
    from hangup.redact import Redactor

AS_EXPECTED, NOT = 0, 1
EPILOG = """\b
Exit status: 0 all as expected, 1 not, 2 unusable plan, 70 a bug of hangup, 130 Ctrl-C.
Whatever a check asserts, an end that it did not declare fails it."""


@click.command(context_settings=CONTEXT, epilog=EPILOG)
@click.argument("plan", required=False)
@click.option("--env", "environment", metavar="NAME", help="One of the plan's environments.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Set a variable of the plan; repeatable.",
)
@click.option("--schema", is_flag=True, help="Print the JSON Schema of plans, for editors.")
@click.option(
    "--report",
    type=LINES,
    multiple=True,
    metavar="FILE",
    help="Write a report: .html, .md, .json or .xml (JUnit). Repeatable.",
)
@click.option(
    "--github", is_flag=True, help="Print annotations too, and write the summary of the job."
)
@click.option("--store", "runs", metavar="PATH", help="Where runs are kept for hangup compare.")
@click.option("--no-store", is_flag=True, help="Do not keep this run.")
@click.option("--json", is_flag=True, help="Print the document, and only it.")
@click.option("-q", "--quiet", is_flag=True, help="Print what is not as expected, and the end.")
@click.pass_obj
def test(
    session: Session,
    /,
    plan: str | None,
    environment: str | None,
    settings: tuple[str, ...],
    schema: bool,
    report: tuple[str, ...],
    github: bool,
    runs: str | None,
    no_store: bool,
    json: bool,
    quiet: bool,
) -> int:
    """Run the checks of the file PLAN, and say which did not end as declared, and why."""
    if schema:
        return _print_schema()
    if plan is None:
        raise click.UsageError("Missing argument 'PLAN'.")
    if json and github:
        raise UsageError("--github: it cannot be combined with --json")
    output = Output(as_json=json, reports=report, quiet=quiet)
    output.check()
    from hangup.cli.tested import Tested
    from hangup.plan.read import read_plan  # here: yaml is slow to import
    from hangup.redact import Redactor

    read = read_plan(plan, environment, dict(map(_setting, settings)))
    session.secrets.extend(read.secrets)
    redactor = Redactor(session.secrets)
    result = _run(read, _Teller(output, redactor, loud=not json, quiet=quiet))
    Tested(read, result, redactor, output).tell(runs, keep=not no_store, github=github)
    return output.status(AS_EXPECTED if result.passed else NOT)


def _print_schema() -> int:
    from hangup.plan.schema import schema_json  # here: yaml is slow to import

    with Output().printing():
        print(schema_json())
    return AS_EXPECTED


def _setting(text: str) -> tuple[str, str]:
    name, given, value = text.partition("=")
    if not name or not given:
        raise UsageError("--set: it takes NAME=VALUE")
    return name, value


class _Teller:
    """Prints results as they come."""

    def __init__(self, output: Output, redactor: Redactor, *, loud: bool, quiet: bool) -> None:
        self._output, self._redactor, self._loud, self._quiet = output, redactor, loud, quiet

    def tell(self, step: CheckResult | PhaseResult | PlanResult) -> None:
        """Print one result."""
        if not self._loud:
            return
        from hangup.plan.told import shown

        # A reader that went away, as `| head` does, ends neither the run nor its reports.
        with self._output.printing():
            for line in self._lines(step):
                print(shown(self._redactor.text(line)), flush=True)

    def _lines(self, step: CheckResult | PhaseResult | PlanResult) -> list[str]:
        from hangup.plan.results import CheckResult, PlanResult
        from hangup.plan.told import check_lines, last_lines, phase_lines

        if isinstance(step, PlanResult):
            return list(last_lines(step))
        if isinstance(step, CheckResult):
            return [] if self._quiet and step.as_expected else list(check_lines(step))
        return [] if self._quiet and step.run else list(phase_lines(step))


def _run(plan: Plan, teller: _Teller) -> PlanResult:
    from hangup.plan.results import PlanResult
    from hangup.plan.running import longest, run_plan, undoing
    from hangup.probe import loop

    done: list[PlanResult] = []

    async def follow() -> None:
        async for step in run_plan(plan):
            teller.tell(step)
            if isinstance(step, PlanResult):
                done.append(step)

    try:
        with Watchdog(longest(plan) + GRACE, last=LAST + undoing(plan)):
            loop.run(follow())
    except Stalled:
        raise UsageError("the plan did not end: an expression of it runs away") from None
    return done[-1]
