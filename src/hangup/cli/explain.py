"""Judges evidence from elsewhere: a browser's HAR, or traces of ours."""

from __future__ import annotations

from urllib.parse import urlsplit

import click
import msgspec

from hangup.cli.app import CONTEXT
from hangup.cli.output import STATUS, Output, output_options
from hangup.cli.reading import read_evidence
from hangup.cli.session import Session
from hangup.cli.undecided import shows_ending, unended
from hangup.diagnosis import Diagnosis
from hangup.errors import UsageError
from hangup.trace import Trace
from hangup.vantage.har import EXPERIMENT as FROM_HAR

NOTE = "Browsers put no close frame and no end of TCP into a HAR; `hangup URL` sees both."


@click.command(context_settings=CONTEXT)
@click.argument("files", nargs=-1, metavar="FILE")
@click.option(
    "--url",
    metavar="TEXT",
    allow_from_autoenv=False,
    help="Only WebSockets whose URL contains TEXT.",
)
@output_options
@click.pass_obj
def explain(
    session: Session,
    /,
    files: tuple[str, ...],
    url: str | None,
    json: bool,
    report: tuple[str, ...],
    quiet: bool,
    verbose: bool,
    no_color: bool,
) -> int:
    """Judge what FILE can tell: a browser's HAR, or traces (- is stdin).

    The WebSockets of one URL are judged together, those of several URLs one after the other.
    """
    output = Output(as_json=json, reports=report, quiet=quiet, verbose=verbose, color=not no_color)
    output.check()
    if len(files) != 1:
        raise UsageError(f"FILE: one is wanted, not {len(files)}")
    groups = _grouped(read_evidence(files[0]), url, files[0])
    if len(groups) > 1 and (json or report):
        raise UsageError(f"--url: choose one of {len(groups)}: {', '.join(groups)}")
    statuses = [_judge(session, output, traces) for traces in groups.values()]
    return output.status(STATUS["fault"] if STATUS["fault"] in statuses else max(statuses))


def _judge(session: Session, output: Output, traces: tuple[Trace, ...]) -> int:
    if traces[0].experiment == FROM_HAR:
        diagnosis = _explained(session, traces)
    else:
        diagnosis = session.rejudge(traces)
    output.emit(diagnosis, traces)
    return STATUS[diagnosis.verdict]


def _explained(session: Session, traces: tuple[Trace, ...]) -> Diagnosis:
    """Judge the WebSockets of a HAR that show how they ended; nothing is concluded from others."""
    ended = [trace for trace in traces if shows_ending(trace)]
    diagnosis = session.rejudge(ended) if ended else unended(traces)
    if len(ended) == len(traces):
        return diagnosis
    note = f"{len(traces) - len(ended)} of {len(traces)} show no ending. {NOTE}"
    return msgspec.structs.replace(diagnosis, notes=(*diagnosis.notes, note))


def _grouped(
    traces: tuple[Trace, ...], wanted: str | None, source: str
) -> dict[str, tuple[Trace, ...]]:
    """Group a HAR's WebSockets by URL without its query; our own traces belong together."""
    chosen = tuple(t for t in traces if wanted is None or wanted in t.url)
    if not chosen:
        raise UsageError(f"--url: no WebSocket in {source} has a URL with that in it")
    if chosen[0].experiment != FROM_HAR:
        return {chosen[0].url: chosen}
    groups: dict[str, tuple[Trace, ...]] = {}
    for trace in chosen:
        parts = urlsplit(trace.url)
        key = f"{parts.scheme}://{parts.netloc}{parts.path}"
        groups[key] = (*groups.get(key, ()), trace)
    return groups
