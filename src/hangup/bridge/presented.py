"""Who wants to connect: the credential that a handshake carries, and what became of it."""

from __future__ import annotations

import re
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct

from hangup.bridge.words import SUBPROTOCOL

Scope = MutableMapping[str, Any]
Source = Literal["header", "subprotocol", "cookie", "query", "message", "none"]
REASONS = (
    "missing",
    "malformed",
    "expired",
    "signature",
    "issuer",
    "audience",
    "revoked",
    "refused",
    "other-user",
)
"""What a client is told of a refusal; the detail is for the log."""
TOKEN_PREFIX, ENCODED_PREFIX = "jwt.", "jwt64."
"""What stands before a token among the subprotocols, and before one in base64url."""
MOST_FIELDS = 50
"""Parameters of a URL that are read; in one with more, none is."""
_TOKEN = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)


class RefusedError(Exception):
    """The credential does not let its bearer in.

    `reason` is one of `REASONS`, which the client hears; `detail` goes to the log alone.
    `forbidden` says that the user is known, so that another credential would not help.
    """

    def __init__(self, reason: str, detail: str = "", *, forbidden: bool = False) -> None:
        if reason not in REASONS:
            raise ValueError(
                f"{reason!r} is no reason for a refusal; there are {', '.join(REASONS)}"
            )
        self.reason, self.detail, self.forbidden = reason, detail, forbidden
        super().__init__(reason)


class Identity(Struct, frozen=True):
    """Whom a credential belongs to; `expires` is in seconds since the epoch, None for never."""

    user: str
    expires: float | None = None


class Presented(Struct, frozen=True):
    """A credential, and where it was found. Neither `repr` nor a log shows the token."""

    token: str
    source: Source
    headers: Mapping[str, str]
    path: str

    def __repr__(self) -> str:
        return f"Presented(source={self.source!r}, path={self.path!r})"


Authenticate = Callable[[Presented], Awaitable[Identity]]
"""Says whose credential it is, or raises `RefusedError`."""


class Handshake(Struct, frozen=True):
    """What an opening request says."""

    headers: Mapping[str, str]
    query: Mapping[str, str]
    subprotocols: tuple[str, ...]
    path: str

    @property
    def chosen(self) -> str | None:
        """The subprotocol to answer with."""
        return SUBPROTOCOL if SUBPROTOCOL in self.subprotocols else None


def handshake(scope: Scope) -> Handshake:
    """Read the opening request from an ASGI scope."""
    headers = {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
    }
    query = _query(scope.get("query_string", b"").decode("latin-1"))
    offered = tuple(scope.get("subprotocols") or ())
    return Handshake(headers, query, offered, scope.get("path", ""))


def _query(text: str) -> dict[str, str]:
    try:
        fields = parse_qs(text, max_num_fields=MOST_FIELDS)
    except ValueError:  # nobody who speaks this protocol sends so many
        return {}
    return {name: values[-1] for name, values in fields.items()}


def presented(opening: Handshake, *, cookie: str | None, query: bool) -> Presented:
    """Find the credential.

    `cookie` is the name of the one that may hold it, `query` says whether a URL may. A token in
    a URL that may not is not read at all, and one in a subprotocol that cannot be read is empty.
    """
    token, source = _found(opening, cookie, query)
    return Presented(token, source, opening.headers, opening.path)


def subprotocol_of(token: str) -> str:
    """Give the subprotocol that carries a token.

    A subprotocol is a token as RFC 9110 has it (5.6.2), which holds no `=` and no `/`: a
    credential with such characters is encoded.
    """
    if _TOKEN.fullmatch(token):
        return TOKEN_PREFIX + token
    return ENCODED_PREFIX + urlsafe_b64encode(token.encode()).decode().rstrip("=")


def _token_of(offered: str) -> str | None:
    if offered.startswith(TOKEN_PREFIX):
        return offered.removeprefix(TOKEN_PREFIX)
    if not offered.startswith(ENCODED_PREFIX):
        return None
    encoded = offered.removeprefix(ENCODED_PREFIX)
    try:
        whole = encoded + "=" * (-len(encoded) % 4)
        return b64decode(whole, b"-_", validate=True).decode()
    except ValueError:
        return ""


def _found(opening: Handshake, cookie: str | None, query: bool) -> tuple[str, Source]:
    scheme, _, token = opening.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip(), "header"
    for offered in opening.subprotocols:
        if (carried := _token_of(offered)) is not None:
            return carried, "subprotocol"
    if cookie and (value := _cookie(opening.headers.get("cookie", ""), cookie)):
        return value, "cookie"
    if query and opening.query.get("token"):
        return opening.query["token"], "query"
    return "", "none"


def _cookie(header: str, name: str) -> str:
    try:
        found = SimpleCookie(header).get(name)
    except CookieError:
        return ""
    return found.value if found else ""


def of_own_page(opening: Handshake) -> bool:
    """Whether no page of another site opened the connection: a browser always sends Origin."""
    origin = opening.headers.get("origin")
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc.lower() == opening.headers.get("host", "").lower()
    except ValueError:
        return False
