"""A run of a plan for a workflow of GitHub: annotations, and the summary of the job."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hangup.plan.report.account import Account, Row
from hangup.plan.report.markdown import happened, markdown_report
from hangup.preflight.document import annotation
from hangup.report.escape import PARAGRAPH, disarmed, show

MOST_SUMMARY = 900_000
"""Bytes of a summary; GitHub shows none of one above 1 MiB."""


def workflow_commands(account: Account) -> Iterator[str]:
    """Give workflow commands that GitHub shows beside the lines of the plan.

    What is not as expected is an error, a failure that is known a notice. A phase that was not run
    is told once, at its first check, for GitHub shows few annotations of a step.
    """
    told: set[str] = set()
    for row in account.rows:
        if row.outcome == "not-run":
            if row.phase not in told:
                told.add(row.phase)
                yield _annotation(account, row, "error", _phase(account, row))
        elif not row.as_expected:
            yield _annotation(account, row, "error", f"{row.check}: {row.told}, {happened(row)}")
        elif row.outcome == "known-issue":
            yield _annotation(account, row, "notice", f"{row.check}: {row.told}, {row.says}")


def append_summary(path: Path, account: Account) -> None:
    """Append the report to the summary of the job."""
    text = markdown_report(account).encode()
    if len(text) > MOST_SUMMARY:
        text = text[:MOST_SUMMARY].rpartition(b"\n")[0]
        text += b"\n\nThe rest is left out: the summary of a job has no room for it.\n"
    with path.open("ab") as file:
        file.write(text + b"\n")


def _annotation(account: Account, row: Row, level: str, message: str) -> str:
    place = {"file": show(account.plan, None), "line": str(row.line)}
    return annotation(
        level, {**place, "title": disarmed(show(row.check))}, disarmed(show(message, PARAGRAPH))
    )


def _phase(account: Account, row: Row) -> str:
    skipped = next(each for each in account.skipped if each.phase == row.phase)
    names = ", ".join(map(repr, skipped.would_tell))
    return f"{skipped.phase}: not run; {skipped.why}; it would have told: {names}"
