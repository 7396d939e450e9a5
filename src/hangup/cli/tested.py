"""What is kept, printed and written of a finished run of a plan."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from hangup.cli.failing import complain
from hangup.cli.output import Output

if TYPE_CHECKING:  # a plan that is wrong is told without waiting for these
    from hangup.plan.report.account import Account
    from hangup.plan.results import PlanResult
    from hangup.plan.words import Plan
    from hangup.redact import Redactor

SUMMARY = "GITHUB_STEP_SUMMARY"
"""The environment variable in which GitHub names the file of the job's summary."""


class Tested:
    """A finished run, and where it is to be told."""

    def __init__(self, plan: Plan, result: PlanResult, redactor: Redactor, output: Output) -> None:
        self._plan, self._result, self._redactor = plan, result, redactor
        self._output = output

    def tell(self, runs: str | None, *, keep: bool, github: bool) -> None:
        """Keep the run in the file `runs`, or the usual one; then print and write what is asked."""
        run = self._kept(runs) if keep else None
        if self._output.as_json:
            self._print_json(run)
        if self._output.reports or github:
            self._report(run, github=github)

    def _kept(self, path: str | None) -> str | None:
        from hangup.plan.history import kept_as  # here: sqlite3 is not needed without a store

        run, problem = kept_as(self._plan, self._result, self._redactor, path)
        if problem:
            complain(problem, ())
        else:
            self._output.remark(f"kept as {run}")
        return run

    def _print_json(self, run: str | None) -> None:
        from hangup.plan.told import as_json

        with self._output.printing():
            print(as_json(self._document(run)))

    def _document(self, run: str | None) -> dict[str, object]:
        from hangup.plan.told import document_of

        return document_of(self._plan, self._result, self._redactor, run)

    def _report(self, run: str | None, *, github: bool) -> None:
        from hangup.plan.report import write_report  # here: most runs write none
        from hangup.plan.report.account import account_of

        account = account_of(self._plan, self._result, self._redactor, run)
        document = self._document(run)
        self._output.write(
            "--report", self._output.reports, lambda path: write_report(path, account, document)
        )
        if github:
            self._tell_github(account, os.environ)

    def _tell_github(self, account: Account, environ: Mapping[str, str]) -> None:
        from hangup.plan.report.github import append_summary, workflow_commands

        with self._output.printing():
            for line in workflow_commands(account):
                print(line)
        if environ.get(SUMMARY):
            self._output.write(
                "--github", [environ[SUMMARY]], lambda path: append_summary(path, account)
            )
