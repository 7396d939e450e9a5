"""A load, told: on a terminal, while it runs, as HTML, Markdown, CSV, JSON or JUnit XML."""

from __future__ import annotations

from pathlib import Path

from hangup.load.document import LoadReport
from hangup.report import check_ending

LOAD_ENDINGS = (".html", ".md", ".csv", ".json", ".xml")
"""The endings of a report's file name; each stands for one format."""


def check_load_path(path: Path) -> None:
    """Refuse a path that no report can be written to, before anything is sent.

    Raises:
        UsageError: the ending is not one of `LOAD_ENDINGS`, or there is no such directory.
    """
    check_ending(path, LOAD_ENDINGS, "report")


def write_load(path: Path, report: LoadReport) -> None:
    """Write a report in the format that the path's ending names.

    CSV takes two files: `run.csv` holds the seconds, `run.closures.csv` the closures.

    Raises:
        UsageError: as `check_load_path`.
        OSError: the disk is full, or the file is not ours to write.
    """
    check_load_path(path)
    ending = path.suffix.lower()
    path.write_bytes(render_load(report, ending))
    if ending == ".csv":
        from hangup.load.report.table import closures_csv

        path.with_suffix(f".closures{path.suffix}").write_bytes(_encoded(closures_csv(report)))


# The imports stand inside, because a load without such a report must not pay for jinja2 and XML.
def render_load(report: LoadReport, ending: str) -> bytes:
    """Give a report in the format of one of `LOAD_ENDINGS`; of CSV the table of seconds."""
    if ending == ".html":
        from hangup.load.report.html import html_report

        return _encoded(html_report(report))
    if ending == ".md":
        from hangup.load.report.markdown import markdown_report

        return _encoded(markdown_report(report))
    if ending == ".csv":
        from hangup.load.report.table import moments_csv

        return _encoded(moments_csv(report))
    if ending == ".xml":
        from hangup.load.report.junit import junit_report

        return junit_report(report)
    from hangup.report.document import document_json

    return document_json(report)


def _encoded(text: str) -> bytes:
    return text.encode()
