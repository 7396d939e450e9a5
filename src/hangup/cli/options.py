"""What the user asked for, as the words of the command line, not yet checked."""

from __future__ import annotations

from msgspec import Struct

from hangup.endpoint import TokenPlace


class Options(Struct, frozen=True, kw_only=True):
    """The options of `hangup diagnose` that shape the inquiry; texts are as they were typed."""

    url: str
    header: tuple[str, ...] = ()
    token: str | None = None
    token_in: TokenPlace = "header"  # noqa: S105 - a place, no password
    token_name: str | None = None
    other_token: str | None = None
    subprotocol: tuple[str, ...] = ()
    origin: str | None = None
    send: tuple[str, ...] = ()
    expect: tuple[str, ...] = ()
    resume: str | None = None
    differently: str | None = None
    scenario: str | None = None
    bypass: str | None = None
    resolve: tuple[str, ...] = ()
    cacert: str | None = None
    cert: str | None = None
    key: str | None = None
    insecure: bool = False
    ipv4: bool = False
    ipv6: bool = False
    proxy: str | None = None
    idle: float | None = None
    read_slowly: float | None = None
    budget: float = 30.0
    max_connections: int = 40
    crowd: int | None = None

    def __repr__(self) -> str:
        return "Options(...)"  # a repr would put the token into tracebacks
