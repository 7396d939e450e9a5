"""What was found, told: on a terminal, as HTML, Markdown, JSON, JUnit XML, or as a reproducer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hangup.diagnosis import Diagnosis
from hangup.errors import UsageError
from hangup.trace import Trace

if TYPE_CHECKING:  # a live view needs no files, and the first packet waits
    from pathlib import Path

REPORT_ENDINGS = (".html", ".md", ".json", ".xml")
"""The endings of a report's file name; each stands for one format."""


def check_report_path(path: Path) -> None:
    """Refuse a path that no report can be written to, before anything is sent.

    Raises:
        UsageError: the ending is not one of `REPORT_ENDINGS`, or there is no such directory.
    """
    check_ending(path, REPORT_ENDINGS, "report")


def write_report(path: Path, diagnosis: Diagnosis, traces: Sequence[Trace]) -> None:
    """Write a report in the format that the path's ending names.

    Raises:
        UsageError: as `check_report_path`.
    """
    check_report_path(path)
    path.write_bytes(_render(path.suffix.lower(), diagnosis, traces))


def check_ending(path: Path, endings: tuple[str, ...], what: str) -> None:
    """Refuse a path with another ending or without a directory to stand in."""
    if path.suffix.lower() not in endings:
        known = f"{', '.join(endings[:-1])} or {endings[-1]}"
        raise UsageError(f"the {what} {str(path)!r} must end in {known}")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"the {what} {str(path)!r} cannot be written: no such directory")


# The imports stand inside, because a run without a report must not pay for jinja2 and XML before
# its first packet (start-up budget).
def _render(ending: str, diagnosis: Diagnosis, traces: Sequence[Trace]) -> bytes:
    if ending == ".html":
        from hangup.report.html import html_report

        return html_report(diagnosis, traces).encode()
    if ending == ".md":
        from hangup.report.markdown import markdown_report

        return markdown_report(diagnosis, traces).encode()
    if ending == ".xml":
        from hangup.report.junit import junit_report

        return junit_report(diagnosis, traces)
    from hangup.report.document import diagnosis_json

    return diagnosis_json(diagnosis)
