"""How one opening request is made: from an endpoint to the exact bytes."""

from __future__ import annotations

import binascii
import os

from msgspec import Struct

from hangup import __version__
from hangup.endpoint import Credential, Endpoint
from hangup.event import HANGUP_ID, CredentialUsed, Header

DEFLATE = "permessage-deflate; client_max_window_bits"


class Opening(Struct, frozen=True, kw_only=True):
    """What an experiment changes in the opening; the defaults are an honest client.

    A `narrow` connection has a small receive buffer: who does not read from it is soon noticed.
    """

    upgrade: bool = True
    compression: bool = True
    protocol: str = "websocket"
    connection: str = "Upgrade"
    extra: tuple[Header, ...] = ()
    omit: tuple[str, ...] = ()
    address: str | None = None
    answer_pings: bool = True
    narrow: bool = False


def new_key() -> str:
    """Give a fresh Sec-WebSocket-Key (RFC 6455, 4.1: 16 random bytes in base64)."""
    return binascii.b2a_base64(os.urandom(16), newline=False).decode()


def new_identity() -> tuple[Header, ...]:
    """Give the headers by which a recorder on the server tells which connection this is.

    The parent of the `traceparent` (W3C Trace Context, 3.2) is the id itself, and the trace is
    marked as sampled, so that the server's own tracing shows the connection.
    """
    id = os.urandom(8).hex()
    traceparent = f"00-{os.urandom(16).hex()}-{id}-01"
    return ("traceparent", traceparent), (HANGUP_ID, id)


def target_of(endpoint: Endpoint) -> str:
    """Give path and query, with the credential when that is where it travels."""
    credential = endpoint.credential
    if not credential or credential.place != "query":
        return endpoint.target
    from urllib.parse import quote  # here: only credentials in the query need it

    joint = "&" if "?" in endpoint.target else "?"
    name = quote(credential.name or "token", safe="")
    return f"{endpoint.target}{joint}{name}={quote(credential.token, safe='')}"


def subprotocols_of(endpoint: Endpoint) -> tuple[str, ...]:
    """Give the offered subprotocols, with the credential when that is where it travels."""
    credential = endpoint.credential
    if not credential or credential.place != "subprotocol":
        return endpoint.subprotocols
    return (*endpoint.subprotocols, f"{credential.name or ''}{credential.token}")


def first_message_of(endpoint: Endpoint) -> str | None:
    """Give the message that carries the credential in-band, None when it travels otherwise."""
    credential = endpoint.credential
    if not credential or credential.place != "message":
        return None
    import json  # here: only credentials that are messages need it

    return json.dumps({credential.name or "token": credential.token})


def credential_used(endpoint: Endpoint, at: float) -> CredentialUsed | None:
    """Tell where the credential travels, and what a JWT says of its own time; never its value."""
    credential = endpoint.credential
    if not credential:
        return None
    head, claims = _jwt_parts(credential.token)
    if claims is None or head is None:
        return CredentialUsed(at=at, place=credential.place, kind="opaque")
    return CredentialUsed(
        at=at,
        place=credential.place,
        kind="jwt",
        algorithm=str(head.get("alg", "")) or None,
        expires=_moment(claims.get("exp")),
        not_before=_moment(claims.get("nbf")),
    )


def _jwt_parts(token: str) -> tuple[dict[str, object] | None, dict[str, object] | None]:
    import base64  # here: only credentials need them
    import json

    parts = token.split(".")
    if len(parts) != 3:
        return None, None
    try:
        head, claims = (
            json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
            for part in parts[:2]
        )
    except (ValueError, RecursionError):
        return None, None
    if not isinstance(head, dict) or not isinstance(claims, dict):
        return None, None
    return head, claims


def _moment(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:  # JSON knows no bound for its integers
        return None


def headers_of(
    endpoint: Endpoint, opening: Opening, key: str, identity: tuple[Header, ...] = ()
) -> tuple[Header, ...]:
    """Give the headers in order; the user's own replace ours of the same name."""
    headers: list[Header] = [("Host", endpoint.authority), ("User-Agent", f"hangup/{__version__}")]
    if opening.upgrade:
        headers += [
            ("Upgrade", opening.protocol),
            ("Connection", opening.connection),
            ("Sec-WebSocket-Key", key),
            ("Sec-WebSocket-Version", "13"),
        ]
        if opening.compression:
            headers.append(("Sec-WebSocket-Extensions", DEFLATE))
        if offered := subprotocols_of(endpoint):
            headers.append(("Sec-WebSocket-Protocol", ", ".join(offered)))
    else:
        headers += [("Accept", "*/*"), ("Connection", "close")]
    if endpoint.origin is not None:
        headers.append(("Origin", endpoint.origin))
    headers += credential_headers(endpoint.credential)
    headers += identity
    own = {name.lower() for name, _ in (*endpoint.headers, *opening.extra)} - {"cookie"}
    headers = [h for h in headers if h[0].lower() not in own]
    omitted = {name.lower() for name in opening.omit}
    return tuple(
        h for h in (*headers, *endpoint.headers, *opening.extra) if h[0].lower() not in omitted
    )


def credential_headers(credential: Credential | None) -> list[Header]:
    """Give the header that carries the credential, when that is where it travels."""
    if credential and credential.place == "header":
        if credential.name:
            return [(credential.name, credential.token)]
        return [("Authorization", f"Bearer {credential.token}")]
    if credential and credential.place == "cookie":
        return [("Cookie", f"{credential.name or 'token'}={credential.token}")]
    return []


def request_bytes(method: str, target: str, headers: tuple[Header, ...]) -> bytes:
    """Write a request without a body."""
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")
