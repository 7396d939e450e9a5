"""Many conversations on a schedule: how the endpoint bears them, and what breaks first."""

from __future__ import annotations

from typing import Any

import click

from hangup.cli.app import CONTEXT
from hangup.cli.archiving import archive_load, archive_options
from hangup.cli.diagnose import as_in_diagnose
from hangup.cli.failing import INTERRUPTED
from hangup.cli.load_order import LoadOptions, build_load
from hangup.cli.options import Options
from hangup.cli.order import build_inquiry
from hangup.cli.output import LINES, Output
from hangup.cli.session import Session

EPILOG = """\b
Exit status: 0 borne, 1 not, 2 wrong usage, 3 not all arrived, 70 a bug of hangup, 130 Ctrl-C.
It is borne when no --fail-if is met; without one, when every connection ended as it should.
Loopback may be loaded as it is; for any other host repeat its name in --allow.
{n} in a token, header, URL or message is the number of the arrival, {name} a column of --users."""
SHARED = (
    "header", "token", "token_in", "token_name", "subprotocol", "origin", "send", "expect",
    "scenario", "resolve", "cacert", "cert", "key", "insecure", "ipv4", "ipv6", "no_color",
)  # fmt: skip
"""Options of `hangup diagnose` that mean the same here."""
OPTIONS = (
    click.option(
        "--connections",
        type=int,
        metavar="N",
        help="Connections that arrive, in all.  [default: 100, or all of --stages]",
    ),
    click.option("--rate", type=float, metavar="R", help="Arrivals a second.  [default: at once]"),
    click.option(
        "--ramp",
        type=float,
        metavar="SECONDS",
        help="The rate grows from 0 over this time; without --rate all arrive within it.",
    ),
    click.option("--stages", metavar="FILE", help="Stages of arrivals, in YAML or JSON."),
    click.option("--poisson", is_flag=True, help="Arrivals at random, at the same mean rate."),
    click.option(
        "--messages",
        type=int,
        metavar="N",
        help="How often each connection plays the conversation.  [default: 10]",
    ),
    click.option(
        "--every",
        type=float,
        metavar="SECONDS",
        help="From one conversation's intended start to the next one's; 0 for no pause.  "
        "[default: 1]",
    ),
    click.option(
        "--hold",
        type=float,
        metavar="SECONDS",
        help="How long each connection stays open after that.  [default: 0]",
    ),
    click.option("--users", metavar="FILE", help="CSV with a header; its rows are taken in turn."),
    click.option("--users-once", is_flag=True, help="As many connections as --users has rows."),
    click.option(
        "--patience",
        type=float,
        default=10.0,
        show_default=True,
        metavar="SECONDS",
        help="For each step of opening, and for each reply.",
    ),
    click.option(
        "--source",
        type=LINES,
        multiple=True,
        metavar="ADDRESS",
        help="An address of this machine to connect from. Repeatable; they take turns.",
    ),
    click.option(
        "--fail-if",
        type=LINES,
        multiple=True,
        metavar="CONDITION",
        help="Such as 'p99>250ms' or 'closed.1011>0'. Repeatable.",
    ),
    click.option(
        "--find-limit",
        is_flag=True,
        help="Search for the number of connections from which on it breaks, up to --connections.",
    ),
    click.option("--pid", type=int, metavar="PID", help="The server's process, to see its memory."),
    click.option("--metrics", metavar="[HOST:]PORT", help="Serve OpenMetrics there while it runs."),
    click.option("--seed", type=int, default=0, show_default=True, help="Of --poisson."),
    click.option(
        "--max-time",
        type=float,
        default=600.0,
        show_default=True,
        metavar="SECONDS",
        help="All is over then.",
    ),
    click.option(
        "--allow", type=LINES, multiple=True, metavar="HOST", help="A host that may be loaded."
    ),
    click.option("--json", is_flag=True, help="Print the document, and only it."),
    click.option(
        "--report",
        type=LINES,
        multiple=True,
        metavar="FILE",
        help="Write a report: .html, .md, .json, .csv or .xml (JUnit). Repeatable.",
    ),
    click.option("--save", metavar="FILE", help="Save the traces that are cited, as NDJSON."),
    click.option("-q", "--quiet", is_flag=True, help="No progress on stderr."),
)


def _options(command: Any) -> Any:
    for option in reversed(OPTIONS):
        command = option(command)
    return command


@click.command(context_settings=CONTEXT, epilog=EPILOG)
@click.argument("url")
@_options
@as_in_diagnose(SHARED)
@archive_options
@click.pass_obj
def load(
    session: Session,
    /,
    url: str,
    json: bool,
    report: tuple[str, ...],
    save: str | None,
    quiet: bool,
    no_color: bool,
    archive: str | None,
    no_store: bool,
    **options: Any,
) -> int:
    """Open many connections to URL on a schedule, and say how it bears them.

    Each plays the conversation; where there is none it pings. Arrivals do not wait for those
    before them, and latency counts from when a message should have begun.
    """
    own = {name: options.pop(name) for name in LoadOptions.__struct_fields__}
    inquiry, secrets = build_inquiry(Options(url=url, **options))
    session.secrets.extend(secrets)
    order = build_load(inquiry, LoadOptions(**own))
    session.secrets.extend(order.people.secrets(1))
    output = Output(as_json=json, save=save, quiet=quiet, color=not no_color)
    from hangup.cli.loading import check_outputs, play  # here: it stands after all other checks

    check_outputs(output, report)
    status, loaded = play(order, session.secrets, output, report)
    if not no_store:
        archive_load(output, loaded, archive)
    return output.status(INTERRUPTED if loaded.report.interrupted else status)
