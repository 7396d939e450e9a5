"""Keeps what was found for `hangup ui`; what cannot be kept costs a sentence and never the run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from hangup.cli.failing import complain
from hangup.cli.output import Output
from hangup.cli.running import Result
from hangup.errors import UsageError

if TYPE_CHECKING:  # a diagnosis does not wait for what a load needs
    from hangup.load.run import Loaded

F = TypeVar("F", bound=Callable[..., Any])


def archive_options(command: F) -> F:
    """Add the options of where a run is kept."""
    for option in (
        click.option("--no-store", is_flag=True, help="Do not keep this run."),
        click.option(
            "--store", "archive", metavar="PATH", help="Where runs are kept for hangup ui."
        ),
    ):
        command = option(command)
    return command


def archive_diagnosis(output: Output, result: Result, path: str | None) -> None:
    """Keep a diagnosis with its traces in the archive, the usual one when `path` is None."""
    from hangup.store.diagnoses import keep_diagnosis  # here: sqlite3 is slow to import

    _told(output, lambda: keep_diagnosis(path, result.diagnosis, result.traces), "diagnosis")


def archive_load(output: Output, loaded: Loaded, path: str | None) -> None:
    """Keep a load with the traces that it cites in the archive, as above."""
    from hangup.load.kept import keep_load  # here: as above

    _told(output, lambda: keep_load(path, loaded.report, loaded.traces), "load")


def _told(output: Output, keep: Callable[[], str], what: str) -> None:
    try:
        kept = keep()
    except UsageError as exc:
        complain(f"the {what} is not kept: {exc}", ())
    else:
        output.remark(f"kept as {kept}", "kept", run=kept)
