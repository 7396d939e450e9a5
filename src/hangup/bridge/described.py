"""The protocol of a bridge as an AsyncAPI 3.0 document, for those who read or test it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from hangup.bridge import words
from hangup.bridge.codes import CLOSES
from hangup.bridge.events import BUILT_IN, AgentEvent

CHANNEL = "socket"
REPLIES: dict[type[Struct], tuple[type[Struct], ...]] = {
    words.Login: (words.Welcome, words.Trouble),
    words.Refresh: (words.Refreshed,),
    words.Ack: (),
    words.Resume: (words.Resumed, words.ResumeFailed),
    words.Ping: (words.Pong,),
    words.Pong: (),
}
"""What a client may say to a bridge itself, and what it is told in return."""
TOLD = (words.Welcome, words.Expiring, words.Ping, words.Trouble)
"""What a bridge says unasked, beside events."""
BATCH = "events"
NUMBERS: dict[str, dict[str, Any]] = {
    "seq": {
        "type": "integer",
        "minimum": 1,
        "description": "Its number among the user's events, without gaps.",
    },
    "run": {"type": "string", "description": "The run that it belongs to."},
    "step": {
        "type": "integer",
        "minimum": 1,
        "description": "Its number among the run's events, without gaps.",
    },
    "at": {"type": "number", "description": "When it was published, in seconds since the epoch."},
}
"""What stands beside an event's own fields."""
QUERY: dict[str, dict[str, Any]] = {
    "v": {"type": "string", "enum": ["1"], "description": "The client speaks all of it."},
    "after": {"type": "integer", "minimum": 0, "description": "Go on behind this event."},
    "epoch": {"type": "string", "description": "The epoch to which `after` belongs."},
}
_VALUES = ("const", "default", "enum", "examples")
"""Keywords that hold values and no schemas."""


