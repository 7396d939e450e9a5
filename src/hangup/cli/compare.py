"""Compares two runs of a test plan."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import click

from hangup.cli.app import CONTEXT
from hangup.cli.output import Output
from hangup.errors import UsageError

if TYPE_CHECKING:
    from hangup.plan.kept_run import KeptRun
    from hangup.store.runs import StoredRun

NOT_WORSE, WORSE = 0, 1
EPILOG = """\b
BEFORE and AFTER are ids such as r12, `last`, `previous`, or files of `hangup test --report x.json`.
`previous` is the run before the last one, of the same plan and environment where there is one.
Exit status: 0 nothing is worse, 1 something is broken, fails or is not run that was before, 2 wrong
usage."""


@click.command(context_settings=CONTEXT, epilog=EPILOG)
@click.argument("before", default="previous")
@click.argument("after", default="last")
@click.option("--store", "runs", metavar="PATH", help="Where the runs are kept.")
@click.option("--json", is_flag=True, help="Print the document, and only it.")
def compare(before: str, after: str, runs: str | None, json: bool) -> int:
    """Say what changed between two runs of a test plan: fixed, broken, failing in another way."""
    from hangup.plan.compare import compare as compared  # here: `--help` need not wait for it

    found = compared(_run(before, runs), _run(after, runs))
    output = Output(as_json=json)
    with output.printing():
        if json:
            from hangup.plan.compared import document_of
            from hangup.plan.told import as_json

            print(as_json(document_of(found)))
        else:
            from hangup.plan.compared import lines_of
            from hangup.plan.told import shown

            for line in lines_of(found, time.time()):
                print(shown(line))
    return output.status(WORSE if found.worse else NOT_WORSE)


def _run(name: str, runs: str | None) -> KeptRun:
    from hangup.plan.kept_run import read_run, run_of

    if name not in ("last", "previous") and not re.fullmatch(r"r\d{1,15}", name):
        return read_run(name)
    stored = _stored(name, runs)
    return run_of(stored.body, stored.id, stored.id)


def _stored(name: str, runs: str | None) -> StoredRun:
    from hangup.store.runs import opened, usual_path

    path = runs or usual_path()
    with opened(path) as kept:
        last = kept.last()
        if last is None:
            raise UsageError(f"no run is kept in {path!r}; `hangup test` keeps them there")
        if name == "last":
            return last
        found = kept.before(last) if name == "previous" else kept.run(name)
        if found is None and name == "previous":
            raise UsageError(f"only {last.id} is kept in {path!r}, and none before it")
        if found is None:
            raise UsageError(f"no run {name} is kept in {path!r}; the last one is {last.id}")
        return found
