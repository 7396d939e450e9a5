"""The HTTP side: health, threads and their messages, and what may be said on the WebSocket."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hangup.bridge import (
    AgentEvent,
    Identity,
    LogUnavailableError,
    Presented,
    RefusedError,
    asyncapi,
)
from hangup.chat.conversations import Conversations, UnknownThreadError
from hangup.chat.health import Readiness
from hangup.chat.keys import KeysUnavailableError
from hangup.chat.words import ANSWERS

MOST = 200
"""Threads or messages of one answer."""
SOCKET = "socket"
"""What the route of the WebSocket is called."""
NO_STORE = {"cache-control": "no-store"}
Authenticate = Callable[[Presented], Awaitable[Identity]]


class Refused(Exception):  # noqa: N818 - an answer, which carries its status
    """A request gets this status, with a word that says why."""

    def __init__(self, status: int, error: str) -> None:
        self.status, self.error = status, error
        super().__init__(error)


class Web:
    """Answers HTTP for one user at a time: what is asked for is always the bearer's own."""

    def __init__(
        self,
        authenticate: Authenticate,
        conversations: Conversations,
        readiness: Readiness,
        build: str,
        events: Collection[type[AgentEvent]] = (),
    ) -> None:
        self._authenticate, self._conversations = authenticate, conversations
        self._readiness, self._build, self._events = readiness, build, events

    def routes(self) -> list[Route]:
        """Give the routes."""
        return [
            Route("/health/live", self._live),
            Route("/health/ready", self._ready),
            Route("/asyncapi.json", self._asyncapi),
            Route("/api/threads", self._answered(self._threads)),
            Route("/api/threads/{thread}", self._answered(self._forget), methods=["DELETE"]),
            Route("/api/threads/{thread}/messages", self._answered(self._messages)),
        ]

    async def _live(self, request: Request) -> Response:
        return JSONResponse({"status": "live", "build": self._build}, headers=NO_STORE)

    async def _ready(self, request: Request) -> Response:
        health = await self._readiness.check()
        told = {
            "status": "ready" if health.ready else "not ready",
            "parts": health.parts,
            "build": self._build,
        }
        return JSONResponse(told, 200 if health.ready else 503, headers=NO_STORE)

    async def _asyncapi(self, request: Request) -> Response:
        url = str(request.url_for(SOCKET))
        told = asyncapi(
            app_events=self._events,
            messages=ANSWERS,
            url=url,
            title="Chat with an agent",
            version=self._build,
        )
        return JSONResponse(told, headers=NO_STORE)

    async def _threads(self, user: str, request: Request) -> Any:
        return {"threads": await self._conversations.threads(user, MOST)}

    async def _messages(self, user: str, request: Request) -> Any:
        thread = request.path_params["thread"]
        after = _number(request.query_params.get("after", "0"))
        found = await self._conversations.messages(user, thread, after, MOST)
        return {"messages": found, "more": len(found) == MOST}

    async def _forget(self, user: str, request: Request) -> Any:
        await self._conversations.forget(user, request.path_params["thread"])
        return {}

    def _answered(
        self, answer: Callable[[str, Request], Awaitable[Any]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                body = await answer(await self._user(request), request)
            except Refused as refused:
                return JSONResponse({"error": refused.error}, refused.status, headers=NO_STORE)
            except UnknownThreadError:
                return JSONResponse({"error": "unknown_thread"}, 404, headers=NO_STORE)
            except (LogUnavailableError, KeysUnavailableError):
                later = {**NO_STORE, "retry-after": "1"}
                return JSONResponse({"error": "unavailable"}, 503, headers=later)
            return Response(
                msgspec.json.encode(body), media_type="application/json", headers=NO_STORE
            )

        return endpoint

    async def _user(self, request: Request) -> str:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        given = token.strip() if scheme.lower() == "bearer" else ""
        try:
            identity = await self._authenticate(
                Presented(given, "header" if given else "none", request.headers, request.url.path)
            )
        except RefusedError as error:
            raise Refused(403 if error.forbidden else 401, error.reason) from None
        return identity.user


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Refused(400, "after: a number is wanted")
    return int(text)
