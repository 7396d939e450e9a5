"""Watches endpoints: diagnoses them now and again, and tells what changed."""

from __future__ import annotations

import math
import os
from typing import Any

import click

from hangup.cli.app import CONTEXT
from hangup.cli.diagnose import as_in_diagnose
from hangup.cli.fields import read_secret
from hangup.cli.options import Options
from hangup.cli.order import build_inquiry
from hangup.cli.output import LINES
from hangup.cli.session import Session
from hangup.errors import UsageError

LEAST_EVERY = 0.05
MOST_SECONDS = 10_000_000.0
EPILOG = """\b
Exit status: 0 when it was told to end by Ctrl-C or SIGTERM, 2 wrong usage, or an endpoint that
another process watches already. With --once, --rounds or --for as diagnose, by the last rounds:
1 when one of them found a fault, else 70, 3 or 0; 130 when it was ended before its end."""
SHARED = (
    "header", "token", "token_in", "token_name", "other_token", "subprotocol", "origin", "send",
    "expect", "resume", "differently", "scenario", "bypass", "resolve", "cacert", "cert", "key",
    "insecure", "ipv4", "ipv6", "proxy", "idle", "read_slowly", "budget", "max_connections",
)  # fmt: skip
"""Options of `hangup diagnose` that mean the same here, for each of the endpoints."""


@click.command(context_settings=CONTEXT, epilog=EPILOG)
@click.argument("urls", nargs=-1, metavar="URL...")
@click.option(
    "--every",
    type=float,
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="From one round to the next. A round that would be late is left out.",
)
@click.option(
    "--jitter",
    type=float,
    default=0.1,
    show_default=True,
    metavar="SHARE",
    help="How far a round may be from its time, as a share of --every.",
)
@click.option("--once", is_flag=True, help="One round, and what confirms it; for cron.")
@click.option("--rounds", type=int, metavar="N", help="End after N rounds of each URL.")
@click.option(
    "--for", "longest", type=float, metavar="SECONDS", help="Begin no round after so long."
)
@click.option(
    "--confirm",
    type=int,
    default=2,
    show_default=True,
    metavar="N",
    help="Rounds in a row that must agree before anything but health is told; the second is soon.",
)
@click.option(
    "--certificate-days",
    type=float,
    default=14.0,
    show_default=True,
    metavar="DAYS",
    help="Tell when the endpoint's certificate ends within so many days.",
)
@click.option(
    "--webhook",
    type=LINES,
    multiple=True,
    metavar="URL",
    help="POST each change as JSON; @FILE or env:NAME keep it out of ps. Repeatable.",
)
@click.option(
    "--command",
    "commands",
    type=LINES,
    multiple=True,
    metavar="LINE",
    help="Run it in a shell for each change: JSON on stdin, HANGUP_* variables. Repeatable.",
)
@click.option(
    "--hook-timeout",
    type=float,
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="How long a hook may take.",
)
@click.option(
    "--metrics",
    metavar="[HOST:]PORT",
    help="Serve OpenMetrics there, on loopback without a host; needs hangup[watch].",
)
@click.option(
    "--history",
    metavar="FILE",
    help="Where rounds and changes are kept; by default in $XDG_STATE_HOME/hangup.",
)
@click.option(
    "--keep",
    type=click.IntRange(1),
    default=10_000,
    show_default=True,
    metavar="N",
    help="Rounds of each URL that the history keeps.",
)
@click.option(
    "--max-size", default="64M", show_default=True, metavar="SIZE", help="The history's; 1M least."
)
@click.option("--show", is_flag=True, help="Show what is kept of URL, or of all; nothing is sent.")
@click.option(
    "--last",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    metavar="N",
    help="Changes and rounds that --show shows of each URL.",
)
@click.option("--json", is_flag=True, help="One JSON document a line for each event.")
@click.option("-q", "--quiet", is_flag=True, help="Changes only, and no remarks on stderr.")
@click.option("-v", "--verbose", is_flag=True, help="A line for each round too, as with --json.")
@as_in_diagnose(SHARED)
@click.pass_obj
def watch(
    session: Session,
    /,
    urls: tuple[str, ...],
    show: bool,
    last: int,
    json: bool,
    quiet: bool,
    verbose: bool,
    history: str | None,
    keep: int,
    max_size: str,
    **options: Any,
) -> int:
    """Diagnose each URL again and again, keep the history, and tell what changed.

    The options of `hangup diagnose` hold for every URL, the credential too.
    """
    from hangup.store.chosen import parse_size
    from hangup.store.watches import Keep, usual_path

    if quiet and verbose:
        raise UsageError("--quiet: it cannot be combined with --verbose")
    _check_history(history)
    limits = Keep(parse_size(max_size, "--max-size"), keep)
    path = history if history is not None else usual_path()
    if show:
        from hangup.cli.watched import show_history

        return show_history(path, urls, last, as_json=json)
    from hangup.cli.watching import Told, run  # here: it stands after all checks

    asked = _asked(session, urls, options)
    rounds = verbose or (json and not quiet)
    told = Told(session.secrets, as_json=json, quiet=quiet, rounds=rounds)
    return run(asked, told, session, path, limits)


