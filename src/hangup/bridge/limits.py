"""The bounds of a bridge, each with the deadline or the size that is right for most."""

from __future__ import annotations

from msgspec import Struct


class Limits(Struct, frozen=True, kw_only=True):
    """Seconds, bytes and counts within which a bridge works.

    `heartbeat` is how often a client hears something; twice that without a word of it ends the
    connection. A client that does not speak the whole protocol may be silent for `silence`.
    `messages` a second, and `burst` at once, are taken of one client.
    """

    heartbeat: float = 15.0
    silence: float = 3600.0
    login: float = 5.0
    authenticating: float = 10.0
    sending: float = 10.0
    closing: float = 2.0
    handling: float = 30.0
    expiry_warning: float = 60.0
    message_bytes: int = 64 * 1024
    login_bytes: int = 16 * 1024
    messages: float = 50.0
    burst: int = 200
    waiting: int = 32
    bad_in_a_row: int = 10
    batch: int = 64
    sessions: int = 20_000
    sessions_of_user: int = 20
    runs_of_user: int = 8
    lease: float = 15.0
    publishing: float = 30.0
    retry_after: float = 1.0
