"""A bridge under a real uvicorn on loopback, in the test's own loop, and a raw client."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from hangup.bridge import (
    AgentCompleted,
    Bridge,
    Identity,
    Limits,
    MemoryLog,
    Partial,
    Presented,
    RefusedError,
)
from hangup.bridge.connection import Connection

DEADLINE = 8.0
SWIFT = Limits(heartbeat=0.4, login=0.3, closing=0.5, lease=0.6, retry_after=0.05)
"""Limits for tests: what takes seconds in life takes tenths here."""


async def by_name(presented: Presented) -> Identity:
    """Let in whoever gives a name as the token, but for a few."""
    match presented.token.partition(":"):
        case ("", _, _):
            raise RefusedError("missing")
        case ("wrong", _, _):
            raise RefusedError("signature", "the key is another")
        case ("banned", _, _):
            raise RefusedError("refused", forbidden=True)
        case ("broken", _, _):
            raise ZeroDivisionError("a secret detail")
        case (user, _, expires):
            return Identity(user, float(expires) if expires else None)


def bridge(**options: Any) -> Bridge:
    """Give a bridge with what tests need, in memory unless told otherwise."""
    log = options.pop("log", None) or MemoryLog()
    return Bridge(log, by_name, limits=options.pop("limits", SWIFT), **options)


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[str]:
    """Serve an ASGI application while the context lasts, and give its URL."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        ws=Connection,
        ws_ping_interval=None,
        ws_max_size=1 << 20,
    )
    server = uvicorn.Server(config)
    running = asyncio.ensure_future(server._serve([listening]))
    try:
        yield f"ws://127.0.0.1:{listening.getsockname()[1]}/ws"
    finally:
        if isinstance(app, Bridge):
            await app.drain()
        server.should_exit = True
        await running
        listening.close()


class Talk:
    """One raw connection, whose every wait has a deadline."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def hear(self, type: str | None = None) -> dict[str, Any]:
        """Give the next message, or the next of a type."""
        async with asyncio.timeout(DEADLINE):
            while True:
                message: dict[str, Any] = json.loads(await self.connection.recv())
                if type is None or message["type"] == type:
                    return message

    async def say(self, message: Any) -> None:
        """Send a value as JSON, or a text as it is."""
        await self.connection.send(message if isinstance(message, str) else json.dumps(message))

    async def end(self) -> tuple[int, str]:
        """Hear until the close, and give its code and reason."""
        async with asyncio.timeout(DEADLINE):
            with contextlib.suppress(ConnectionClosed):
                while True:
                    await self.connection.recv()
        return self.connection.close_code or 0, self.connection.close_reason or ""


@asynccontextmanager
async def talk(url: str, token: str = "alice", query: str = "") -> AsyncIterator[Talk]:
    """Connect with a token in a header; an empty one is not sent."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = f"{url}?{query}" if query else url
    async with connect(
        url, additional_headers=headers, ping_interval=None, open_timeout=DEADLINE, close_timeout=1
    ) as connection:
        yield Talk(connection)


def play(
    scene: Callable[[Bridge, str], Coroutine[Any, Any, None]], made: Bridge | None = None
) -> None:
    """Run a scene with a bridge that is served."""

    async def run() -> None:
        app = made or bridge()
        async with asyncio.timeout(3 * DEADLINE), serving(app) as url:
            await scene(app, url)

    asyncio.run(run())


async def publish(app: Bridge, number: int, user: str = "alice") -> None:
    """Publish so many events in a run."""
    async with await app.run(user) as run:
        for each in range(number - 1):
            await run.publish(Partial(text=str(each)))
        await run.publish(AgentCompleted())


def cut(app: Bridge) -> None:
    """End every connection as a network would, without a close frame."""
    for session in list(app._sessions.values()):
        session._send.__self__._transport.abort()  # type: ignore[attr-defined]


Scene = Callable[[Bridge, str], Awaitable[None]]