def asyncapi(
    *,
    app_events: Iterable[type[AgentEvent]] = (),
    messages: Mapping[type[Struct], Collection[type[Struct]]] | None = None,
    url: str = "ws://127.0.0.1:8000/ws",
    title: str = "Events of agents",
    version: str = "1",
) -> dict[str, Any]:
    """Describe what is said on the WebSocket of a bridge, as an AsyncAPI 3.0 document.

    `app_events` are the application's own events. `messages` are what a client may say to the
    application, each with what `Arrived.tell` may answer; `error` need not be named. The document
    holds what `json.dumps` takes, and its schemas keep to draft 7 of JSON Schema.

    Raises:
        TypeError: two types have one tag, or a field is of a type without a JSON Schema.
        ValueError: the URL has no host.
    """
    said = dict(REPLIES)
    for kind, told in (messages or {}).items():
        said[kind] = (*told, words.Trouble)
    events: tuple[type[AgentEvent], ...] = (*BUILT_IN, *app_events)
    unasked: tuple[type[Struct], ...] = (*TOLD, *events)
    answers = (each for told in said.values() for each in told)
    kinds: list[type[Struct]] = list(dict.fromkeys((*said, *answers, *unasked)))
    _check_tags(kinds)
    payloads, schemas = _schemas(kinds, events)
    channel = _ref("channels", CHANNEL)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": title, "version": version, "description": _description()},
        "defaultContentType": "application/json",
        "servers": {"here": _server(url)},
        "channels": {CHANNEL: _channel(url, [*map(_key, kinds), BATCH])},
        "operations": {
            **{f"on_{_key(kind)}": _receive(kind, replies) for kind, replies in said.items()},
            "tell": {
                "action": "send",
                "channel": channel,
                "messages": [_on_channel(name) for name in (*map(_key, unasked), BATCH)],
            },
        },
        "components": {
            "messages": {
                **{_key(kind): _message(kind, payloads[kind]) for kind in kinds},
                BATCH: _batch([payloads[each] for each in events]),
            },
            "schemas": schemas,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _server(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme not in ("ws", "wss") or not parts.hostname:
        raise ValueError(f"{url!r} is no URL as wss://HOST/PATH")
    return {
        "host": parts.netloc.rpartition("@")[2],
        "protocol": parts.scheme,
        "security": [_ref("components", "securitySchemes", "bearer")],
    }


def _channel(url: str, names: Iterable[str]) -> dict[str, Any]:
    query = {"type": "object", "properties": QUERY}
    return {
        "address": urlsplit(url).path or "/",
        "messages": {name: _ref("components", "messages", name) for name in names},
        "bindings": {"ws": {"method": "GET", "query": query, "bindingVersion": "0.1.0"}},
    }


def _receive(kind: type[Struct], replies: Collection[type[Struct]]) -> dict[str, Any]:
    channel = _ref("channels", CHANNEL)
    said = [_on_channel(_key(kind))]
    operation: dict[str, Any] = {"action": "receive", "channel": channel, "messages": said}
    if replies:
        told = [_on_channel(_key(each)) for each in dict.fromkeys(replies)]
        operation["reply"] = {"channel": channel, "messages": told}
    return operation


def _message(kind: type[Struct], payload: dict[str, str]) -> dict[str, Any]:
    summary = (kind.__doc__ or _tag(kind)).strip().partition("\n")[0]
    return {"name": _tag(kind), "summary": summary, "payload": payload}


def _batch(events: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "name": BATCH,
        "summary": "Several events in order, only to clients of `v=1`.",
        "payload": {
            "type": "object",
            "properties": {
                "type": {"enum": [BATCH]},
                "events": {"type": "array", "minItems": 1, "items": {"oneOf": events}},
            },
            "required": ["type", "events"],
        },
    }


def _schemas(
    kinds: Sequence[type[Struct]], events: Collection[type[Struct]]
) -> tuple[dict[type[Struct], dict[str, str]], dict[str, Any]]:
    """Give a reference for each type, and what they refer to."""
    template = "#/components/schemas/{name}"
    found, schemas = msgspec.json.schema_components(kinds, ref_template=template)
    payloads = dict(zip(kinds, found, strict=True))
    schemas = {name: _draft_7(schema) for name, schema in schemas.items()}
    for kind in events:
        name = payloads[kind]["$ref"].rpartition("/")[2]
        schemas[name] = _numbered(schemas[name])
    return payloads, schemas


def _numbered(schema: dict[str, Any]) -> dict[str, Any]:
    """Put the numbers beside an event's own fields, as they stand on the wire."""
    return {
        **schema,
        "properties": {**schema["properties"], **NUMBERS},
        "required": [*schema["required"], *NUMBERS],
    }


def _draft_7(schema: Any) -> Any:
    """Write a schema of 2020-12 in the words of draft 7, in which AsyncAPI's are."""
    if isinstance(schema, list):
        return [_draft_7(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _part(key, value) for key, value in schema.items() if key != "discriminator"}
    if "prefixItems" in found:
        found["additionalItems"] = found.pop("items", True)
        found["items"] = found.pop("prefixItems")
    return found


def _part(key: str, value: Any) -> Any:
    if key in _VALUES:
        return value
    if key == "properties":
        return {name: _draft_7(each) for name, each in value.items()}
    return _draft_7(value)


def _description() -> str:
    closes = "\n".join(f"- {code.code}: {code.means} ({code.then})" for code in CLOSES)
    return (
        "Every message is a text frame with one JSON object. Fields that are not named here are"
        f" to be ignored. How the connection ends, and what a client then does:\n\n{closes}"
    )


def _tag(kind: type[Struct]) -> str:
    return str(kind.__struct_config__.tag)


def _key(kind: type[Struct]) -> str:
    """Give a tag as keys of AsyncAPI are written."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", _tag(kind))


def _check_tags(kinds: Iterable[type[Struct]]) -> None:
    taken = {BATCH: "the bridge"}
    for kind in kinds:
        if not isinstance(kind.__struct_config__.tag, str):
            raise TypeError(f"{kind.__name__} needs a tag, as in `tag='price_changed'`")
        if _key(kind) in taken:
            raise TypeError(f"{kind.__name__} and {taken[_key(kind)]} are both {_key(kind)!r}")
        taken[_key(kind)] = kind.__name__


def _on_channel(name: str) -> dict[str, str]:
    return _ref("channels", CHANNEL, "messages", name)


def _ref(*path: str) -> dict[str, str]:
    steps = (each.replace("~", "~0").replace("/", "~1") for each in path)
    return {"$ref": "#/" + "/".join(steps)}
