"""A run of a plan, told in a file: as Markdown, HTML, JSON or JUnit XML."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hangup.plan.report.account import Account
from hangup.report import check_report_path


def write_report(path: Path, account: Account, document: Mapping[str, object]) -> None:
    """Write a report in the format that the path's ending names; `document` is that of `--json`.

    Raises:
        UsageError: as `hangup.report.check_report_path`.
    """
    check_report_path(path)
    path.write_bytes(_render(path.suffix.lower(), account, document))


# The imports stand inside, because a run without such a report must not pay for jinja2 and XML.
def _render(ending: str, account: Account, document: Mapping[str, object]) -> bytes:
    if ending == ".html":
        from hangup.plan.report.html import html_report

        return html_report(account).encode()
    if ending == ".md":
        from hangup.plan.report.markdown import markdown_report

        return markdown_report(account).encode()
    if ending == ".xml":
        from hangup.plan.report.junit import junit_report

        return junit_report(account)
    from hangup.plan.told import as_json

    return as_json(dict(document)).encode() + b"\n"
