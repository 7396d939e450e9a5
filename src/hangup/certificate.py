"""What a peer's certificate says of itself."""

from __future__ import annotations

from msgspec import Struct


class Certificate(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the peer's certificate says of itself; times are seconds since the epoch.

    `issuer_url` is where the issuer's own certificate can be fetched, which public authorities say.
    """

    subject: str
    issuer: str
    names: tuple[str, ...] = ()
    not_before: float | None = None
    not_after: float | None = None
    self_signed: bool = False
    issuer_url: str = ""
