"""Runs a server's command with the recorder switched on."""

from __future__ import annotations

import os
import sqlite3
import sys

import click

from hangup.cli.app import CONTEXT
from hangup.cli.failing import complain, reason_of
from hangup.errors import UsageError

DEFAULT_STORE = "hangup.db"
NOT_EXECUTABLE = 126
EPILOG = """\b
The exit status is that of COMMAND, which takes the place of this process: signals reach it as if
it had been started without hangup. 2 wrong usage.
Known servers: uvicorn, hypercorn, daphne, granian, and gunicorn with uvicorn's workers."""


@click.command(
    context_settings={**CONTEXT, "allow_interspersed_args": False},
    epilog=EPILOG,
)
@click.option(
    "--store",
    default=DEFAULT_STORE,
    show_default=True,
    metavar="PATH",
    help="Where to record; 'stderr' is JSON lines, 'otel' OpenTelemetry spans.",
)
@click.option(
    "--annotate",
    is_flag=True,
    help="An unhandled exception closes 1011 with incident=ID as its reason.",
)
@click.option(
    "--max-size", default="64M", show_default=True, metavar="SIZE", help="The store's; 1M at least."
)
@click.option(
    "--max-age",
    default="14d",
    show_default=True,
    metavar="DURATION",
    help="What is older goes, such as 12h or 7d.",
)
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="-- COMMAND")
def record(
    store: str, annotate: bool, max_size: str, max_age: str, command: tuple[str, ...]
) -> int:
    """Run the ASGI server of COMMAND and record why its WebSockets close; its code is not touched.

    `hangup incidents` shows what was caught.
    """
    from hangup.attach.command import program_of, recorded_environment
    from hangup.store.chosen import parse_duration, parse_size

    if not command:
        raise UsageError("COMMAND: it is missing; write it after --, as in -- uvicorn app:app")
    parse_size(max_size, "--max-size")
    parse_duration(max_age, "--max-age")
    check_store(store)
    program = program_of(command)
    environ = recorded_environment(
        os.environ, store=store, annotate=annotate, max_size=max_size, max_age=max_age
    )
    return _become(program, command, environ)


def check_store(store: str) -> None:
    """Refuse a store that could not be written, before anything is started.

    Raises:
        UsageError: with what is wrong.
    """
    from hangup.store.database import NotAStoreError, connect

    if store == "otel":
        _check_otel()
    if store in ("stderr", "otel"):
        return
    if not store:
        raise UsageError("--store: it is empty")
    try:
        connect(store).close()
    except (sqlite3.Error, NotAStoreError, ValueError) as exc:
        raise UsageError(f"--store: {store!r} cannot be written: {exc}") from None
    except OSError as exc:
        raise UsageError(f"--store: {store!r} cannot be written: {reason_of(exc)}") from None


def _check_otel() -> None:
    from hangup.store.spans import OpenTelemetryMissingError, Spans

    try:
        Spans()
    except OpenTelemetryMissingError as exc:
        raise UsageError(f"--store: {exc}") from None


def _become(program: str, command: tuple[str, ...], environ: dict[str, str]) -> int:
    sys.stdout.flush()
    try:
        os.execve(program, list(command), environ)  # noqa: S606 - what the user asked to be run
    except OSError as exc:
        complain(f"COMMAND: {command[0]!r} cannot be run: {reason_of(exc)}", ())
        return NOT_EXECUTABLE
