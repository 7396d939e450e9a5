"""Shows what the recorder caught, grouped by what went wrong."""

from __future__ import annotations

import time

import click

from hangup.cli.app import CONTEXT
from hangup.cli.output import Output
from hangup.cli.record import DEFAULT_STORE
from hangup.errors import UsageError

SHOWN = 0
EPILOG = """\b
Exit status: 0 shown, also when nothing was caught; 2 wrong usage, or no such store or incident."""


@click.command(context_settings=CONTEXT, epilog=EPILOG)
@click.argument("id", required=False, metavar="[ID]")
@click.option(
    "--store", default=DEFAULT_STORE, show_default=True, metavar="PATH", help="What to read."
)
@click.option(
    "--hangup-id",
    metavar="NAME",
    help="Only what befell connections of this name, from X-Hangup-Id or ?hangup-id=.",
)
@click.option("--since", metavar="DURATION", help="Only the last 90s, 15m, 1h, 7d.")
@click.option("--json", is_flag=True, help="Print the document, and only it.")
@click.option("--no-color", is_flag=True, help="As NO_COLOR does.")
def incidents(
    id: str | None,
    store: str,
    hangup_id: str | None,
    since: str | None,
    json: bool,
    no_color: bool,
) -> int:
    """Show what the recorder caught, the most frequent first; with ID one incident in full.

    The beginning of an ID suffices where it is the only one that begins so.
    """
    from hangup.cli.incident_page import Found, print_document, print_found
    from hangup.store.chosen import parse_duration
    from hangup.store.reading import open_stored

    after = time.time() - parse_duration(since, "--since") if since is not None else 0.0
    try:
        stored = open_stored(store)
    except UsageError as exc:
        raise UsageError(f"--store: {exc}") from None
    output = Output(as_json=json, color=not no_color)
    with stored:
        found = Found.read(stored, id or "", after, hangup_id)
        if id is not None and not found.groups:
            raise UsageError(f"ID: no incident {id!r} is in {store!r}{_within(since)}")
        if id is not None and len(found.groups) > 1:
            known = ", ".join(group.id for group in found.groups[:5])
            raise UsageError(f"ID: {id!r} begins several incidents: {known}")
        (print_document if json else print_found)(output, found, whole=id is not None)
    return output.status(SHOWN)


def _within(since: str | None) -> str:
    return f" within the last {since}" if since else ""
