"""A WebSocket server that plays what it is told on each connection, in the order they come."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed


@dataclass(frozen=True)
class Close:
    """Close with a code."""

    code: int


@dataclass(frozen=True)
class Pause:
    """Say nothing for some seconds."""

    seconds: float


DEAF = object()
"""Take in nothing from now on, a close frame neither."""
HEAR = object()
"""Wait for a message."""
FOREVER = object()
"""Say the message before it again and again, without a pause."""
Action = Any
"""One of these, or something to say: a text as it is, all else as JSON."""


@dataclass
class Talker:
    """What a server was told on its connections so far, and the credentials they came with."""

    heard: list[list[str | bytes]] = field(default_factory=list)
    credentials: list[str | None] = field(default_factory=list)


async def _act(socket: ServerConnection, heard: list[str | bytes], action: Action) -> None:
    if action is HEAR:
        heard.append(await socket.recv())
    elif action is DEAF:
        socket.transport.pause_reading()
    elif isinstance(action, Close):
        await socket.close(action.code)
    elif isinstance(action, Pause):
        await asyncio.sleep(action.seconds)
    else:
        said = action(heard) if callable(action) else action
        await socket.send(said if isinstance(said, str) else json.dumps(said))


async def _play(socket: ServerConnection, heard: list[str | bytes], play: Sequence[Action]) -> None:
    before: Action = None
    for action in play:
        while action is FOREVER:
            await _act(socket, heard, before)
            await asyncio.sleep(0)
        await _act(socket, heard, action)
        before = action
    async for message in socket:
        heard.append(message)


@contextlib.asynccontextmanager
async def talking(
    *plays: Sequence[Action], talker: Talker | None = None, **options: Any
) -> AsyncIterator[str]:
    """Give the URL of a server that plays each to one connection, the last to all further ones.

    The options are those of `websockets.serve`.
    """
    told = talker or Talker()

    async def handle(socket: ServerConnection) -> None:
        heard: list[str | bytes] = []
        told.heard.append(heard)
        assert socket.request
        told.credentials.append(socket.request.headers.get("Authorization"))
        with contextlib.suppress(ConnectionClosed):
            await _play(socket, heard, plays[min(len(told.heard), len(plays)) - 1])

    async with serving(handle, **options) as url:
        yield url


@contextlib.asynccontextmanager
async def serving(handle: Callable[[ServerConnection], Any], **options: Any) -> AsyncIterator[str]:
    """Give the URL of a server with a handler."""
    async with serve(handle, "127.0.0.1", 0, close_timeout=0.2, **options) as server:
        port = server.sockets[0].getsockname()[1]
        yield f"ws://127.0.0.1:{port}/ws"
