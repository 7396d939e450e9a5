"""Who may use the page: whoever has the token of this start, from a page of this origin.

Others on the machine can reach the port, and any page in the browser can send requests to it. So
every request needs the token, in a cookie that is bound to a path nobody else knows: cookies are
shared by all ports of a host. The Host must be ours, against DNS rebinding, and whatever changes
something or opens a WebSocket must come from our own origin (RFC 6455, 10.2).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from urllib.parse import parse_qs

from msgspec import Struct, field
from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "hangup-ui"
SAFE = ("GET", "HEAD")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self' {sockets}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
ENTER = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>hangup</title>
<link rel="icon" href="data:,"><meta http-equiv="refresh" content="0;url={base}/"></head>
<body><p><a href="{base}/">Go on</a></p></body></html>
"""
REFUSED = (
    "This page belongs to whoever started it. Open the address that `hangup ui` printed, with its"
    " token.\n"
)


class Door(Struct, frozen=True, kw_only=True):
    """Where the page is, and what opens it; `hosts` are names with the port, as a Host header."""

    hosts: tuple[str, ...]
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    @property
    def base(self) -> str:
        """The path below which everything is; it gives nothing away of the token."""
        return "/" + hashlib.sha256(f"path {self.token}".encode()).hexdigest()[:12]

    @property
    def origins(self) -> tuple[str, ...]:
        """The origins of our own pages."""
        return tuple(f"http://{host}" for host in self.hosts)

    @property
    def url(self) -> str:
        """What is opened first."""
        return f"{self.origins[0]}{self.base}/?token={self.token}"

    def opens(self, given: str) -> bool:
        """Whether this is the token, in a time that tells nothing of how much of it is."""
        return hmac.compare_digest(given.encode("utf-8", "replace"), self.token.encode())


class Guard:
    """An ASGI application before another, which sees only what may pass."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app, self._door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, self._secured(send))
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close"})  # before it was accepted: HTTP's 403
        else:
            await refusal(scope, receive, self._secured(send))

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._door.hosts:
            return PlainTextResponse("There is no such host here.\n", 421)
        if not scope["path"].startswith(f"{self._door.base}/"):
            return PlainTextResponse(REFUSED, 403)
        if self._enters(scope):
            return self._let_in()
        if not self._door.opens(cookie_parser(headers.get("cookie", "")).get(COOKIE, "")):
            return PlainTextResponse(REFUSED, 403)
        return self._foreign(scope, headers)

    def _foreign(self, scope: Scope, headers: Headers) -> Response | None:
        """Refuse what another page sends, for a cookie goes along with that as well."""
        if scope["type"] == "http" and scope["method"] in SAFE:
            return None
        if headers.get("origin", "") in self._door.origins:
            return None
        return PlainTextResponse("This comes from another page.\n", 403)

    def _enters(self, scope: Scope) -> bool:
        if scope["type"] != "http" or scope["method"] not in SAFE:
            return False
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])
        return scope["path"] == f"{self._door.base}/" and self._door.opens(given[0])

    def _let_in(self) -> Response:
        # A redirect would be part of what another site began, and carry no Strict cookie.
        answer = HTMLResponse(ENTER.format(base=self._door.base))
        answer.set_cookie(
            COOKIE, self._door.token, path=self._door.base, httponly=True, samesite="strict"
        )
        return answer

    def _secured(self, send: Send) -> Send:
        # Not every browser takes a WebSocket of the same host for 'self'.
        sockets = " ".join(f"ws://{host}" for host in self._door.hosts)
        told = {
            "content-security-policy": POLICY.format(sockets=sockets),
            "cache-control": "no-store",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            # Other origins learn nothing; with no-referrer our own forms would come from "null".
            "referrer-policy": "same-origin",
            "x-content-type-options": "nosniff",
        }

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [each for each in message["headers"] if each[0].decode() not in told]
                added = [(name.encode(), value.encode()) for name, value in told.items()]
                message = {**message, "headers": [*kept, *added]}
            await send(message)

        return secured
