"""The chat as an ASGI application, put together from its parts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from msgspec import Struct
from starlette.applications import Starlette
from starlette.routing import BaseRoute, WebSocketRoute

from hangup.bridge import AgentEvent, Bridge, Limits
from hangup.bridge.log import EventLog
from hangup.chat.agent import Agent
from hangup.chat.conversations import Conversations
from hangup.chat.development import development_routes
from hangup.chat.faults.fault import App, Fault, Faulty
from hangup.chat.health import Readiness
from hangup.chat.page import page_routes
from hangup.chat.runner import Runner
from hangup.chat.tokens import Tokens
from hangup.chat.web import SOCKET, Web
from hangup.chat.words import StopAgent, UserMessage


class Parts(Struct, frozen=True, kw_only=True):
    """What a chat is made of.

    `longest` is the most seconds of one run, `grace` those for which runs may go on when the
    server goes down. `development` is the secret with which the page signs tokens for whoever
    asks; None, as everywhere but on a developer's machine, is no such thing. `events` are those
    that the agent tells beside the bridge's own.
    """

    log: EventLog
    conversations: Conversations
    agent: Agent
    tokens: Tokens
    limits: Limits
    build: str
    longest: float = 120.0
    grace: float = 5.0
    origins: Collection[str] | None = None
    cookie: str | None = None
    token_in_query: bool = False
    development: bytes | None = None
    events: Collection[type[AgentEvent]] = ()


class Chat:
    """The application, and an end to it in good order; `fault` makes its sockets fail."""

    def __init__(self, parts: Parts, fault: Fault | None = None) -> None:
        self._parts = parts
        self._runner = Runner(parts.conversations, parts.agent, longest=parts.longest)
        self.bridge = self._runner.bridge = Bridge(
            parts.log,
            parts.tokens.authenticate,
            messages={UserMessage: self._runner.asked, StopAgent: self._runner.stop},
            limits=parts.limits,
            origins=parts.origins,
            cookie=parts.cookie,
            token_in_query=parts.token_in_query,
            adopt=self._runner.adopt,
        )
        socket: App = self.bridge if fault is None else Faulty(self.bridge, fault)
        checked = self.bridge if fault is not None and fault.unseen else socket
        readiness = Readiness(checked, self.bridge, parts.conversations)
        web = Web(
            parts.tokens.authenticate, parts.conversations, readiness, parts.build, parts.events
        )
        routes: list[BaseRoute] = [*web.routes(), WebSocketRoute("/ws", socket, name=SOCKET)]
        routes += page_routes(development=parts.development is not None)
        if parts.development is not None:
            routes += development_routes(parts.development)
        self.app = Starlette(routes=routes, lifespan=self._lifespan)

    async def drain(self) -> None:
        """Let runs end for a while, and tell every client when to come back.

        A server does this before it closes its connections, which it does with a bare 1012.
        """
        if not self.bridge.draining:
            await self.bridge.drain(runs=self._parts.grace)

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        async with self.bridge:
            yield
            await self.drain()
            await self._runner.close()
        await self._parts.log.close()
        await self._parts.conversations.close()
