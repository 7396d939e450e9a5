"""Writes a plan from a browser's recording: what was said is said again, and answered alike."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import unquote, urlsplit

from hangup.address import Address, parse_origin, parse_url
from hangup.errors import UsageError
from hangup.in_band import secrets_in_subprotocols
from hangup.planning.draft import Draft, Entry
from hangup.planning.references import References, check_readable
from hangup.planning.replay import Replay
from hangup.planning.wish import user_line
from hangup.planning.written import UnwritableError, quoted, scalar
from hangup.redact import Redactor, holds_credential, is_secret_parameter
from hangup.vantage.har import read_sockets, secrets_in
from hangup.vantage.har_format import Entry as Socket

MOST_SOCKETS = 10
PROTOCOLS = "sec-websocket-protocol"
BASIC_SIZE = 2
"""Cookies from which all of them travel as one header: a user has one credential."""


def recorded_plan(raw: bytes, path: str, url: str | None, source: str) -> str:
    """Give the text of a plan that repeats the WebSockets of a HAR file; nothing is sent.

    Raises:
        UsageError: it is no HAR, holds no WebSocket, or no plan can be written from it.
    """
    sockets = read_sockets(raw, path)
    writer = _Writer(parse_url(url) if url is not None else None)
    try:
        for number, socket in enumerate(sockets[:MOST_SOCKETS], start=1):
            writer.add(socket, number, path)
    except UnwritableError as exc:
        raise UsageError(f"{path}: a text of it cannot stand in a plan: {exc}") from None
    text = writer.draft(len(sockets)).text()
    secrets = [secret for each in sockets for secret in secrets_in(each)]
    if Redactor(secrets).text(text) != text:
        raise UsageError(
            f"{path}: a credential of it would stand in the plan, where it is part of another "
            "text; nothing was written"
        )
    check_readable(text, source, path)
    return text


class _Writer:
    """Writes one check for each WebSocket; the same credential is the same user."""

    def __init__(self, address: Address | None) -> None:
        self._address = address
        self._draft, self._references = Draft(), References()
        self._users: dict[str, str] = {}

    def draft(self, sockets: int) -> Draft:
        """Give the whole."""
        draft = self._draft
        rest = f" The first {MOST_SOCKETS} of its {sockets} WebSockets." * (sockets > MOST_SOCKETS)
        draft.head += [
            "A plan for `hangup test`, written by `hangup init` from a browser's recording. "
            "Nothing was sent: it says again what the page said, and expects messages of the same "
            f"kinds. Ids, times and counts are patterns.{rest}",
            *self._references.told(),
        ]
        return draft

    def add(self, socket: Socket, number: int, path: str) -> None:
        """Add the check of one WebSocket."""
        place = self._place(socket, path)
        user, notes = self._user(socket)
        name = f"conversation {number}"
        replay = Replay(self._references, socket.messages or ())
        keys = [f"as: {user}"] if user else []
        keys += [f"endpoint: {quoted(place)}", *self._offers(socket), *replay.ends(socket)]
        why = f"What the page said on {place.partition('?')[0]}, and what it heard."
        entry = Entry(name, " ".join((why, *notes, *replay.notes)), (*keys, *replay.steps()))
        self._draft.add("recorded", entry)

    def _place(self, socket: Socket, path: str) -> str:
        """Give the URL without its credentials, at the server that was asked for."""
        try:
            split = urlsplit(socket.request.url)
            address = self._address or parse_url(_bare(socket.request.url), path)
        except ValueError:
            raise UsageError(f"{path}: the URL of a WebSocket cannot be read") from None
        pairs = [pair for pair in split.query.split("&") if pair]
        kept = [p for p in pairs if not is_secret_parameter(unquote(p.partition("=")[0]))]
        default = 443 if address.secure else 80
        host = f"[{address.host}]" if ":" in address.host else address.host
        port = "" if address.port == default else f":{address.port}"
        base = f"{'wss' if address.secure else 'ws'}://{host}{port}"
        target = split.path or "/"
        if self._address and self._address.target != "/":
            target = self._address.target.partition("?")[0]
        return base + target + (f"?{'&'.join(kept)}" if kept else "")

    def _offers(self, socket: Socket) -> Iterator[str]:
        for name, value in _headers(socket):
            if name == "origin" and self._address is None:
                yield f"origin: {quoted(parse_origin(value))}"
            if name == PROTOCOLS:
                secrets = set(secrets_in_subprotocols(value))
                offered = [item.strip() for item in value.split(",")]
                plain = [i for i in offered if not any(i.endswith(s) for s in secrets)]
                if plain:
                    yield f"subprotocols: [{', '.join(map(quoted, plain))}]"

    def _user(self, socket: Socket) -> tuple[str, list[str]]:
        """Give the user with the first credential of the request, and what is said of the others.

        A user of a plan has one credential.
        """
        found = list(_credentials(socket))
        if not found:
            return "", []
        label, value, place = found[0]
        name = self._references.of_value(value, label)
        line = f"{{token: {{env: {name}}}{place}}}"
        if line not in self._users:
            self._users[line] = f"user{len(self._users) + 1 if self._users else ''}"
            self._draft.users[self._users[line]] = [
                user_line(self._users[line], f"env: {name}", place)
            ]
        others = ", ".join(each[0] for each in found[1:])
        more = [f"The page also carried {others}: a user of a plan has one credential."]
        return self._users[line], more if others else []


def _credentials(socket: Socket) -> Iterator[tuple[str, str, str]]:
    """Give the credentials of a request: what each is called, its value, where it travels."""
    for pair in urlsplit(socket.request.url).query.split("&"):
        name, _, value = pair.partition("=")
        name = unquote(name)
        if value and is_secret_parameter(name):
            yield name, unquote(value), f", in: query, name: {scalar(name)}"
    for name, value in _headers(socket):
        if name == PROTOCOLS:
            for secret in secrets_in_subprotocols(value):
                item = next(i.strip() for i in value.split(",") if i.strip().endswith(secret))
                prefix = item[: -len(secret)]
                yield "token", secret, ", in: subprotocol" + _named(prefix)
        elif name == "cookie":
            yield from _cookies(value)
        elif holds_credential(name, value) and value:
            scheme, _, token = value.partition(" ")
            if name == "authorization" and scheme.lower() == "bearer" and token.strip():
                yield "token", token.strip(), ""
            else:
                yield name, value, f", in: header, name: {scalar(name.title())}"


def _named(prefix: str) -> str:
    return f", name: {quoted(prefix)}" if prefix else ""


def _cookies(value: str) -> Iterator[tuple[str, str, str]]:
    """Give one cookie as itself, and several as the whole header, which is one credential."""
    crumbs = [crumb.strip().partition("=") for crumb in value.split(";") if "=" in crumb]
    if len(crumbs) >= BASIC_SIZE:
        yield "cookie", value, ", in: header, name: Cookie"
    for name, _, content in crumbs[: len(crumbs) == 1]:
        yield name, content, f", in: cookie, name: {scalar(name)}"


def _headers(socket: Socket) -> Sequence[tuple[str, str]]:
    return [(pair.name.lower(), pair.value) for pair in socket.request.headers]


def _bare(url: str) -> str:
    """Give a URL without user and password."""
    return re.sub(r"^([A-Za-z][\w+.-]*://)[^/?#]*@", r"\1", url).partition("#")[0]
