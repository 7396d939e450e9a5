"""Judges evidence from elsewhere: a browser's HAR, or traces of ours."""

from __future__ import annotations

from urllib.parse import urlsplit

import click
import msgspec

from hangup.cli.app import CONTEXT
from hangup.cli.output import STATUS, Output, output_options
from hangup.cli.reading import read_evidence
from hangup.cli.session import Session
from hangup.diagnosis import Diagnosis
from hangup.errors import UsageError
from hangup.trace import Trace

FROM_HAR = "har"
NOTE = (
    "A HAR holds no close frames and no end of TCP, so it cannot show who closed; `hangup URL` can."
)


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
    return STATUS["fault"] if STATUS["fault"] in statuses else max(statuses)


def _judge(session: Session, output: Output, traces: tuple[Trace, ...]) -> int:
    diagnosis = session.rejudge(traces)
    if traces[0].experiment == FROM_HAR:
        diagnosis = _noted(diagnosis)
    output.emit(diagnosis, traces)
    return STATUS[diagnosis.verdict]


def _noted(diagnosis: Diagnosis) -> Diagnosis:
    return msgspec.structs.replace(diagnosis, notes=(*diagnosis.notes, NOTE))


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
