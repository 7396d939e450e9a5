"""One opening handshake as a server gives it: where from, where to, and with which credential."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from typing import Any
from urllib.parse import unquote

from hangup.credentials import secrets_in_headers, secrets_in_target
from hangup.in_band import (
    secrets_in_message,
    secrets_in_subprotocols,
    without_credentials,
    without_subprotocol_secrets,
)
from hangup.redact import REDACTED, Redactor, holds_credential, is_secret_parameter

MOST_TEXT = 500
"""Characters kept of one text."""
MOST_SECRETS, MOST_OFFERED = 64, 32
"""Credentials that are looked for, and subprotocols that are told, of one request.

Who asks may write thousands, and each takes its time in a server that serves others.
"""
MOST_ID = 64
MOST_TRACEPARENT = 55
"""Characters of a traceparent of version 00 (W3C Trace Context, 3.2)."""
_ID = re.compile(rf"[\w.:-]{{1,{MOST_ID}}}")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
# What looks like a credential wherever it stands.
_BARE = re.compile(
    r"eyJ[\w-]{4,}\.[\w-]+(?:\.[\w-]*)?|(?<=[Bb]earer )\S+|(?<=[Bb]asic )[\w+/=-]{6,}"
)
_PAIR = re.compile(r"(?<![^&;=])([^&;=]++)=([^&;]*)")
_NOTHING = Redactor(())


@dataclass(frozen=True)
class Handshake:
    """What a client asked for; header names in lower case, `query` without its question mark."""

    path: str = ""
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    peer: str = ""
    server: str = ""
    said: tuple[str, ...] = ()
    """Secrets that the client's messages held."""

    @cached_property
    def target(self) -> str:
        """The path and query, the values of secret parameters marked, and bounded."""
        query = _PAIR.sub(_without_value, self.query)
        target = f"{self.path}?{query}" if query else self.path
        return self.veiled(target)

    @cached_property
    def credential(self) -> str:
        """Where a credential is and of what kind; empty without one."""
        return next(self._credentials(), "")

    @cached_property
    def credential_hash(self) -> int:
        """A hash by which this process knows the same credential again; 0 without one."""
        return hash(self._secrets) if self._secrets else 0

    @cached_property
    def offered(self) -> tuple[str, ...]:
        """The subprotocols that were offered, without credentials."""
        value = without_subprotocol_secrets(self._header("sec-websocket-protocol"))
        names = (name.strip() for name in value.split(",") if name.strip())
        return tuple(self.veiled(name) for name in islice(names, MOST_OFFERED))

    @cached_property
    def hangup_id(self) -> str:
        """The id that a client gave the connection: in a header, or the query where it has none."""
        found = self._header("x-hangup-id") or self._parameter("hangup-id")
        return found if _ID.fullmatch(found) else ""

    @cached_property
    def traceparent(self) -> str:
        """The trace context, in a header or the query."""
        found = self._header("traceparent") or self._parameter("traceparent")
        return found if _TRACEPARENT.fullmatch(found) else ""

    def veiled(self, text: str, most: int = MOST_TEXT) -> str:
        """Give a text without what is, or by its name looks like, a credential."""
        if not text:
            return ""
        text = self._redactor.text(text[: 4 * most])
        if ":" in text or "=" in text:
            text = without_credentials(text.encode("utf-8", "replace")).decode("utf-8", "replace")
        text = _BARE.sub(REDACTED, text)
        return text if len(text) <= most else f"{text[: most - 1]}…"

    def payload(self, data: bytes) -> bytes:
        """Give a message's bytes so."""
        return without_credentials(self._redactor.raw(data))

    @cached_property
    def _redactor(self) -> Redactor:
        known = self._secrets.union(self.said)
        return Redactor(known) if known else _NOTHING

    @cached_property
    def _secrets(self) -> frozenset[str]:
        protocols = self._header("sec-websocket-protocol")
        found = chain(
            secrets_in_headers(self.headers),
            secrets_in_target(f"?{self.query}"),
            secrets_in_subprotocols(protocols) if protocols else (),
        )
        return frozenset(islice(dict.fromkeys(found), MOST_SECRETS))

    def _credentials(self) -> Iterator[str]:
        for name, value in self.headers:
            if holds_credential(name, value) and name != "cookie" and value:
                scheme = value.split(" ", 1)[0] if " " in value else ""
                known = scheme if re.fullmatch(r"[A-Za-z-]{3,16}", scheme) else ""
                yield f"header {name}" + (f" ({known})" if known else "")
        yield from (
            f"query parameter {unquote(name)}"
            for name, value in _PAIR.findall(self.query)
            if value and is_secret_parameter(unquote(name))
        )
        if any(secrets_in_subprotocols(self._header("sec-websocket-protocol"))):
            yield "subprotocol"
        for crumb in self._header("cookie").split(";"):
            if is_secret_parameter(crumb.partition("=")[0].strip()):
                yield f"cookie {crumb.partition('=')[0].strip()}"
        if self.said:
            yield "message"

    def _header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")

    def _parameter(self, name: str) -> str:
        return next((value for key, value in _PAIR.findall(self.query) if key == name), "")


def handshake_of(scope: Mapping[str, Any], server: str, said: Iterable[str] = ()) -> Handshake:
    """Read a handshake from an ASGI scope (ASGI 3, WebSocket connection scope)."""
    pairs = ((_text(name).lower(), _text(value)) for name, value in scope.get("headers") or ())
    client = scope.get("client")
    return Handshake(
        path=_text(scope.get("path") or ""),
        query=_text(scope.get("query_string") or b""),
        headers=tuple(pairs),
        peer=f"{client[0]}:{client[1]}" if client else "",
        server=server,
        said=tuple(said),
    )


def secrets_said(text: str | bytes) -> tuple[str, ...]:
    """Give the credentials in a message by the names beside them."""
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    return tuple(islice(dict.fromkeys(secrets_in_message(data)), MOST_SECRETS))


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _without_value(match: re.Match[str]) -> str:
    return f"{match[1]}={REDACTED}" if is_secret_parameter(unquote(match[1])) else match[0]
