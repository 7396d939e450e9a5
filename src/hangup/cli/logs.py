"""Finds the incidents in log files."""

from __future__ import annotations

import click

from hangup.cli.app import CONTEXT
from hangup.cli.output import Output
from hangup.errors import UsageError

NOTHING, FOUND = 0, 1
EPILOG = """\b
Exit status: 0 no incident, 1 incidents, 2 wrong usage or a file that cannot be read.
Formats are recognised by themselves, line by line; gzip and zstd are undone."""


@click.command(context_settings=CONTEXT, epilog=EPILOG)
@click.argument("files", nargs=-1, metavar="FILE...")
@click.option("--json", is_flag=True, help="Print the document, and only it.")
@click.option("--no-color", is_flag=True, help="As NO_COLOR does.")
def logs(files: tuple[str, ...], json: bool, no_color: bool) -> int:
    """Find the incidents in the logs FILE... (- is stdin) of servers and proxies.

    Tracebacks of Python, Node and Java are grouped by what went wrong; access lines of WebSockets
    are counted. What a log cannot tell is said, with how to mend that.
    """
    if not files:
        raise UsageError("FILE: it is missing; name a log file, or - for stdin")
    from hangup.cli.logged import Logged, print_document, print_logged  # here: after the checks

    output = Output(as_json=json, color=not no_color)
    found = Logged.read(files)
    (print_document if json else print_logged)(output, found)
    return output.status(FOUND if found.groups else NOTHING)
