"""Finds the smallest message that still breaks a connection, and what in it does."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from hangup.cli.app import CONTEXT
from hangup.cli.diagnose import as_in_diagnose
from hangup.cli.failing import INCONCLUSIVE, INTERRUPTED, complain, reason_of
from hangup.cli.options import Options
from hangup.cli.order import build_inquiry
from hangup.cli.output import LINES, Output
from hangup.cli.session import Session
from hangup.conversation import Conversation, Send
from hangup.errors import UsageError
from hangup.inquiry import Inquiry

FOUND = 0
MOST_FILE = 16 * 1024 * 1024
EPILOG = """\b
Exit status: 0 found, 2 wrong usage, 3 nothing to shrink, 70 a bug of hangup, 130 Ctrl-C.
With several --send, or a --scenario, the last message is shrunk; the others are said before it."""
SHARED = (
    "header", "token", "token_in", "token_name", "subprotocol", "origin", "scenario", "resolve",
    "cacert", "cert", "key", "insecure", "ipv4", "ipv6", "proxy", "budget", "no_color",
)  # fmt: skip
"""Options of `hangup diagnose` that mean the same here."""


@click.command(context_settings=CONTEXT, epilog=EPILOG)
@click.argument("url")
@click.option(
    "--send",
    type=LINES,
    multiple=True,
    metavar="TEXT",
    help="The message that breaks; those before it are said first. Repeatable.",
)
@click.option(
    "--send-file", metavar="FILE", help="The message from a file; binary when it is not UTF-8."
)
@click.option(
    "--max-connections",
    type=int,
    default=200,
    show_default=True,
    metavar="N",
    help="Connections opened in all, one at a time.",
)
@click.option("--json", is_flag=True, help="Print the document, and only it.")
@click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
@as_in_diagnose(SHARED)
@click.pass_obj
def shrink(
    session: Session,
    /,
    url: str,
    send: tuple[str, ...],
    send_file: str | None,
    json: bool,
    quiet: bool,
    no_color: bool,
    **options: Any,
) -> int:
    """Find the smallest message that still breaks the connection to URL.

    Fields, items, values and characters are left out as long as it ends alike. Each message is
    tried on a connection of its own, one at a time.
    """
    asked, secrets = build_inquiry(Options(url=url, send=send, **options))
    session.secrets.extend(secrets)
    inquiry = _with_message(asked, send_file)
    output = Output(as_json=json, quiet=quiet, color=not no_color)
    from hangup.cli.shrinking import run  # here: it stands after all checks, which need no loop
    from hangup.cli.shrunk import print_shrunk

    done = run(inquiry, quiet=quiet)
    print_shrunk(output, done)
    if done.state.refusal and not done.interrupted:
        complain(done.state.refusal, session.secrets)
        return output.status(INCONCLUSIVE)
    return output.status(INTERRUPTED if done.interrupted else FOUND)


def _with_message(inquiry: Inquiry, path: str | None) -> Inquiry:
    """Add the message of a file, and see to it that there is one to shrink."""
    conversation = inquiry.conversation
    if path is not None:
        conversation = Conversation((*conversation.steps, Send(_read(path))))
    if not conversation.sends:
        raise UsageError("--send: it is missing; give the message that breaks the connection")
    if not conversation.sends[-1].data:
        raise UsageError("--send: the message is empty, and nothing is smaller")
    return msgspec.structs.replace(inquiry, conversation=conversation)


def _read(path: str) -> str | bytes:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - as the other small files are read
            raw = file.read(MOST_FILE + 1)
    except (OSError, ValueError) as exc:
        raise UsageError(f"--send-file: {path!r} cannot be read: {reason_of(exc)}") from None
    if len(raw) > MOST_FILE:
        raise UsageError(f"--send-file: {path!r} is larger than {MOST_FILE // 1024**2} MiB")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw
