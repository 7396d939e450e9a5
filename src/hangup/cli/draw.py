"""Draws one connection of a file of evidence: a picture, or a diagram for an issue."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hangup.cli.app import CONTEXT
from hangup.cli.explain import Judged, judged_apart
from hangup.cli.output import LINES, Output, check_ending, check_writable
from hangup.cli.session import Session
from hangup.diagnosis import Moment
from hangup.errors import UsageError
from hangup.report.drawing_files import DRAWING_ENDINGS, FORMS, drawn_as
from hangup.report.escape import quoted, show
from hangup.report.timeline import telling_trace
from hangup.report.units import count
from hangup.trace import Trace

if TYPE_CHECKING:
    from hangup.cli.joining import Opener

MOST_NAMED = 20
"""Ids that are named when the one that was asked for is not there."""


@click.command(context_settings=CONTEXT)
@click.argument("files", nargs=-1, metavar="FILE")
@click.option(
    "-o",
    "--output",
    "outputs",
    type=LINES,
    multiple=True,
    metavar="FILE",
    allow_from_autoenv=False,
    help="Write it there: .svg, .mmd (Mermaid) or .md (Mermaid in a fence). Repeatable.",
)
@click.option(
    "--as",
    "form",
    type=click.Choice(FORMS),
    allow_from_autoenv=False,
    help="Print it so; without -o the default is mermaid.",
)
@click.option(
    "--trace",
    "wanted",
    metavar="ID",
    allow_from_autoenv=False,
    help="The connection of that id, and not the one that tells most.",
)
@click.option(
    "--recorder",
    metavar="PATH",
    help="The store of the server's recorder, or a file or URL of its JSON lines: what the server"
    " did is drawn beside what the client saw.",
)
@click.option("-q", "--quiet", is_flag=True, help="No remarks on stderr.")
@click.pass_obj
def draw(
    session: Session,
    /,
    files: tuple[str, ...],
    outputs: tuple[str, ...],
    form: str | None,
    wanted: str | None,
    recorder: str | None,
    quiet: bool,
) -> int:
    """Draw a connection of FILE (from --save, or what explain reads; - is stdin).

    It shows who ended it, where the time went and what passed. Exit status: 0 drawn.
    """
    for path in outputs:
        check_ending("-o", path, DRAWING_ENDINGS)
        check_writable("-o", path)
    if len(files) != 1:
        raise UsageError(f"FILE: one is wanted, not {len(files)}")
    output = Output(quiet=quiet)
    opened = _opened(recorder) if recorder is not None else None
    judged = [judge() for judge in judged_apart(session, files[0]).values()]
    traces = [trace for _, traces in judged for trace in traces]
    if not traces:
        raise UsageError(f"{files[0]}: there is no WebSocket in it that could be drawn")
    trace = _named(traces, wanted) if wanted is not None else _telling(judged)
    if len(traces) > 1 and wanted is None:
        said = f"{show(trace.id)} of {count(len(traces), 'connection')}"
        output.remark(f"drawing {said}; --trace chooses another")
    moments = _recorded(session, trace, traces, opened, output) if opened else ()
    output.write("-o", outputs, lambda path: path.write_bytes(_file(path, trace, moments)))
    if form is not None or not outputs:
        with output.printing():
            sys.stdout.buffer.write(drawn_as(form or "mermaid", trace, moments))
    return output.status(0)


def _file(path: Path, trace: Trace, moments: Sequence[Moment]) -> bytes:
    return drawn_as(path.suffix.lower(), trace, moments)


def _named(traces: Sequence[Trace], wanted: str) -> Trace:
    for trace in traces:
        if trace.id == wanted:
            return trace
    ids = [show(trace.id, 40) for trace in traces[:MOST_NAMED]]
    more = len(traces) - len(ids)
    there = ", ".join(ids) + (f" and {more} more" if more else "")
    raise UsageError(f"--trace: there is no {quoted(wanted, 40)}; the file has {there}")


def _telling(judged: Sequence[Judged]) -> Trace:
    """Choose as the reports do; of several URLs, which are judged apart, from the first."""
    diagnosis, first = next(each for each in judged if each[1])
    return telling_trace(diagnosis, first) or first[0]


def _opened(path: str) -> Opener:
    from hangup.cli.joining import open_recorder  # here: sqlite is slow to import

    if path == "-":
        raise UsageError("--recorder: it cannot be stdin; name a file")
    return open_recorder(path, beginning=True)


def _recorded(
    session: Session, trace: Trace, traces: Sequence[Trace], opened: Opener, output: Output
) -> Sequence[Moment]:
    from hangup.cli.joining import server_side_of  # here: as above

    try:
        moments = server_side_of(trace, traces, opened, session.secrets)
    except UsageError as exc:
        raise UsageError(f"--recorder: {exc}") from None
    if not moments:
        output.remark(f"the recorder saw nothing of {show(trace.id)}")
    return moments
