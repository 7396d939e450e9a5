"""Turns a call into a command line of hangup, or refuses it before anything is started."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct, field

from hangup.errors import UsageError
from hangup.mcp_server.grant import Grant
from hangup.mcp_server.words import Diagnose, Explain, Incidents, Logs, Preflight

READING = 60.0
"""Seconds that reading files may take."""
SPARE = 15.0
"""Seconds beyond its budget that a diagnosis may take to start, to look at code and to write."""
PASSED = ("token_in", "token_name", "send", "expect", "subprotocol", "origin", "bypass", "idle")
"""Arguments of a diagnosis that are its options, as they are."""

Commands = Diagnose | Explain | Incidents | Logs | Preflight


class Order(Struct, frozen=True, kw_only=True):
    """One run of hangup: its arguments, its environment beside ours, and its longest time.

    `secrets` are credentials that the caller wrote out.
    """

    args: tuple[str, ...]
    seconds: float = READING
    environ: dict[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    dials: bool = False

    def __repr__(self) -> str:
        return "Order(...)"  # a repr would put the token into tracebacks


def order(asked: Commands, grant: Grant) -> Order:
    """Give the run that a call asks for.

    Raises:
        UsageError: it asks for more than the user granted.
    """
    match asked:
        case Diagnose():
            return _diagnose(asked, grant)
        case Explain():
            wanted = [f"--url={asked.url}"] if asked.url is not None else []
            if asked.keylog is not None:
                wanted.append(f"--keylog={grant.path(asked.keylog, 'keylog')}")
            return _reading("explain", wanted, [grant.path(asked.file, "file")])
        case Incidents():
            wanted = [f"--store={grant.path(asked.store, 'store')}"]
            wanted += [f"--since={asked.since}"] if asked.since is not None else []
            return _reading("incidents", wanted, [asked.id] if asked.id else [])
        case Logs():
            return _reading("logs", [], [grant.path(each, "files") for each in asked.files])
        case Preflight():
            return _reading("preflight", [], [grant.path(asked.path, "path")])


def _reading(command: str, options: Sequence[str], names: Sequence[str]) -> Order:
    return Order(args=(command, "--json", *options, "--", *names))


def _diagnose(asked: Diagnose, grant: Grant) -> Order:
    grant.check_url(asked.url, "url")
    if asked.bypass is not None:
        grant.check_url(asked.bypass, "bypass")
    budget = grant.budget(asked.budget)
    options = [
        f"--budget={budget:g}",
        f"--max-connections={grant.connections(asked.max_connections)}",
        *_passed(asked),
        *_trust(asked, grant),
        *_beside(asked, grant),
    ]
    environ, secrets = _credentials(asked, grant)
    return Order(
        args=("diagnose", "--json", *options, "--", asked.url),
        seconds=budget + SPARE,
        environ=environ,
        secrets=secrets,
        dials=True,
    )


def _passed(asked: Diagnose) -> Iterator[str]:
    for name in PASSED:
        value = getattr(asked, name)
        values = value if isinstance(value, tuple) else () if value is None else (value,)
        yield from (f"--{name.replace('_', '-')}={each}" for each in values)


def _trust(asked: Diagnose, grant: Grant) -> Iterator[str]:
    """Give what the user said of certificates, which has no meaning without TLS."""
    if any(url and url.lower().startswith(("wss", "https")) for url in (asked.url, asked.bypass)):
        if grant.cacert is not None:
            yield f"--cacert={grant.cacert}"
        if grant.insecure:
            yield "--insecure"


def _beside(asked: Diagnose, grant: Grant) -> Iterator[str]:
    if asked.code is not None:
        yield f"--code={grant.path(asked.code, 'code')}"
    if asked.recorder is not None:
        yield f"--recorder={grant.path(asked.recorder, 'recorder')}"
    yield from (f"--logs={grant.path(each, 'logs')}" for each in asked.logs)


def _credentials(asked: Diagnose, grant: Grant) -> tuple[dict[str, str], tuple[str, ...]]:
    """Give the variables of what may be secret: every user can read a command line."""
    environ: dict[str, str] = {}
    for name, text in (("token", asked.token), ("other_token", asked.other_token)):
        if text is not None:
            environ[f"HANGUP_{name.upper()}"] = grant.token(text, name)
    secrets = tuple(text for text in environ.values() if not text.startswith("env:"))
    if any(not text for text in environ.values()):
        raise UsageError("token: it is empty; write env:NAME")
    if asked.header:
        environ["HANGUP_HEADER"] = "\n".join(asked.header)
    return environ, secrets
