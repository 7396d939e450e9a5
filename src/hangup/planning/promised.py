"""Writes a plan from an AsyncAPI document: what it promises is asked for."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hangup.address import parse_url
from hangup.asyncapi.api import Api, Channel, Exchange, Message, Scheme, read_api
from hangup.asyncapi.contract import UnreadableSchemaError, validator_of
from hangup.asyncapi.example import NoExampleError, example_of
from hangup.errors import UsageError
from hangup.planning.draft import Draft, Entry, expect, send
from hangup.planning.references import References, check_readable
from hangup.planning.wish import user_line
from hangup.planning.written import UnwritableError, flow, key_of, quoted

REPLY = 5.0
"""Seconds that a promised reply may take."""
MOST_NAMED = 8
"""Messages that are named where one of many may come."""
NOT_HERE = {
    "X509": "a client certificate",
    "userPassword": "a user and a password, of which the document does not say where they travel",
    "apiKey": "an API key, of which the document does not say where it travels",
}


def promised_plan(path: str, url: str | None, source: str) -> str:
    """Give the text of a plan for what an AsyncAPI document promises; nothing is sent.

    Raises:
        DocumentError: the document is wrong, with its file.
        UsageError: it names no server, and no URL was given.
    """
    api = read_api(path)
    try:
        text = _Writer(api, path, url, source).draft().text()
    except UnreadableSchemaError as exc:
        raise UsageError(f"{path}: {exc}") from None
    except UnwritableError as exc:
        raise UsageError(f"{path}: a text of it cannot stand in a plan: {exc}") from None
    check_readable(text, source, path)
    return text


class _Writer:
    """Writes the plan of one document."""

    def __init__(self, api: Api, path: str, url: str | None, source: str) -> None:
        self._api, self._path, self._url = api, path, url
        self._source = source
        self._draft = Draft()
        self._references = References()

    def draft(self) -> Draft:
        """Give the whole."""
        draft = self._draft
        user = self._user()
        self._place()
        draft.top.append(f"asyncapi: {quoted(os.path.relpath(self._path, self._folder))}")
        several = len(self._api.channels) > 1
        for channel in self._api.channels:
            self._channel(channel, user, several=several)
        draft.head += [
            f"A plan for `hangup test`, written by `hangup init` from {Path(self._path).name}. "
            "Nothing was sent: it says what the document promises. Every message that is heard "
            "in any check must be one that the document lets the server send.",
            *self._references.told(),
        ]
        self._check_foreign()
        return draft

    @property
    def _folder(self) -> Path:
        return Path(self._source).parent

    def _place(self) -> None:
        """Say where the server is: the URL that was given, else the document's own."""
        draft = self._draft
        if self._url is not None:
            parse_url(self._url)
            base = self._url.rstrip("/")
        elif self._api.server:
            base = self._api.server.rstrip("/")
        else:
            raise UsageError(f"{self._path}: it names no server for WebSockets; give the URL")
        for name, value in self._api.variables.items():
            if f"{{{name}}}" in base:
                draft.variables[_variable(name)] = value
        draft.variables["BASE"] = _with_variables(base, self._api.variables)

    def _channel(self, channel: Channel, user: str, *, several: bool) -> None:
        for name, value in channel.parameters.items():
            self._draft.variables.setdefault(_variable(name), value)
        phase = channel.name if several else "messages"
        keys = (*([f"as: {user}"] if user else []), f"endpoint: {self._endpoint(channel)}")
        before = f"{channel.name}: " if several else ""
        note = f" The binding wants the headers {', '.join(channel.headers)}, which a plan cannot "
        entry = Entry(
            f"{before}the channel opens",
            f"The channel {channel.name} takes connections."
            + (f"{note}set, but for a user's token." if channel.headers else ""),
            keys,
        )
        self._draft.add(phase, entry)
        for exchange in channel.exchanges:
            for name, payload in self._payloads(exchange.says):
                self._draft.add(phase, self._entry(channel, exchange, before + name, payload, keys))

    def _endpoint(self, channel: Channel) -> str:
        address = _with_variables(channel.address.strip("/"), channel.parameters)
        base = self._draft.variables["BASE"]
        there = not address or (self._url is not None and channel.path.search(base) is not None)
        path = "${BASE}" if there else f"${{BASE}}/{address}"
        if there and base.count("/") == 2:  # nothing follows the host
            path += "/"
        query = "&".join(
            f"{name}={self._references.query(name, value)}" for name, value in channel.query.items()
        )
        return quoted(path + (f"?{query}" if query else ""), filled=True)

    def _payloads(self, message: Message) -> Iterator[tuple[str, Any]]:
        """Give examples of a message, each with a name: those of the document, else one made."""
        if message.examples:
            for number, example in enumerate(message.examples, start=1):
                yield message.name + (f" {number}" if number > 1 else ""), example
            return
        try:
            yield message.name, example_of(message.schema) if message.schema else {}
        except NoExampleError as exc:
            yield message.name, exc

    def _entry(
        self,
        channel: Channel,
        exchange: Exchange,
        name: str,
        payload: Any,
        keys: tuple[str, ...],
    ) -> Entry:
        replies = exchange.replies or channel.hears
        promised = "the reply is" if exchange.replies else "the server may then send"
        names = ", ".join(each.name for each in replies[:MOST_NAMED]) or "nothing"
        if len(replies) > MOST_NAMED:
            names += f", and {len(replies) - MOST_NAMED} more"
        entry = Entry(name, f"A client may send it; {promised}: {names}.", keys)
        doubt = self._doubt(exchange.says, payload)
        if doubt:
            entry.doubt = doubt
            return entry
        try:
            lines = ["steps:", f"  {send(self._said(exchange.says, payload))}"]
        except UnwritableError as exc:
            entry.doubt = f"the example cannot stand in a plan: {exc}"
            return entry
        if replies:
            lines += [f"  {line}" for line in expect(matcher(replies), REPLY)]
        entry.keys = (*keys, *lines)
        return entry

    def _said(self, message: Message, payload: Any) -> Any:
        """Give what is sent for a payload: JSON that is no mapping or list travels as its text."""
        said = self._references.in_message(payload)
        return said if isinstance(said, dict | list) or not message.is_json else json.dumps(payload)

    def _doubt(self, message: Message, payload: Any) -> str:
        """Say why no example can be sent, nothing when it can be."""
        if isinstance(payload, NoExampleError):
            return f"the document gives no example, and none can be made: {payload}"
        if message.foreign:
            return f"its schema is in {message.foreign}, of which no example can be made"
        problem = next(iter(validator_of(message).iter_errors(payload)), None)
        if problem is not None:
            return f"its example does not keep its own schema: {str(problem.message)[:160]}"
        if not message.is_json and not isinstance(payload, str):
            return f"its content type is {message.content_type}, and its example no text"
        return ""

    def _user(self) -> str:
        """Add the user of the first security scheme that a client can carry, and name it."""
        for scheme in self._api.schemes:
            line = self._line(scheme)
            if line:
                self._draft.users["user"] = [line]
                return "user"
            wanted = NOT_HERE.get(scheme.kind, f"the security scheme {scheme.kind!r}")
            self._draft.head.append(f"The server wants {wanted}: a plan cannot give that.")
        return ""

    def _line(self, scheme: Scheme) -> str:
        if scheme.kind in ("http", "oauth2", "openIdConnect"):
            return user_line("user", f"env: {self._references.named(scheme.label)}")
        if scheme.kind == "basic":
            name = self._references.named(scheme.label, "the whole value, 'Basic ...'")
            return user_line("user", f"env: {name}", ", in: header, name: Authorization")
        if scheme.kind == "httpApiKey" and scheme.place in ("query", "header", "cookie"):
            place = f", in: {scheme.place}, name: {quoted(scheme.name or 'token')}"
            return user_line("user", f"env: {self._references.named(scheme.label)}", place)
        return ""

    def _check_foreign(self) -> None:
        """Leave the contract out where a message's schema cannot be checked, and say so."""
        heard = [message for channel in self._api.channels for message in channel.hears]
        foreign = next((message for message in heard if message.foreign), None)
        for message in heard:
            if not message.foreign:
                validator_of(message)  # a schema that is none is told now
        if foreign is not None:
            self._draft.top[-1] = f"# {self._draft.top[-1]}"
            self._draft.head.append(
                f"Messages that are heard are not validated: the schema of {foreign.name} is in "
                f"{foreign.foreign}."
            )


