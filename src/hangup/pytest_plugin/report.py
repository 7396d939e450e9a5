"""Tells what became of the tests in the shape in which a plan's run is told."""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import Struct

from hangup.errors import UsageError
from hangup.plan.report import write_report
from hangup.plan.report.account import account_of
from hangup.plan.report.commands import Command
from hangup.plan.results import CheckResult, PhaseResult, PlanResult
from hangup.plan.told import document_of
from hangup.plan.words import CheckOutcome, Plan
from hangup.redact import Redactor
from hangup.report import check_report_path

ENDINGS = ("html", "md", "json", "xml")
NAMES: dict[str, CheckOutcome] = {
    "hung": "hung",
    "masked": "masked",
    "not executed": "not-executed",
}
"""What the text of a failure begins with, by the outcome that it names."""


class _Test(Struct):
    """One test while it is told of, step after step."""

    outcome: CheckOutcome = "passed"
    says: str = ""
    seconds: float = 0.0
    required: bool = True


class Report:
    """Listens to what pytest tells of each step, and writes the reports in the end."""

    def __init__(self, config: pytest.Config, paths: list[str]) -> None:
        self._config = config
        self._paths = [Path(f"hangup-report.{p}" if p in ENDINGS else p) for p in paths]
        try:
            for path in self._paths:
                check_report_path(path)
        except UsageError as exc:
            raise pytest.UsageError(f"--hangup-report: {exc}") from None
        self._began = time.time()
        self._tests: dict[str, _Test] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note one step of a test; the first that is not as it should be decides."""
        test = self._tests.setdefault(report.nodeid, _Test())
        test.seconds += report.duration
        if test.outcome != "passed" or report.passed:
            return
        if report.failed:
            test.outcome, test.says = _failure(report)
        elif hasattr(report, "wasxfail"):
            test.outcome, test.says = "known-issue", str(report.wasxfail)
        else:
            test.outcome, test.says, test.required = "not-executed", _skipped(report), False

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Write the reports, where this is the process that knows all tests."""
        if hasattr(self._config, "workerinput"):
            return
        plan, result = Plan(phases=(), source="pytest"), self._result()
        redactor = Redactor(())
        again = shlex.join(["pytest", *self._config.invocation_params.args])
        account = msgspec.structs.replace(
            account_of(plan, result, redactor, None),
            commands=(Command(purpose="run the tests again", line=again),),
        )
        document = document_of(plan, result, redactor)
        for path in self._paths:
            try:
                write_report(path, account, document)
            except (OSError, UsageError) as exc:
                sys.stderr.write(f"hangup: {path}: {exc}\n")

    def _result(self) -> PlanResult:
        """Give the run as one of a plan whose phases are the files."""
        files: dict[str, list[CheckResult]] = {}
        for node, test in self._tests.items():
            file, _, name = node.partition("::")
            check = CheckResult(
                name=name or file,
                outcome=test.outcome,
                required=test.required,
                elapsed_s=round(test.seconds, 3),
                says=test.says,
            )
            files.setdefault(file, []).append(check)
        return PlanResult(
            source="pytest",
            phases=tuple(PhaseResult(name=f, run=True, checks=tuple(c)) for f, c in files.items()),
            claims=(),
            elapsed_s=round(time.time() - self._began, 3),
            began=self._began,
        )


def _failure(report: pytest.TestReport) -> tuple[CheckOutcome, str]:
    longrepr: Any = report.longrepr
    crash = getattr(longrepr, "reprcrash", None)
    says = str(crash.message if crash else longrepr).removeprefix("hangup: ")
    name, colon, rest = says.partition(": ")
    if colon and name in NAMES:
        return NAMES[name], rest
    return "failed", f"{report.when}: {says}" if report.when != "call" else says


def _skipped(report: pytest.TestReport) -> str:
    return str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
