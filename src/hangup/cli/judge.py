"""Judges saved traces again, offline."""

from __future__ import annotations

import click

from hangup.cli.app import CONTEXT
from hangup.cli.output import STATUS, Output, output_options
from hangup.cli.reading import read_traces
from hangup.cli.session import Session
from hangup.errors import UsageError


@click.command(context_settings=CONTEXT)
@click.argument("files", nargs=-1, metavar="FILE...")
@output_options
@click.pass_obj
def judge(
    session: Session,
    /,
    files: tuple[str, ...],
    json: bool,
    report: tuple[str, ...],
    quiet: bool,
    verbose: bool,
    no_color: bool,
) -> int:
    """Judge the traces in FILE... (from --save; - is stdin) again, without a network."""
    output = Output(as_json=json, reports=report, quiet=quiet, verbose=verbose, color=not no_color)
    output.check()
    if not files:
        raise UsageError("FILE: it is missing; name a file that --save wrote, or - for stdin")
    traces = read_traces(files)
    diagnosis = session.rejudge(traces)
    output.emit(diagnosis, traces)
    return output.status(STATUS[diagnosis.verdict])