def matcher(messages: Sequence[Message]) -> str:
    """Give what is expected where one of some messages must come: what tells them from others."""
    told = [_constants(message) for message in messages]
    if len(told) == 1 and told[0]:
        return flow(told[0])
    for key in told[0] if told else ():
        values = [each.get(key) for each in told]
        if all(isinstance(value, str) for value in values):
            choice = "|".join(re.escape(str(value)) for value in dict.fromkeys(values))
            return f"{{{key_of(key)}: {{matches: {quoted(f'^({choice})$')}}}}}"
    return '""'


def _constants(message: Message) -> dict[str, Any]:
    """Give the fields of a message that have one value only, which may not be left out."""
    return _constants_of(message.schema, message.schema.get("definitions", {}), 0)


def _constants_of(schema: Any, definitions: dict[str, Any], depth: int) -> dict[str, Any]:
    if not isinstance(schema, dict) or depth > 16:
        return {}
    if isinstance(schema.get("$ref"), str):
        target = definitions.get(schema["$ref"].rpartition("/")[2])
        return _constants_of(target, definitions, depth + 1)
    found: dict[str, Any] = {}
    for key, each in (schema.get("properties") or {}).items():
        if isinstance(each, dict) and "$ref" in each:
            each = definitions.get(str(each["$ref"]).rpartition("/")[2])
        if not isinstance(each, dict):
            continue
        values = [each["const"]] if "const" in each else each.get("enum", [])
        if len(values) == 1 and isinstance(values[0], str) and "." not in key:
            found[key] = values[0]
    for each in schema.get("allOf", ()):
        found |= _constants_of(each, definitions, depth + 1)
    either = schema.get("oneOf") or schema.get("anyOf") or ()
    branches = [_constants_of(each, definitions, depth + 1) for each in either]
    if branches:
        shared = branches[0].items()
        found |= {k: v for k, v in shared if all(each.get(k) == v for each in branches)}
    return found


def _variable(name: str) -> str:
    return re.sub(r"\W", "_", name)


def _with_variables(text: str, values: dict[str, str]) -> str:
    """Put variables of the plan in place of those of the document."""
    for name in values:
        text = text.replace(f"{{{name}}}", f"${{{_variable(name)}}}")
    return text