def _check_history(path: str | None) -> None:
    if path == "":
        raise UsageError("--history: it is empty")
    if path and os.path.isdir(path):  # noqa: PTH112 - pathlib is slow to import
        raise UsageError(f"--history: {path!r} is a directory")


def _asked(session: Session, urls: tuple[str, ...], options: dict[str, Any]) -> Any:
    """Check all options, before anything is sent."""
    from hangup.cli.watching import Asked
    from hangup.watching.command import Command
    from hangup.watching.looking import watched
    from hangup.watching.order import Order
    from hangup.watching.webhook import parse_webhook, webhook_secrets

    own = {name: options.pop(name) for name in tuple(options) if name not in SHARED}
    _check(own)
    within, place = own.pop("hook_timeout"), own.pop("metrics")
    commands, addresses = own.pop("commands"), own.pop("webhook")
    posts = [
        parse_webhook(read_secret(text, "--webhook"), "--webhook", within) for text in addresses
    ]
    for post in posts:
        session.secrets.extend(webhook_secrets(post))
    endpoints = []
    for url in urls:
        inquiry, secrets = build_inquiry(Options(url=url, **options))
        session.secrets.extend(secrets)
        endpoints.append(watched(inquiry, secrets))
    _check_endpoints([each.url for each in endpoints])
    return Asked(
        endpoints=tuple(endpoints),
        order=Order(**own),
        hooks=(*posts, *(Command(line, within) for line in commands)),
        metrics=_place(place),
    )


def _place(text: str | None) -> tuple[str, int] | None:
    if text is None:
        return None
    from hangup.openmetrics import parse_place

    return parse_place(text, "--metrics")


def _check_endpoints(urls: list[str]) -> None:
    if not urls:
        raise UsageError("URL: it is missing; write ws://, wss://, http:// or https://")
    if len(set(urls)) < len(urls):
        raise UsageError("URL: one is given twice, but for its credentials")


def _check(own: dict[str, Any]) -> None:
    for option, name, least in (
        ("--every", "every", LEAST_EVERY),
        ("--for", "longest", 0.0),
        ("--hook-timeout", "hook_timeout", LEAST_EVERY),
        ("--certificate-days", "certificate_days", 0.0),
    ):
        value = own[name]
        if value is not None and not least <= value <= MOST_SECONDS:
            raise UsageError(f"{option}: it must be from {least:g} to {MOST_SECONDS:.0f}")
    if not 0 <= own["jitter"] < 0.5 or math.isnan(own["jitter"]):
        raise UsageError("--jitter: it must be from 0 to below 0.5")
    for name in ("confirm", "rounds"):
        if own[name] is not None and own[name] < 1:
            raise UsageError(f"--{name}: it must be at least 1")
    if own["once"] and (own["rounds"] is not None or own["longest"] is not None):
        raise UsageError("--once: it cannot be combined with --rounds or --for")
    if any(not line.strip() or "\0" in line for line in own["commands"]):
        raise UsageError("--command: it is empty")
