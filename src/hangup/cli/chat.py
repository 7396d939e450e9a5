"""The reference agent-chat backend."""

from __future__ import annotations

import logging
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hangup.address import is_loopback
from hangup.cli.app import CONTEXT
from hangup.errors import UsageError

if TYPE_CHECKING:
    from hangup.chat.app import Chat
    from hangup.chat.build import Wanted
    from hangup.chat.faults.fault import Fault
    from hangup.chat.serve import Place

FILE = click.Path(path_type=Path)
DEFAULT_DATA = "hangup-chat"
EPILOG = """\b
The WebSocket is at /ws, the API at /api/threads, and health at /health/live and /health/ready.
SIGTERM lets runs end for 5 s, and tells every client when to come back (1012)."""


@click.command(context_settings=CONTEXT, epilog=EPILOG)
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Where.")
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0 is any."
)
@click.option("--cert", type=FILE, metavar="FILE", help="A certificate chain, PEM: TLS is on.")
@click.option("--key", type=FILE, metavar="FILE", help="The certificate's key, PEM.")
@click.option(
    "--data",
    type=FILE,
    default=Path(DEFAULT_DATA),
    show_default=True,
    metavar="DIR",
    help="Where events and threads are kept.",
)
@click.option("--redis", metavar="URL", help="Keep events in Redis: any number of hosts.")
@click.option("--postgres", metavar="URL", help="Keep threads in PostgreSQL: any number of hosts.")
@click.option("--secret-file", type=FILE, metavar="FILE", help="The shared secret of tokens (HS).")
@click.option(
    "--public-key",
    "public_keys",
    type=FILE,
    multiple=True,
    metavar="FILE",
    help="A key of tokens (RS, PS, ES), PEM; repeatable.",
)
@click.option("--jwks", metavar="URL", help="Where the keys of tokens are fetched.")
@click.option("--issuer", metavar="TEXT", help="The issuer that tokens must have.")
@click.option("--audience", metavar="TEXT", help="The audience that tokens must have.")
@click.option("--cookie", metavar="NAME", help="Take tokens from this cookie as well.")
@click.option("--token-in-query", is_flag=True, help="Take tokens from ?token= as well.")
@click.option(
    "--origin", "origins", multiple=True, metavar="ORIGIN", help="Pages that may; repeatable."
)
@click.option("--development", is_flag=True, help="Sign tokens for whoever asks; loopback only.")
@click.option("--documents", type=FILE, metavar="DIR", help="Documents that the agent searches.")
@click.option("--model-url", metavar="URL", help="Ask a model by OpenAI's protocol, as .../v1.")
@click.option("--model", default="", metavar="NAME", help="The model's name.")
@click.option(
    "--model-key-env", metavar="VARIABLE", help="The environment variable with the model's key."
)
@click.option(
    "--longest",
    default=120.0,
    show_default=True,
    type=click.FloatRange(0.1, 86400),
    metavar="SECONDS",
    help="What one run may take.",
)
@click.option("--build", default="", metavar="ID", help="The build that health tells.")
@click.option("--fault", metavar="NAME", help="Switch a studied fault on; `list` names them.")
@click.option("--recorder", metavar="PATH", help="Record why connections close, for `incidents`.")
def chat(
    host: str,
    port: int,
    cert: Path | None,
    key: Path | None,
    secret_file: Path | None,
    recorder: str | None,
    model_key_env: str | None,
    fault: str | None,
    **asked: Any,
) -> int:
    """Serve a chat with an agent, over a WebSocket that loses nothing.

    Exit status: 130 when it was told to end (Ctrl-C or SIGTERM), 2 wrong usage.
    """
    from hangup.chat.app import Chat
    from hangup.chat.build import Wanted, parts_of
    from hangup.chat.serve import Place

    if fault == "list":
        return _list()
    chosen = _fault(fault)
    place = Place(host=host, port=port, certificate=_text(cert), key=_text(key))
    key_of_model = _variable(model_key_env)
    wanted = Wanted(secret=_secret(secret_file), model_key=key_of_model, **asked)
    _check(place, wanted)
    _remark(wanted)
    chat = Chat(parts_of(wanted), chosen)
    return _serve(chat, place, recorder)


def _serve(chat: Chat, place: Place, recorder: str | None) -> int:
    from hangup.chat.serve import serve

    logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("hangup").setLevel(logging.INFO)
    serve(chat, _recorded(chat.app, recorder), place, _ready)
    return 0


def _recorded(app: Any, recorder: str | None) -> Any:
    if recorder is None:
        return app
    from hangup.cli.record import check_store
    from hangup.recorder import Recorder
    from hangup.store.chosen import sink_of

    check_store(recorder)
    return Recorder(app, sink_of({"HANGUP_RECORD": recorder}))


def _list() -> int:
    from hangup.chat.faults import FAULTS

    for each in FAULTS.values():
        look = f" It shows with {shlex.join(each.look)}." if each.look else ""
        click.echo(f"{each.name:22} {each.story}{look}")
    return 0


def _fault(name: str | None) -> Fault | None:
    from hangup.chat.faults import FAULTS

    if name is None:
        return None
    if name not in FAULTS:
        raise UsageError(f"--fault: there is no {name!r}; there are {', '.join(FAULTS)}")
    return FAULTS[name]


def _check(place: Place, wanted: Wanted) -> None:
    if bool(place.certificate) != bool(place.key):
        raise UsageError("--cert and --key belong together")
    if wanted.development and not is_loopback(place.host):
        raise UsageError("--development: it gives tokens to whoever asks, so only on loopback")
    if wanted.development and (wanted.secret or wanted.public_keys or wanted.jwks):
        raise UsageError("--development: it brings its own key, and no other is taken")


def _remark(wanted: Wanted) -> None:
    if wanted.development:
        click.echo("--development: whoever reaches this port can be any user.", err=True)
    if wanted.token_in_query:
        click.echo("--token-in-query: tokens will stand in the logs of proxies.", err=True)


def _ready(url: str) -> None:
    click.echo(f"hangup chat is at {url}", err=True)


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _secret(path: Path | None) -> bytes | None:
    if path is None:
        return None
    try:
        return path.read_bytes().strip()
    except OSError as error:
        raise UsageError(f"--secret-file: {path}: {error.strerror}") from None


def _variable(name: str | None) -> str:
    if name is None:
        return ""
    if not os.environ.get(name):
        raise UsageError(f"--model-key-env: the variable {name} is not set")
    return os.environ[name]
