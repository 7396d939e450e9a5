"""Writes a first plan: from a look at an endpoint, from what is documented, or from a recording."""

from __future__ import annotations

import math
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hangup.address import parse_origin, parse_url
from hangup.cli.app import CONTEXT
from hangup.cli.diagnose import as_in_diagnose
from hangup.cli.failing import reason_of
from hangup.cli.fields import parse_subprotocols
from hangup.cli.output import LINES, Output
from hangup.cli.session import Session
from hangup.cli.watchdog import GRACE, Stalled, Watchdog
from hangup.errors import HangupError, UsageError
from hangup.pattern import pattern_problem

if TYPE_CHECKING:
    from typing import Any

    from hangup.address import Address
    from hangup.planning.wish import Wish

EPILOG = """\b
Exit status: 0 written, 2 wrong usage, 3 nothing to plan with, 70 a bug of hangup, 130 Ctrl-C.
The plan holds no secrets: credentials are named by variables of the environment."""
SHARED = ("token_in", "token_name", "subprotocol", "origin", "cacert", "insecure")
"""Options of `hangup diagnose` that mean the same here."""
STDOUT = "plan.yaml"
"""What a plan is called in messages while it has no file."""


@click.command(context_settings=CONTEXT, epilog=EPILOG)
@click.argument("url", required=False)
@click.option("-o", "--output", metavar="FILE", help="Write the plan there, not to stdout.")
@click.option("--force", is_flag=True, help="Replace the file where it exists.")
@click.option("--asyncapi", metavar="FILE", help="Derive it from an AsyncAPI document, 2.x or 3.x.")
@click.option("--har", metavar="FILE", help="Derive it from a browser's recording (HAR).")
@click.option("--ready", is_flag=True, help="Write the critical checks of a chat backend.")
@click.option(
    "--token-env", metavar="NAME", help="The variable of the environment with the credential."
)
@click.option(
    "--send", type=LINES, multiple=True, metavar="TEXT", help="A message to send. Repeatable."
)
@click.option("--expect", type=LINES, multiple=True, metavar="REGEX", help="Its reply. Repeatable.")
@click.option(
    "--try-message",
    is_flag=True,
    help="Try a ping, a message that is no JSON, and a large one; they may change something.",
)
@click.option("--env-less", is_flag=True, help="Write the URL plainly, without a variable.")
@click.option(
    "--budget",
    type=float,
    default=20.0,
    show_default=True,
    metavar="SECONDS",
    help="The look at the endpoint ends by then.",
)
@as_in_diagnose(SHARED)
@click.pass_obj
def init(
    session: Session,
    /,
    url: str | None,
    output: str | None,
    force: bool,
    asyncapi: str | None,
    har: str | None,
    ready: bool,
    **options: Any,
) -> int:
    """Write a first plan for `hangup test`, which passes as written against URL.

    With --asyncapi, --har or --ready nothing is sent: the plan says what should be, and URL, where
    it is given, takes the place of the server's.
    """
    sources = [name for name, given in _sources(asyncapi, har, ready).items() if given]
    if len(sources) > 1:
        raise UsageError(f"{sources[1]}: it cannot be combined with {sources[0]}")
    _check_idle(sources[0] if sources else "", options)
    if output is not None:
        _check_target(output, force=force)
    source = output or STDOUT
    if asyncapi is not None:
        text = _from_asyncapi(session, asyncapi, url, source)
    elif har is not None:
        text = _from_har(session, har, url, source)
    else:
        wish = _wish(session, url, source, ready=ready, **options)
        text = _ready(wish) if ready else _looked(wish)
    return _write(text, output, force=force)


def _sources(asyncapi: str | None, har: str | None, ready: bool) -> dict[str, bool]:
    return {"--asyncapi": asyncapi is not None, "--har": har is not None, "--ready": ready}


def _check_idle(source: str, options: dict[str, Any]) -> None:
    """Refuse options that have no effect beside a source that says it all itself."""
    if not source:
        return
    told = (*SHARED, "token_env") if source == "--ready" else ()
    never = ("subprotocol", "origin")
    for name, value in options.items():
        idle = name not in told or name in never
        if idle and value not in (None, False, (), "header") and name != "budget":
            raise UsageError(f"--{name.replace('_', '-')}: it has no effect together with {source}")


def _check_target(path: str, *, force: bool) -> None:
    """Refuse a file that could not be written, before anything is sent."""
    if os.path.lexists(path) and not force:
        raise UsageError(f"--output: {path!r} exists; --force replaces it")
    folder = Path(path).parent
    if Path(path).is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        raise UsageError(f"--output: {path!r} cannot be written")


def _write(text: str, path: str | None, *, force: bool) -> int:
    out = Output()
    if path is None:
        with out.printing():
            print(text, end="")
        return out.status(0)
    try:
        with Path(path).open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except OSError as exc:
        raise UsageError(f"--output: {path!r} cannot be written: {reason_of(exc)}") from None
    out.remark(f"wrote {path}; run it: hangup test {path}")
    return 0


