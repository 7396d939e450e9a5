"""Judges evidence from elsewhere: a browser's HAR, a capture of packets, or traces of ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from urllib.parse import urlsplit

import click
import msgspec

from hangup.cli.app import CONTEXT
from hangup.cli.output import STATUS, Output, output_options
from hangup.cli.reading import beginning, bounded, evidence_in, opened
from hangup.cli.session import Session
from hangup.cli.undecided import shows_ending, unended
from hangup.diagnosis import Diagnosis
from hangup.errors import UsageError
from hangup.trace import Trace
from hangup.vantage.har import EXPERIMENT as FROM_HAR
from hangup.vantage.pcap.packets import MAGIC_SIZE, is_capture

NOTE = "Browsers put no close frame and no end of TCP into a HAR; `hangup URL` sees both."


@click.command(context_settings=CONTEXT)
@click.argument("files", nargs=-1, metavar="FILE")
@click.option(
    "--url",
    metavar="TEXT",
    allow_from_autoenv=False,
    help="Only WebSockets whose URL contains TEXT.",
)
@click.option(
    "--keylog",
    metavar="FILE",
    help="The secrets of TLS in a capture, as SSLKEYLOGFILE gives them.",
)
@click.option("--save", metavar="FILE", help="Write the traces (NDJSON), for `hangup judge`.")
@output_options
@click.pass_obj
def explain(
    session: Session,
    /,
    files: tuple[str, ...],
    url: str | None,
    keylog: str | None,
    save: str | None,
    json: bool,
    report: tuple[str, ...],
    quiet: bool,
    verbose: bool,
    no_color: bool,
) -> int:
    """Judge what FILE can tell: a browser's HAR, a pcap, or traces (- is stdin).

    The WebSockets of one URL are judged together, those of several URLs one after the other.
    """
    output = Output(
        as_json=json,
        reports=report,
        save=save,
        quiet=quiet,
        verbose=verbose,
        color=not no_color,
    )
    output.check()
    if len(files) != 1:
        raise UsageError(f"FILE: one is wanted, not {len(files)}")
    groups = judged_apart(session, files[0], url, keylog)
    if len(groups) > 1 and (json or report or save):
        raise UsageError(f"--url: choose one of {len(groups)}: {', '.join(groups)}")
    statuses = [_emit(output, *judge()) for judge in groups.values()]
    return output.status(STATUS["fault"] if STATUS["fault"] in statuses else max(statuses))


Judged = tuple[Diagnosis, Sequence[Trace]]


def judged_apart(
    session: Session, path: str, url: str | None = None, keylog: str | None = None
) -> dict[str, Callable[[], Judged]]:
    """Give what is to be judged together of a file of evidence, by its URL.

    Raises:
        UsageError: it cannot be read, or nothing with that in its URL is in it.
    """
    with opened(path) as file:
        head = beginning(file, MAGIC_SIZE, path)
        if is_capture(head):
            from hangup.cli.captured import judged_capture  # here: few files are captures

            return judged_capture(session, file, head, path, url, keylog)
        if keylog is not None:
            raise UsageError(f"--keylog: it is of use with a capture, and {path} is none")
        groups = _grouped(evidence_in(bounded(file, path, head), path), url, path)
        return {key: partial(_judge, session, traces) for key, traces in groups.items()}


def _emit(output: Output, diagnosis: Diagnosis, traces: Sequence[Trace]) -> int:
    output.emit(diagnosis, traces)
    return STATUS[diagnosis.verdict]


def _judge(session: Session, traces: tuple[Trace, ...]) -> Judged:
    if traces[0].experiment == FROM_HAR:
        return _explained(session, traces), traces
    return session.rejudge(traces), traces


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
    """Group a HAR's WebSockets by URL without its query; our own traces belong together.

    Raises:
        UsageError: when `wanted` is in no URL.
    """
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
