"""The main command: from a URL to a verdict with evidence."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from hangup.cli.app import CONTEXT
from hangup.cli.archiving import archive_diagnosis, archive_options
from hangup.cli.failing import INTERRUPTED
from hangup.cli.options import Options
from hangup.cli.order import build_inquiry
from hangup.cli.output import LINES, STATUS, Output, output_options
from hangup.cli.running import Result, run
from hangup.cli.session import Session
from hangup.cli.vantages import looks
from hangup.errors import UsageError
from hangup.inquiry import Inquiry

if TYPE_CHECKING:
    from hangup.cli.browsing import Browsing
    from hangup.progress import Progress

EPILOG = """\b
Exit status: 0 healthy, 1 fault, 2 wrong usage, 3 inconclusive, 70 a bug of hangup, 130 Ctrl-C.
Each option can come from HANGUP_<OPTION>, such as HANGUP_TOKEN; repeatable ones a line each.
HTTPS_PROXY and its like are not followed: only --proxy is, so that the path is what you asked."""


@click.command(context_settings=CONTEXT, epilog=EPILOG)
@click.argument("url", nargs=-1, envvar="HANGUP_URL")
@click.option(
    "-H", "--header", type=LINES, multiple=True, metavar="LINE", help="'Name: value' or @FILE."
)
@click.option("--token", metavar="T", help="The credential; @FILE or env:NAME keep it out of ps.")
@click.option(
    "--token-in",
    type=click.Choice(["header", "query", "subprotocol", "cookie", "message"]),
    default="header",
    show_default=True,
    help="Where it travels; in a header as 'Authorization: Bearer T'.",
)
@click.option(
    "--token-name",
    metavar="NAME",
    help="Query parameter, cookie, JSON field or header; before a subprotocol it is a prefix.",
)
@click.option("--other-token", metavar="T2", help="A second user's, for per-user experiments.")
@click.option(
    "--subprotocol", type=LINES, multiple=True, metavar="P", help="Offered. Repeatable, in order."
)
@click.option("--origin", metavar="O", help="The Origin header, such as https://app.example.com.")
@click.option(
    "--send", type=LINES, multiple=True, metavar="TEXT", help="A message to send. Repeatable."
)
@click.option(
    "--expect",
    type=LINES,
    multiple=True,
    metavar="REGEX",
    help="A reply to hear, in its first 16 KiB. Repeatable.",
)
@click.option(
    "--resume",
    metavar="TEXT",
    help="What is said after a reconnect to get what was missed; {last} is the last number that "
    "came. Empty when the server resumes by itself.",
)
@click.option(
    "--differently",
    metavar="TEXT",
    help="A message whose answer must be another than that to the last --send.",
)
@click.option("--scenario", metavar="FILE", help="A whole conversation, in YAML or JSON.")
@click.option(
    "--bypass",
    metavar="URL",
    help="The application without its proxy; without a path it has that of the URL.",
)
@click.option(
    "--resolve", type=LINES, multiple=True, metavar="HOST:PORT:ADDRESS", help="As in curl."
)
@click.option("--cacert", metavar="FILE", help="Trust these authorities only (PEM).")
@click.option("--cert", metavar="FILE", help="Client certificate (PEM), perhaps with its key.")
@click.option("--key", metavar="FILE", help="Private key of --cert (PEM).")
@click.option("-k", "--insecure", is_flag=True, help="Do not verify the peer's certificate.")
@click.option("-4", "--ipv4", "ipv4", is_flag=True, help="Only IPv4 addresses.")
@click.option("-6", "--ipv6", "ipv6", is_flag=True, help="Only IPv6 addresses.")
@click.option("--proxy", metavar="URL", help="Connect through http://[USER:PASSWORD@]HOST:PORT.")
@click.option("--idle", type=float, metavar="SECONDS", help="Watch a silent connection so long.")
@click.option(
    "--read-slowly",
    type=float,
    metavar="SECONDS",
    help="Let one connection read nothing for so long, beside one that reads.",
)
@click.option(
    "--budget",
    type=float,
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="The whole run ends by then.",
)
@click.option(
    "--max-connections",
    type=int,
    default=40,
    show_default=True,
    metavar="N",
    help="Connections opened in all.",
)
@click.option(
    "--crowd",
    type=int,
    metavar="N",
    help="Hold up to N open at the same time, to find the number that is too many: load.",
)
@click.option(
    "--browser",
    is_flag=True,
    help="Play it in a headless Chromium too, from a page of --origin, and show what its page, the"
    " wire and the server saw.",
)
@click.option("--save", metavar="FILE", help="Write the traces (NDJSON), for `hangup judge`.")
@click.option(
    "--reproducer",
    metavar="FILE",
    multiple=True,
    type=LINES,
    help="Write the smallest thing that shows the fault: .py (pytest), .sh or .md. Repeatable.",
)
@click.option(
    "--recorder",
    metavar="PATH_OR_URL",
    help="The store of the server's recorder, or a file or URL that its JSON lines go to: what it"
    " caught is joined with what was seen here.",
)
@click.option(
    "--code",
    metavar="PATH",
    help="The server's code, a file or folder: what `hangup preflight` finds there and fits.",
)
@click.option(
    "--logs",
    metavar="FILE",
    multiple=True,
    type=LINES,
    help="A log of the server or proxy; what it gains during the run is read. Repeatable.",
)
@click.option(
    "--progress",
    type=click.Choice(["lines", "json"]),
    default="lines",
    show_default=True,
    help="How progress is told on stderr; json is one object a line, for programs.",
)
@archive_options
@output_options
@click.pass_obj
def diagnose(
    session: Session,
    /,
    url: tuple[str, ...],
    json: bool,
    report: tuple[str, ...],
    quiet: bool,
    verbose: bool,
    no_color: bool,
    save: str | None,
    reproducer: tuple[str, ...],
    recorder: str | None,
    code: str | None,
    logs: tuple[str, ...],
    browser: bool,
    progress: str,
    archive: str | None,
    no_store: bool,
    **options: Any,
) -> int:
    """Say who hung up on URL (ws, wss, http or https), in which layer, and why.

    Controlled experiments are run against it, at most 40 connections within 30 seconds, and the N
    of --crowd beside those.
    """
    output = Output(
        as_json=json,
        reports=report,
        save=save,
        reproducers=reproducer,
        quiet=quiet,
        verbose=verbose,
        color=not no_color,
        as_events=progress == "json",
    )
    output.check()
    inquiry, secrets = build_inquiry(Options(url=_single(url), **options))
    session.secrets.extend(secrets)
    beside = looks(recorder, logs, code, inquiry.budget, session.secrets)
    found = _browsing(inquiry) if browser else None
    result = _run(inquiry, session, output, found)
    for look in beside:
        result = look(result)
    output.emit(result.diagnosis, result.traces, last=result.last)
    output.write("--reproducer", reproducer, lambda path: _reproduce(path, inquiry, result))
    if not no_store:
        archive_diagnosis(output, result, archive)
    verdict = STATUS[result.diagnosis.verdict]
    return output.status(INTERRUPTED if result.interrupted else verdict)


def _single(url: tuple[str, ...]) -> str:
    if not url:
        raise UsageError("URL: it is missing; write ws://, wss://, http:// or https://")
    if len(url) > 1:
        # What is too much is not quoted: it may be a header's value that lost its quotes.
        raise UsageError(f"URL: one is wanted, not {len(url)}; put values with spaces in quotes")
    return url[0]


def _browsing(inquiry: Inquiry) -> Browsing:
    from hangup.cli.browsing import browsing  # here: only asked for with --browser

    return browsing(inquiry)


def _run(
    inquiry: Inquiry, session: Session, output: Output, browsing: Browsing | None = None
) -> Result:
    if output.as_events:
        from hangup.report.progress_lines import ProgressLines  # here: programs ask for it

        return _told(inquiry, session, ProgressLines(sys.stderr).tell, browsing)
    from hangup.report.live import Live  # here: it stands after all checks, which need none of it

    with Live(sys.stderr, quiet=output.quiet, verbose=output.verbose) as live:
        return _told(inquiry, session, live.tell, browsing)


def _told(
    inquiry: Inquiry,
    session: Session,
    tell: Callable[[Progress], None],
    browsing: Browsing | None,
) -> Result:
    if browsing is None:
        return run(inquiry, session, tell)
    from hangup.progress import Concluded  # here: as the browser itself

    def tell_on(step: Progress) -> None:
        if not isinstance(step, Concluded):
            tell(step)

    result = browsing.look(run(browsing.before, session, tell_on), session.secrets, tell)
    tell(Concluded(result.diagnosis, result.traces))
    return result


def _reproduce(path: Any, inquiry: Inquiry, result: Result) -> None:
    from hangup.report.reproduce import write_reproducer  # here: only asked for on demand

    write_reproducer(path, inquiry, result.diagnosis, result.traces)


def as_in_diagnose(names: Sequence[str]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give another command some options of this one, which mean the same there."""
    known = {param.name: param for param in diagnose.params}

    def shared(command: Callable[..., Any]) -> Callable[..., Any]:
        # click collects a command's parameters here, the last one first.
        params = command.__dict__.setdefault("__click_params__", [])
        params += [known[name] for name in reversed(names)]
        return command

    return shared
