"""Where to connect and as whom: the endpoint of a diagnosis, as values."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct

TokenPlace = Literal["header", "query", "subprotocol", "cookie", "message"]


class Tls(Struct, frozen=True, kw_only=True):
    """How TLS is done; paths are files that were read once and found good."""

    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    verify: bool = True
    alpn: tuple[str, ...] = ("http/1.1",)


class Credential(Struct, frozen=True, kw_only=True):
    """A secret and where it travels; `name` is a parameter, cookie or JSON field, or a prefix."""

    token: str
    place: TokenPlace = "header"
    name: str | None = None

    def __repr__(self) -> str:
        return f"Credential(place={self.place!r}, name={self.name!r})"


class Endpoint(Struct, frozen=True, kw_only=True):
    """One WebSocket endpoint and how an honest client reaches it.

    `target` is path and query as sent; `overrides` maps (host, port) to an address;
    `http_proxy` is (host, port, authorization or None) of a CONNECT proxy.
    """

    secure: bool
    host: str
    port: int
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    credential: Credential | None = None
    other_credential: Credential | None = None
    subprotocols: tuple[str, ...] = ()
    origin: str | None = None
    tls: Tls = Tls()
    family: Literal["any", "ipv4", "ipv6"] = "any"
    overrides: tuple[tuple[str, int, str], ...] = ()
    http_proxy: tuple[str, int, str | None] | None = None

    @property
    def authority(self) -> str:
        """The Host header: the default port of the scheme is left out (RFC 6455, 4.1)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The URL as a client would write it, credential not added."""
        return f"{'wss' if self.secure else 'ws'}://{self.authority}{self.target}"

    def with_(self, **changes: object) -> Endpoint:
        """Give a copy with some fields changed."""
        return msgspec.structs.replace(self, **changes)
