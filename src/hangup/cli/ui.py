"""Runs, reports and incidents in the browser, on this machine alone."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import click
import msgspec

from hangup.cli.app import CONTEXT
from hangup.cli.options import Options
from hangup.cli.order import build_inquiry
from hangup.cli.record import DEFAULT_STORE
from hangup.errors import UsageError
from hangup.redact import Redactor

if TYPE_CHECKING:
    from hangup.ui.desk import Errand, Places

REPEATABLE = ("header", "subprotocol", "send", "expect")
EPILOG = """\b
It listens on 127.0.0.1 and takes nobody in who has not the token of the address that it prints.
Exit status: 130 when it was told to end (Ctrl-C or SIGTERM), 2 wrong usage."""


@click.command(context_settings=CONTEXT, epilog=EPILOG)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8383,
    show_default=True,
    metavar="N",
    help="Where on 127.0.0.1 it listens; 0 is any port that is free.",
)
@click.option("--open", "opens", is_flag=True, help="Open it in the browser.")
@click.option("--archive", metavar="PATH", help="Diagnoses and loads; --store of diagnose, load.")
@click.option("--runs", metavar="PATH", help="Runs of plans; --store of hangup test.")
@click.option("--history", metavar="PATH", help="Watches; --store of hangup watch.")
@click.option(
    "--recorder",
    "recorders",
    multiple=True,
    metavar="PATH",
    help=f"A recorder's store. Repeatable.  [default: {DEFAULT_STORE} where it is there]",
)
def ui(
    port: int,
    opens: bool,
    archive: str | None,
    runs: str | None,
    history: str | None,
    recorders: tuple[str, ...],
) -> int:
    """Show diagnoses, incidents, plans, loads and watches in the browser, and diagnose there."""
    from hangup.ui.desk import Desk
    from hangup.ui.serve import serve

    places = _places(archive, runs, history, recorders)
    desk = Desk(places=places, order=lambda typed: order_errand(typed, places))
    serve(desk, port, _ready(opens))
    return 0


def _places(
    archive: str | None, runs: str | None, history: str | None, recorders: tuple[str, ...]
) -> Places:
    from hangup.store import archive as kept
    from hangup.store import runs as plans
    from hangup.store import watches
    from hangup.ui.desk import Places

    usual = (DEFAULT_STORE,) if os.path.isfile(DEFAULT_STORE) else ()  # noqa: PTH113
    return Places(
        archive=archive or kept.usual_path(),
        runs=runs or plans.usual_path(),
        history=history or watches.usual_path(),
        recorders=recorders or usual,
    )


def order_errand(typed: Mapping[str, str], places: Places) -> Errand:
    """Make a command of what was typed; all of it is checked here, as a command line is.

    What the environment holds for other commands, such as HANGUP_TOKEN, stays out of it.

    Raises:
        UsageError: for the first thing that is wrong.
    """
    from hangup.ui.desk import Errand

    asked = dict(typed)
    recorder = asked.pop("recorder", "")
    if recorder and recorder not in places.recorders:
        raise UsageError("--recorder: it is none of those that this page knows")
    options = _options(asked)
    _, secrets = build_inquiry(options)
    told = {f"HANGUP_{name.upper()}": text for name, text in asked.items() if text.strip()}
    clean = {name: text for name, text in os.environ.items() if not name.startswith("HANGUP_")}
    command = (sys.executable, "-m", "hangup", "diagnose", "--progress", "json", "--json")
    beside = ("--recorder", recorder) if recorder else ()
    return Errand(
        url=Redactor(secrets).text(options.url),
        arguments=(*command, "--store", places.archive, *beside),
        environment={**clean, **told},
        within=options.budget,
    )


def _options(typed: Mapping[str, str]) -> Options:
    """Read the fields of the form as the options of their names; the repeatable ones a line each.

    Raises:
        UsageError: a number is none, or a field is no option.
    """
    given = {name: text.strip() for name, text in typed.items() if text.strip()}
    read: dict[str, object] = {**given}
    read |= {name: tuple(given[name].splitlines()) for name in REPEATABLE if name in given}
    try:
        return msgspec.convert(read, Options, strict=False)
    except msgspec.ValidationError as exc:
        field = str(exc).rpartition("$.")[2].strip("`") if "$." in str(exc) else "url"
        raise UsageError(f"--{field.replace('_', '-')}: it cannot be read") from None


def _ready(opens: bool) -> Callable[[str], None]:
    def ready(url: str) -> None:
        click.echo(f"hangup ui is at {url}", err=True)
        if opens:
            webbrowser.open(url)

    return ready
