"""The smallest thing that shows a fault to someone else, in the form that its file's name asks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hangup.diagnosis import Diagnosis
from hangup.inquiry import Inquiry
from hangup.report import check_ending
from hangup.trace import Trace

if TYPE_CHECKING:
    from hangup.report.reproduce.order import Order

REPRODUCER_ENDINGS = (".py", ".sh", ".md")
"""The endings of a reproducer's file name: a pytest file, a shell command, a bug report."""


def check_reproducer_path(path: Path) -> None:
    """Refuse a path that no reproducer can be written to, before anything is sent.

    Raises:
        UsageError: the ending is not one of `REPRODUCER_ENDINGS`, or there is no such directory.
    """
    check_ending(path, REPRODUCER_ENDINGS, "reproducer")


def write_reproducer(
    path: Path, inquiry: Inquiry, diagnosis: Diagnosis, traces: Sequence[Trace]
) -> None:
    """Write the reproducer; secrets stay out of it and are read from the environment.

    The `.py` form fails while the fault is there and passes once the endpoint is mended.

    Raises:
        UsageError: as `check_reproducer_path`.
    """
    check_reproducer_path(path)
    # Imported here, since few runs write one and all would pay (start-up budget).
    from hangup.report.reproduce.order import order_of

    text = _render(path.suffix.lower(), order_of(inquiry, diagnosis, traces))
    path.write_text(text, "utf-8", "surrogateescape")
    if path.suffix.lower() == ".sh":
        path.chmod(path.stat().st_mode | 0o111)


def _render(ending: str, order: Order) -> str:
    if ending == ".py":
        from hangup.report.reproduce.pytest_file import pytest_file

        return pytest_file(order)
    if ending == ".sh":
        from hangup.report.reproduce.shell import shell_script

        return shell_script(order)
    from hangup.report.reproduce.issue import issue

    return issue(order)
