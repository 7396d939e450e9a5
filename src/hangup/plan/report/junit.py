"""A run of a plan as JUnit XML: one suite for each phase, one case for each check."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from hangup.plan.report.account import Account, Row
from hangup.plan.report.markdown import happened
from hangup.report.escape import PARAGRAPH, show

KINDS = {
    "failed": "failure",
    "hung": "failure",
    "masked": "failure",
    "known-issue": "skipped",
    "not-executed": "error",
    "not-run": "error",
    "void": "error",
}
"""What an outcome becomes; what is not required and was left out is skipped instead."""
LEFT_OUT = ("not-executed", "void")


def junit_report(account: Account) -> bytes:
    """Write the suites; a check that was not executed is an error and never counts as well.

    Characters that XML 1.0 does not allow appear as visible escapes.
    """
    root = ET.Element("testsuites", {"name": "hangup", **_counts(account.rows)})
    for phase in dict.fromkeys(row.phase for row in account.rows):
        root.append(_suite(account, phase))
    ET.indent(root)
    text = ET.tostring(root, "unicode")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + text.encode() + b"\n"


def _suite(account: Account, phase: str) -> ET.Element:
    rows = [row for row in account.rows if row.phase == phase]
    at = datetime.fromtimestamp(account.began, UTC).isoformat(timespec="seconds")
    attributes = {"name": _text(phase), **_counts(rows), "timestamp": at}
    suite = ET.Element("testsuite", attributes)
    properties = ET.SubElement(suite, "properties")
    for name, value in (
        ("plan", account.plan),
        ("environment", account.environment),
        ("build", ", ".join(account.builds)),
        ("hangup", account.hangup),
    ):
        ET.SubElement(properties, "property", {"name": name, "value": _text(value)})
    suite.extend(_case(account, row) for row in rows)
    return suite


def _counts(rows: Iterable[Row]) -> dict[str, str]:
    rows = list(rows)
    kinds = [_kind(row) for row in rows]
    return {
        "tests": str(len(rows)),
        "failures": str(kinds.count("failure")),
        "errors": str(kinds.count("error")),
        "skipped": str(kinds.count("skipped")),
        "time": f"{sum(row.elapsed_s for row in rows):.3f}",
    }


def _kind(row: Row) -> str:
    if row.outcome == "passed":
        return ""
    if not row.required and row.outcome in LEFT_OUT:
        return "skipped"
    return KINDS.get(row.outcome, "error")


def _case(account: Account, row: Row) -> ET.Element:
    attributes = {
        "classname": _text(row.phase),
        "name": _text(row.check),
        "time": f"{row.elapsed_s:.3f}",
        "file": _text(account.plan),
        "line": str(row.line),
    }
    case = ET.Element("testcase", attributes)
    kind = _kind(row)
    if kind:
        message = f"{row.told}: {happened(row)}"
        told = ET.SubElement(case, kind, {"message": _text(message)})
        if kind != "skipped":
            told.set("type", row.outcome)
            told.text = "\n".join(map(_text, _details(account, row)))
    return case


def _details(account: Account, row: Row) -> list[str]:
    lines = [happened(row)]
    lines += [f"build {row.build}"] if row.build else []
    for blamed in account.blamed:
        if blamed.check == row.check:
            about = blamed.cause or blamed.layer or blamed.verdict
            lines.append(f"{about}: {blamed.summary}")
    return lines


def _text(text: str) -> str:
    return show(text, PARAGRAPH)
