"""Serves hangup's tools to agents and editors, over the Model Context Protocol."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hangup.cli.app import CONTEXT
from hangup.cli.failing import drop_stdout, reason_of, tell
from hangup.cli.output import LINES
from hangup.errors import UsageError

if TYPE_CHECKING:
    from hangup.mcp_server.grant import Grant

INSTALL = "pip install 'hangup[mcp]'"
EPILOG = """\b
Exit status: 0 when the client has gone, 2 wrong usage, 130 Ctrl-C.
No call can widen what is granted here. Options of a diagnosis are not read from HANGUP_<OPTION>:
the tools take them as arguments."""


@click.command(context_settings=CONTEXT, epilog=EPILOG)
@click.option(
    "--allow",
    type=LINES,
    multiple=True,
    metavar="HOST",
    help="A host that may be dialled beside this machine. Repeatable.",
)
@click.option(
    "--token-env",
    type=LINES,
    multiple=True,
    metavar="NAME",
    help="An environment variable that may be sent as a credential. Repeatable.",
)
@click.option(
    "--root", metavar="FOLDER", help="Where files may be read; by default the working directory."
)
@click.option(
    "--max-budget",
    type=float,
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="The longest that one diagnosis may be asked to take.",
)
@click.option(
    "--max-connections",
    type=int,
    default=40,
    show_default=True,
    metavar="N",
    help="The most connections that one diagnosis may open.",
)
@click.option("--cacert", metavar="FILE", help="Trust these authorities only (PEM).")
@click.option("-k", "--insecure", is_flag=True, help="Do not verify the peer's certificate.")
def mcp(
    allow: tuple[str, ...],
    token_env: tuple[str, ...],
    root: str | None,
    max_budget: float,
    max_connections: int,
    cacert: str | None,
    insecure: bool,
) -> int:
    """Serve diagnose, explain, incidents, logs, preflight and lookup to an agent, on stdio.

    The agent's client starts this. Only this machine is dialled, and hosts named by --allow.
    """
    if not math.isfinite(max_budget) or max_budget <= 0:
        raise UsageError("--max-budget: it must be a number of seconds above 0")
    if max_connections < 1:
        raise UsageError("--max-connections: it must be at least 1")
    if cacert is not None and insecure:
        raise UsageError("--cacert: it has no effect together with --insecure")
    from hangup.mcp_server.grant import Grant  # here: it stands after the checks

    grant = Grant(
        root=_root(root),
        hosts=frozenset(allow),
        tokens=frozenset(token_env),
        max_budget=max_budget,
        max_connections=max_connections,
        cacert=str(_file(cacert)) if cacert is not None else None,
        insecure=insecure,
    )
    _serve(grant)
    return 0


def _root(given: str | None) -> Path | None:
    """Give the folder of all files; a client that starts us in / or at home has not chosen it."""
    if given is None:
        here = Path.cwd().resolve()
        return None if here in (Path("/"), Path.home().resolve()) else here
    try:
        root = Path(given).resolve(strict=True)
    except (OSError, ValueError) as exc:
        raise UsageError(f"--root: {given!r} cannot be read: {reason_of(exc)}") from None
    if not root.is_dir():
        raise UsageError(f"--root: {given!r} is no folder")
    return root


def _file(given: str) -> Path:
    path = Path(given)
    if not path.is_file():
        raise UsageError(f"--cacert: there is no file {given!r}")
    return path.resolve()


def _serve(grant: Grant) -> None:
    try:
        import anyio  # here: only when all is well; the SDK takes half a second to import

        from hangup.mcp_server.server import serve
    except ModuleNotFoundError as exc:
        if (exc.name or "").partition(".")[0] not in ("mcp", "mcp_types"):
            raise
        raise UsageError(f"the protocol needs its SDK; install it: {INSTALL}") from None
    if sys.stdin.isatty():
        tell("hangup: an agent's client is awaited on stdin; it starts this command itself\n")
    interrupted = False
    try:
        anyio.run(serve, grant)
    except* BrokenPipeError:
        drop_stdout()  # the client reads no more: it has gone
    except* anyio.BrokenResourceError:
        interrupted = True  # a message came while a signal ended the SDK's own streams
    if interrupted:
        raise KeyboardInterrupt
