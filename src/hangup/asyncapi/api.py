"""What an AsyncAPI document promises: servers, channels, who sends which message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from hangup.asyncapi.example import NoExampleError, example_of
from hangup.asyncapi.files import Files, Spot
from hangup.asyncapi.schema import standalone

WEBSOCKET = ("ws", "wss", "http", "https")
"""Protocols of servers to which a WebSocket can be opened."""
_JSON_SCHEMA = re.compile(r"application/(vnd\.aai\.asyncapi|schema)\b")
_PLACE = re.compile(r"\{([^{}]+)\}")


class Message(Struct, frozen=True, kw_only=True):
    """A message: its schema stands by itself, `examples` are payloads that the document gives.

    Where the schema is in another language than JSON Schema, `foreign` names it.
    """

    name: str
    schema: dict[str, Any]
    examples: tuple[Any, ...] = ()
    content_type: str = ""
    foreign: str = ""

    @property
    def is_json(self) -> bool:
        """Whether its payload travels as JSON, which it does when nothing is said."""
        return not self.content_type or "json" in self.content_type


class Exchange(Struct, frozen=True):
    """A message that a client may send, and what the document says is the reply, if it does."""

    says: Message
    replies: tuple[Message, ...] = ()


class Channel(Struct, frozen=True, kw_only=True):
    """One channel: its path, what a client may send, what the server may send.

    `query` and `headers` are values for the names that the binding requires.
    """

    name: str
    address: str
    parameters: dict[str, str]
    exchanges: tuple[Exchange, ...]
    hears: tuple[Message, ...]
    query: dict[str, str]
    headers: tuple[str, ...]

    @property
    def path(self) -> re.Pattern[str]:
        """An expression that is found at the end of the paths of this channel."""
        pieces = _PLACE.split(self.address.strip("/"))
        parts = [re.escape(p) if n % 2 == 0 else "[^/]+" for n, p in enumerate(pieces)]
        return re.compile(rf"(?:^|/){''.join(parts)}/?$")


class Scheme(Struct, frozen=True, kw_only=True):
    """How a user is known: `kind` as the document calls it; where the credential travels."""

    label: str
    kind: str
    place: str = "header"
    name: str = ""


class Api(Struct, frozen=True, kw_only=True):
    """The whole document; `server` is the URL of the first server for WebSockets, if any."""

    server: str
    variables: dict[str, str]
    schemes: tuple[Scheme, ...]
    channels: tuple[Channel, ...]

    def channel_at(self, path: str) -> tuple[Channel, ...]:
        """Give the channels of a path: those with the longest address; all where none fits."""
        if len(self.channels) == 1:
            return self.channels
        fitting = [each for each in self.channels if each.path.search(path)]
        longest = max((len(each.address) for each in fitting), default=0)
        return tuple(c for c in fitting if len(c.address) == longest) or self.channels


def read_api(path: str) -> Api:
    """Read an AsyncAPI document, 2.x or 3.x, in YAML or JSON.

    Raises:
        DocumentError: it is none, or refers to what is not there.
    """
    files = Files(path)
    version = str(files.root.value.get("asyncapi", "") if _is_map(files.root) else "")
    if not re.match(r"[23]\.", version):
        said = f"its 'asyncapi' is {version[:20]!r}" if version else "it has no key 'asyncapi'"
        raise files.root.error(f"it is no AsyncAPI document of 2.x or 3.x: {said}")
    return _Reader(files, operations=version.startswith("3")).api()


class _Reader:
    """Reads one document; `operations` says that they stand beside the channels, as in 3.x."""

    def __init__(self, files: Files, *, operations: bool) -> None:
        self._files, self._operations = files, operations
        self._root = files.root
        self._usual_type = files.root.text("defaultContentType")

    def api(self) -> Api:
        """Give the whole."""
        server = self._server()
        channels = tuple(self._channels())
        if not channels:
            raise self._root.error("it has no channel")
        return Api(
            server=_url(server, operations=self._operations) if server else "",
            variables=self._values(self._files.child(server, "variables")) if server else {},
            schemes=tuple(self._schemes(server)) if server else (),
            channels=channels,
        )

    def _server(self) -> Spot | None:
        for each in self._files.children(self._files.child(self._root, "servers")):
            server = self._files.follow(each)
            if server.text("protocol").lower() in WEBSOCKET:
                return server
        return None

    def _schemes(self, server: Spot) -> Iterator[Scheme]:
        for each in self._files.children(self._files.child(server, "security")):
            if self._operations:
                yield _scheme(self._files.follow(each), each)
                continue
            for name in each.value if _is_map(each) else ():
                found = self._files.child(self._root, "components", "securitySchemes", name)
                if found is None:
                    raise each.error(f"there is no security scheme {name!r}")
                yield _scheme(found, found)

    def _channels(self) -> Iterator[Channel]:
        for each in self._files.children(self._files.child(self._root, "channels")):
            channel = self._files.follow(each)
            exchanges, hears = (
                self._by_operations(channel) if self._operations else self._by_verbs(channel)
            )
            binding = self._files.child(channel, "bindings", "ws")
            address = channel.text("address") if self._operations else each.name
            yield Channel(
                name=each.name,
                address=address,
                parameters={
                    name: value
                    for name, value in self._values(
                        self._files.child(channel, "parameters")
                    ).items()
                    if f"{{{name}}}" in address
                },
                exchanges=tuple(exchanges),
                hears=_once(hears),
                query=self._required(binding, "query"),
                headers=tuple(self._required(binding, "headers")),
            )

    def _by_verbs(self, channel: Spot) -> tuple[list[Exchange], list[Message]]:
        """Read 2.x, where `publish` names what clients send, and `subscribe` what they hear."""
        said = [Exchange(each) for each in self._messages(channel, "publish", "message")]
        return said, list(self._messages(channel, "subscribe", "message"))

    def _messages(self, spot: Spot, *keys: str) -> Iterator[Message]:
        found = self._files.child(spot, *keys)
        if found is None:
            return
        listed = self._files.child(found, "oneOf")
        for each in self._files.children(listed) if listed else (found,):
            yield self._message(each)

    def _by_operations(self, channel: Spot) -> tuple[list[Exchange], list[Message]]:
        """Read 3.x, where the server that is described receives what clients send."""
        exchanges: list[Exchange] = []
        hears: list[Message] = []
        for each in self._files.children(self._files.child(self._root, "operations")):
            operation = self._files.follow(each)
            on = self._files.child(operation, "channel")
            if on is None or (on.file, on.pointer) != (channel.file, channel.pointer):
                continue
            messages = self._listed(operation, channel)
            replies = self._replies(operation, channel)
            hears += replies
            if operation.text("action") == "receive":
                exchanges += [Exchange(message, tuple(replies)) for message in messages]
            else:
                hears += messages
        return exchanges, hears or ([] if exchanges else self._all_of(channel))

    def _replies(self, operation: Spot, channel: Spot) -> list[Message]:
        reply = self._files.child(operation, "reply")
        if reply is None:
            return []
        return self._listed(reply, self._files.child(reply, "channel") or channel)

    def _listed(self, spot: Spot, channel: Spot) -> list[Message]:
        """Give the messages that are listed, all of the channel when none are."""
        listed = self._files.child(spot, "messages")
        if listed is None:
            return self._all_of(channel)
        return [self._message(each) for each in self._files.children(listed)]

    def _all_of(self, channel: Spot) -> list[Message]:
        messages = self._files.child(channel, "messages")
        return [self._message(each) for each in self._files.children(messages)]

    def _message(self, spot: Spot) -> Message:
        message = self._files.follow(spot)
        if not _is_map(message):
            raise message.error("a message must be a mapping")
        payload = self._files.child(message, "payload")
        form = message.text("schemaFormat")
        if payload and payload.text("schemaFormat"):
            form = payload.text("schemaFormat")
            payload = self._files.child(payload, "schema")
        foreign = form if form and not _JSON_SCHEMA.match(form) else ""
        return Message(
            name=message.text("name") or message.text("messageId") or message.name,
            schema=standalone(self._files, payload) if payload and not foreign else {},
            examples=tuple(self._examples(message)),
            content_type=message.text("contentType") or self._usual_type,
            foreign=foreign,
        )

    def _examples(self, message: Spot) -> Iterator[Any]:
        for each in self._files.children(self._files.child(message, "examples")):
            example = self._files.follow(each)
            if _is_map(example) and "payload" in example.value:
                found = self._files.child(example, "payload")
                yield found.value if found else None

    def _values(self, spot: Spot | None) -> dict[str, str]:
        """Give a value to each variable of a server, or parameter of a channel."""
        found = {}
        for each in self._files.children(spot):
            variable = self._files.follow(each)
            inner = self._files.child(variable, "schema")
            found[each.name] = _example_text(standalone(self._files, inner or variable))
        return found

    def _required(self, binding: Spot | None, key: str) -> dict[str, str]:
        """Give values for the names that a schema of the WebSocket binding requires."""
        found = self._files.child(binding, key) if binding else None
        if found is None:
            return {}
        schema = standalone(self._files, found)
        definitions = schema["definitions"]
        top = definitions[schema["$ref"].rpartition("/")[2]]
        names = top.get("required", ()) if isinstance(top, dict) else ()
        told = {name: top.get("properties", {}).get(name) for name in names}
        return {
            name: _example_text(
                {**(each if isinstance(each, dict) else {}), **{"definitions": definitions}}
            )
            for name, each in told.items()
        }


def _example_text(schema: dict[str, Any]) -> str:
    try:
        value = example_of({"type": "string", **schema} if "$ref" not in schema else schema)
    except NoExampleError:
        return "example"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _url(server: Spot, *, operations: bool) -> str:
    protocol = server.text("protocol").lower()
    scheme = {"http": "ws", "https": "wss"}.get(protocol, protocol)
    if operations:
        path = server.text("pathname")
        return f"{scheme}://{server.text('host')}{path if path.startswith('/') else f'/{path}'}"
    url = re.sub(r"^[A-Za-z][A-Za-z0-9+.-]*://", "", server.text("url"))
    return f"{scheme}://{url}"


def _scheme(spot: Spot, asked: Spot) -> Scheme:
    kind, name = spot.text("type"), spot.text("name")
    if kind == "http" and spot.text("scheme").lower() == "basic":
        kind = "basic"
    label = spot.name if not spot.name.isdecimal() else asked.name
    place = spot.text("in") if kind == "httpApiKey" else "header"
    return Scheme(label=label, kind=kind, place=place, name=name)


def _once(messages: list[Message]) -> tuple[Message, ...]:
    """Leave out what stands there again, under the same name and with the same schema."""
    found: list[Message] = []
    for message in messages:
        if message not in found:
            found.append(message)
    return tuple(found)


def _is_map(spot: Spot) -> bool:
    return isinstance(spot.value, dict)