def _wish(session: Session, url: str | None, source: str, **options: Any) -> Wish:
    from hangup.planning.wish import Wish  # here: it stands after the options are parsed

    address = _address(session, url)
    budget = options["budget"]
    if not math.isfinite(budget) or budget <= 0:
        raise UsageError("--budget: it must be a number of seconds above 0")
    origin = options["origin"]
    return Wish(
        address=address,
        source=source,
        token_env=_token_env(session, **options),
        token_in=options["token_in"],
        token_name=options["token_name"] or "",
        subprotocols=parse_subprotocols(options["subprotocol"]),
        origin=parse_origin(origin) if origin is not None else "",
        cacert=_cacert(address, source, **options),
        insecure=options["insecure"],
        sends=_sends(options["send"]),
        expects=_expects(options["expect"]),
        try_message=options["try_message"],
        plain=options["env_less"],
        budget=budget,
    )


def _address(session: Session, url: str | None) -> Address:
    from hangup.credentials import secrets_in_target

    if url is None:
        raise UsageError("URL: it is missing; write ws://, wss://, http:// or https://")
    address = parse_url(url)
    if address.userinfo:
        session.secrets.extend(address.userinfo)
        raise UsageError("URL: it holds a password, and a plan holds no secrets; use --token-env")
    if secrets := list(secrets_in_target(address.target)):
        session.secrets.extend(secrets)
        raise UsageError(
            "URL: its query holds a credential, and a plan holds no secrets; leave it out and use "
            "--token-env NAME --token-in query --token-name PARAMETER"
        )
    return address


def _token_env(session: Session, **options: Any) -> str:
    from hangup.cli.fields import make_credential, read_secret

    name: str | None = options["token_env"]
    if name is None:
        for option in ("token_name", "token_in"):
            if options[option] not in (None, "header"):
                raise UsageError(f"--{option.replace('_', '-')}: it needs --token-env")
        return ""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise UsageError("--token-env: it takes the name of a variable, not the credential itself")
    if options["ready"]:
        return name
    token = read_secret(f"env:{name}", "--token-env")
    session.secrets.append(token)
    make_credential(token, options["token_in"], options["token_name"], "--token-env")
    return name


def _cacert(address: Address, source: str, **options: Any) -> str:
    """Give the path of the authorities as seen from the plan."""
    path: str | None = options["cacert"]
    if path is None:
        return ""
    if not address.secure:
        raise UsageError("--cacert: it has no effect on ws://, which has no TLS")
    if options["insecure"]:
        raise UsageError("--cacert: it has no effect together with --insecure")
    if not os.access(path, os.R_OK):
        raise UsageError(f"--cacert: {path!r} cannot be read")
    return os.path.relpath(path, Path(source).parent)


def _sends(texts: tuple[str, ...]) -> tuple[str, ...]:
    from hangup.conversation import converse
    from hangup.in_band import secrets_said

    for text in texts:
        if re.search(r"%\{\s*[A-Za-z_][\w-]*\s*\}", text):
            raise UsageError("--send: '%{...}' stands for a kept value in a plan")
        try:
            text.encode("utf-8")
        except UnicodeError:
            raise UsageError("--send: it is not UTF-8") from None
    if list(secrets_said(converse(texts, ()))):
        raise UsageError(
            "--send: it holds a credential, and a plan holds no secrets; use --token-env NAME "
            "--token-in message, or write that message into the plan yourself with ${env:NAME}"
        )
    return texts


def _expects(patterns: tuple[str, ...]) -> tuple[str, ...]:
    for number, pattern in enumerate(patterns, start=1):
        if problem := pattern_problem(pattern):
            raise UsageError(f"--expect: number {number} is no regular expression: {problem}")
    return patterns


def _looked(wish: Wish) -> str:
    from hangup.planning.probing import first_plan  # here: asyncio is slow to import

    try:
        with Watchdog(wish.budget + GRACE):
            return first_plan(wish)
    except Stalled:
        raise HangupError("the look at the endpoint did not end within its budget") from None


def _ready(wish: Wish) -> str:
    from hangup.planning.ready import ready_plan

    return ready_plan(wish)


def _from_asyncapi(session: Session, path: str, url: str | None, source: str) -> str:
    from hangup.planning.promised import promised_plan

    _check_place(session, url)
    return promised_plan(path, url, source)


def _check_place(session: Session, url: str | None) -> None:
    """Refuse a URL that says more than where the server is."""
    if url is not None and _address(session, url).target.partition("?")[2]:
        raise UsageError("URL: its query is not taken: what was described or recorded has its own")


def _from_har(session: Session, path: str, url: str | None, source: str) -> str:
    from hangup.cli.reading import read_bounded
    from hangup.planning.recorded import recorded_plan

    _check_place(session, url)
    return recorded_plan(read_bounded(path), path, url, source)
