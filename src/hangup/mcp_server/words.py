"""What an agent may ask of each tool, as types from which its JSON Schema is made too."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from hangup.endpoint import TokenPlace
from hangup.errors import UsageError

Seconds = Annotated[float, Meta(gt=0)]
Path = Annotated[str, Meta(min_length=1, max_length=4096)]
Short = Annotated[str, Meta(max_length=2048)]
Text = Annotated[str, Meta(max_length=32 * 1024)]
Line = Annotated[str, Meta(max_length=4096, pattern=r"^[^\x00-\x1f@][^\x00-\x1f]*$")]
"""It begins with no @, which would name a file, and ends no line."""


class Diagnose(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Say who hung up a WebSocket, in which layer, and why, by dialling it with one thing changed.

    Up to 40 short connections, seconds to half a minute. With `code`, `logs` or `recorder` the
    answer also names the line, traceback or exception on the server.
    """

    url: Annotated[Short, Meta(description="ws, wss, http or https. Allowed hosts only.")]
    token: Annotated[
        Short | None,
        Meta(description="The credential, as env:NAME of an environment variable of the server."),
    ] = None
    token_in: Annotated[TokenPlace, Meta(description="Where the credential travels.")] = "header"  # noqa: S105 - a place, no password
    token_name: Annotated[
        Short | None, Meta(description="Its query parameter, cookie, JSON field or header.")
    ] = None
    other_token: Annotated[
        Short | None, Meta(description="A second user's credential, as env:NAME.")
    ] = None
    send: Annotated[
        tuple[Text, ...],
        Meta(max_length=16, description="Messages to send, in order, as an honest user would."),
    ] = ()
    expect: Annotated[
        tuple[Short, ...],
        Meta(max_length=16, description="Regular expressions of the replies that must come."),
    ] = ()
    subprotocol: Annotated[tuple[Short, ...], Meta(max_length=16, description="Offered.")] = ()
    origin: Annotated[Short | None, Meta(description="The Origin that a browser sends.")] = None
    header: Annotated[
        tuple[Line, ...], Meta(max_length=32, description="'Name: value', without credentials.")
    ] = ()
    bypass: Annotated[
        Short | None, Meta(description="The URL of the application without its proxy.")
    ] = None
    idle: Annotated[
        Seconds | None,
        Meta(description="Seconds to watch a silent connection, for idle timeouts."),
    ] = None
    budget: Annotated[Seconds | None, Meta(description="Seconds; the run ends by then.")] = None
    max_connections: Annotated[
        Annotated[int, Meta(ge=1)] | None, Meta(description="Connections opened in all.")
    ] = None
    code: Annotated[Path | None, Meta(description="The server's Python code: file or folder.")] = (
        None
    )
    logs: Annotated[
        tuple[Path, ...], Meta(max_length=8, description="Logs that the server writes meanwhile.")
    ] = ()
    recorder: Annotated[
        Path | None, Meta(description="The store of `hangup record`, such as hangup.db.")
    ] = None


class Explain(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Judge a recording without dialling: a browser's HAR, captured packets, or saved traces."""

    file: Annotated[Path, Meta(description="The recording.")]
    url: Annotated[Short | None, Meta(description="Only WebSockets whose URL contains this.")] = (
        None
    )
    keylog: Annotated[
        Path | None, Meta(description="The secrets of TLS in a capture, as SSLKEYLOGFILE has them.")
    ] = None


class Incidents(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Show what the recorder caught inside a server: exceptions behind closes, most frequent first.

    With `id` one incident in full, with the timeline of a connection that it befell.
    """

    store: Annotated[Path, Meta(description="The store of `hangup record`.")] = "hangup.db"
    id: Annotated[str, Meta(max_length=64, pattern=r"^[0-9A-Za-z_.-]*$")] = ""
    since: Annotated[
        Annotated[str, Meta(max_length=16)] | None,
        Meta(description="Only the last 90s, 15m, 1h, 7d."),
    ] = None


class Logs(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Find incidents in logs of servers and proxies: tracebacks grouped, upgrades counted."""

    files: Annotated[tuple[Path, ...], Meta(min_length=1, max_length=32, description="The logs.")]


class Preflight(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Read Python server code, never importing it, for what will close WebSockets at run time."""

    path: Annotated[Path, Meta(description="A file or folder.")] = "."


class Lookup(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Look up what causes are known for a close code, a status, a cause, or a rule of preflight.

    Such as `1011`, `403`, `session.masked-exception`, `ws-reserved-close-code`, or words.
    """

    what: Annotated[str, Meta(min_length=1, max_length=200)]


Arguments = Diagnose | Explain | Incidents | Logs | Preflight | Lookup
TOOLS: dict[str, type[Arguments]] = {
    "diagnose": Diagnose,
    "explain": Explain,
    "incidents": Incidents,
    "logs": Logs,
    "preflight": Preflight,
    "lookup": Lookup,
}
"""Each tool's name is that of the command which it calls, but for the last."""


def parse(name: str, arguments: object) -> Arguments:
    """Give the arguments of a call.

    Raises:
        UsageError: there is no such tool, or they are not what it takes; no value is quoted that
            was given as text.
    """
    kind = TOOLS.get(name)
    if kind is None:
        raise UsageError(f"there is no such tool; the tools are {', '.join(TOOLS)}")
    try:
        return msgspec.convert(arguments, kind)
    except msgspec.ValidationError as exc:
        raise UsageError(f"{name}: {_unquoted(str(exc))}") from None


def input_schema(name: str) -> dict[str, Any]:
    """Give the JSON Schema of a tool's arguments, an object without references."""
    kind = TOOLS[name]
    _, parts = msgspec.json.schema_components([kind])
    schema: dict[str, Any] = parts[kind.__name__]
    return {key: value for key, value in schema.items() if key not in ("title", "description")}


def purpose(name: str) -> str:
    """Give what a tool is for, as one paragraph."""
    return " ".join((TOOLS[name].__doc__ or "").split())


def _unquoted(problem: str) -> str:
    """Leave out what the caller wrote: a credential may stand in the wrong place."""
    if "enum" in problem:
        return "token_in: there is no such place"
    return problem[:1].lower() + problem[1:]
