"""Reads server code for what will close sockets at run time, before any connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hangup.cli.app import CONTEXT
from hangup.cli.failing import INCONCLUSIVE, complain
from hangup.cli.output import Output, check_writable
from hangup.cli.session import Session
from hangup.errors import UsageError

if TYPE_CHECKING:
    from hangup.preflight.finding import Preflight

NOTHING, FINDINGS = 0, 1
EPILOG = """\b
Exit status: 0 nothing found, 1 findings, 2 nothing to read, 3 nothing found but not all checked.
A line is exempted by `# hangup: ignore[RULE]`, or by `# noqa: CODE` for what ruff finds.
Code is read and never imported."""


@click.command(context_settings=CONTEXT, epilog=EPILOG)
@click.argument("path")
@click.option("--json", is_flag=True, help="Print the document, and only it.")
@click.option("--github", is_flag=True, help="Print annotations, for a workflow of GitHub.")
@click.option("--sarif", metavar="FILE", help="Write the findings as SARIF 2.1.0 too.")
@click.pass_obj
def preflight(session: Session, /, path: str, json: bool, github: bool, sarif: str | None) -> int:
    """Read the server code of PATH, a file or a folder, for what will close sockets.

    Undefined names, illegal closes, sends that cannot work, excepts that hide why: each with its
    line, with what the client would see, and with the fix.
    """
    if json and github:
        raise UsageError("--github: it cannot be combined with --json")
    if sarif is not None:
        check_writable("--sarif", sarif)
    from hangup.preflight.check import preflight as look  # here: it stands after all checks

    found = look(path)
    output = Output(as_json=json)
    with output.printing():
        print(_shown(found, json=json, github=github))
    if found.incomplete and (json or github):
        complain(f"not complete: {found.incomplete}", session.secrets)
    if sarif is not None:
        from hangup.preflight.document import as_sarif  # here: only asked for with --sarif

        output.write("--sarif", [sarif], lambda file: file.write_text(as_sarif(found), "utf-8"))
    return output.status(_status(found))


def _shown(found: Preflight, *, json: bool, github: bool) -> str:
    from hangup.preflight.document import as_github, as_json
    from hangup.preflight.text import as_text

    if json:
        return as_json(found)
    return as_github(found) if github else as_text(found)


def _status(found: Preflight) -> int:
    if found.findings:
        return FINDINGS
    return INCONCLUSIVE if found.incomplete else NOTHING
