"""Lets connections in: before they open where that can be, else by their first message."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Collection, Mapping

from hangup.bridge import codes
from hangup.bridge.codes import ClosedError
from hangup.bridge.inbound import text_of
from hangup.bridge.limits import Limits
from hangup.bridge.presented import (
    Authenticate,
    Handshake,
    Identity,
    Presented,
    RefusedError,
    Scope,
    handshake,
    of_own_page,
    presented,
)
from hangup.bridge.run import new_incident
from hangup.bridge.session import Receive, Send
from hangup.bridge.words import Login, Unreadable, control, type_of

logger = logging.getLogger("hangup.bridge")


class Admission:
    """Asks the application whose a credential is, under a deadline.

    The client is told no more than the class of a refusal.
    """

    def __init__(
        self,
        authenticate: Authenticate,
        limits: Limits,
        origins: Collection[str] | None,
        cookie: str | None,
        token_in_query: bool,
    ) -> None:
        self._authenticate, self._limits = authenticate, limits
        self._origins = None if origins is None else frozenset(origins)
        self._cookie, self._token_in_query = cookie, token_in_query

    async def admit(
        self, scope: Scope, receive: Receive, send: Send, *, busy: str
    ) -> tuple[Identity, Mapping[str, str]] | None:
        """Open the connection; say whose it is, and what the URL's query asks.

        None when it was refused before it opened.

        Raises:
            ClosedError: it is open, and to be closed.
        """
        opening = handshake(scope)
        if busy:
            pause = f"{self._limits.retry_after:.0f}"
            await _refuse(scope, send, opening, 503, busy, (b"retry-after", pause.encode()))
            return None
        found = presented(opening, cookie=self._cookie, query=self._token_in_query)
        if not self._origin_fits(opening, found):
            logger.info("a page of another site was refused: %r", opening.headers.get("origin"))
            await _refuse(scope, send, opening, 403, "refused")
            return None
        if found.source != "header":
            await _accept(send, opening)
            if found.source == "none":
                token = await self._login(receive)
                found = Presented(token, "message", opening.headers, opening.path)
            elif not found.token:
                raise ClosedError(codes.CREDENTIAL, "malformed")
        try:
            identity = await self._identity(found)
        except ClosedError as closed:
            if found.source != "header":
                raise
            status = {codes.CREDENTIAL: 401, codes.FORBIDDEN: 403}.get(closed.code, 503)
            await _refuse(scope, send, opening, status, closed.reason)
            return None
        if found.source == "header":
            await _accept(send, opening)
        return identity, opening.query

    async def identify(self, token: str, about: str) -> Identity:
        """Say whose a credential is that came in a message of an open connection.

        Raises:
            RefusedError, ClosedError.
        """
        return await self._asked(Presented(token, "message", {}, about))

    def _origin_fits(self, opening: Handshake, found: Presented) -> bool:
        if self._origins is not None:
            return opening.headers.get("origin") in {None, *self._origins}
        # A cookie comes with whatever page opens the connection: only our own may use it.
        return found.source != "cookie" or of_own_page(opening)

    async def _login(self, receive: Receive) -> str:
        try:
            async with asyncio.timeout(self._limits.login):
                message = await receive()
        except TimeoutError:
            raise ClosedError(codes.CREDENTIAL, "missing") from None
        if message["type"] != "websocket.receive":
            raise ClosedError(1000)
        text = text_of(message, self._limits.login_bytes)
        try:
            if (kind := type_of(text)) == "login":
                login = control(text, kind)
                if isinstance(login, Login):
                    return login.token
        except Unreadable:
            raise ClosedError(codes.CREDENTIAL, "malformed") from None
        raise ClosedError(codes.CREDENTIAL, "missing")

    async def _identity(self, found: Presented) -> Identity:
        try:
            return await self._asked(found)
        except RefusedError as refused:
            code = codes.FORBIDDEN if refused.forbidden else codes.CREDENTIAL
            raise ClosedError(code, refused.reason) from None

    async def _asked(self, found: Presented) -> Identity:
        try:
            async with asyncio.timeout(self._limits.authenticating):
                identity = await self._authenticate(found)
            if identity.expires is not None and identity.expires <= time.time():
                raise RefusedError("expired")
        except RefusedError as refused:
            logger.info("refused: %s %s", refused.reason, refused.detail)
            raise
        except Exception:  # the application's bug: an incident, and no wrong credential
            incident = new_incident()
            logger.exception("authentication failed, incident %s", incident)
            raise ClosedError(codes.NO_ROOM, f"incident={incident}") from None
        return identity


async def _accept(send: Send, opening: Handshake) -> None:
    await send({"type": "websocket.accept", "subprotocol": opening.chosen})


async def _refuse(
    scope: Scope,
    send: Send,
    opening: Handshake,
    status: int,
    reason: str,
    *headers: tuple[bytes, bytes],
) -> None:
    if "websocket.http.response" not in (scope.get("extensions") or {}):
        # Without it a server answers 403 to everything: a close code says more.
        await _accept(send, opening)
        by_status = {401: codes.CREDENTIAL, 403: codes.FORBIDDEN}
        raise ClosedError(by_status.get(status, codes.NO_ROOM), reason)
    body = json.dumps({"error": reason}).encode()
    content = (b"content-type", b"application/json")
    start = {"type": "websocket.http.response.start", "status": status}
    await send({**start, "headers": [content, *headers]})
    await send({"type": "websocket.http.response.body", "body": body})
