"""What is held against each other in Python: the bridge, and a bare broadcast of Starlette.

`python -m benchmarks.bridge.apps NAME PORT FILE`.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import uvicorn
from msgspec import Struct
from starlette.applications import Starlette
from starlette.routing import Mount, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from hangup.bridge import (
    AgentCompleted,
    AgentEvent,
    Arrived,
    Bridge,
    Identity,
    Limits,
    Presented,
)
from hangup.bridge.connection import Connection
from hangup.bridge.sqlite import SqliteLog

SECONDS_OF_CLOSING = 0.5


class Ask(Struct, tag_field="type", tag="ask"):
    """Publish `events` in bursts, one every `pause` seconds, or as fast as it goes when that is 0.

    `offset` seconds pass before, so that users do not publish at the same moment.
    """

    events: int
    burst: int
    pause: float
    offset: float
    text: str


class Piece(AgentEvent, frozen=True, kw_only=True, tag="partial"):
    """A piece of an answer, with its number and the monotonic time when it was published."""

    n: int
    sent: float
    text: str


async def bursts(ask: Ask, publish: Callable[[list[Piece]], Awaitable[object]]) -> None:
    """Publish as asked."""
    due = time.monotonic() + ask.offset
    for first in range(1, ask.events + 1, ask.burst):
        if ask.pause:
            due += ask.pause
            await asyncio.sleep(max(0.0, due - time.monotonic()))
        last = min(first + ask.burst, ask.events + 1)
        now = time.monotonic()
        await publish([Piece(n=n, sent=now, text=ask.text) for n in range(first, last)])


class Background:
    """Tasks that somebody holds."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Any) -> None:
        """Start one."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def bridge(file: str) -> Bridge:
    """Give the bridge on SQLite, as it is by default, but for how often a client may speak."""
    working = Background()

    async def who(presented: Presented) -> Identity:
        return Identity(presented.token)

    async def answer(user: str, ask: Ask) -> None:
        async with await app.run(user) as run:
            await bursts(ask, lambda pieces: run.publish(*pieces))
            await run.publish(AgentCompleted())

    async def asked(arrived: Arrived) -> None:
        working.start(answer(arrived.user, arrived.message))

    # The peers have no such limit, and every read is acknowledged here.
    limits = Limits(messages=1e9, burst=1_000_000_000, closing=SECONDS_OF_CLOSING)
    app = Bridge(SqliteLog(file), who, messages={Ask: asked}, limits=limits)
    return app


def mounted(file: str) -> Any:
    """Give the bridge in an application of Starlette, as most will have it."""
    return Starlette(routes=[Mount("/ws", bridge(file))])


def bare(_: str) -> Any:
    """Give a broadcast to whoever is connected, without any guarantee."""
    sockets: dict[str, set[WebSocket]] = {}
    acked: dict[str, int] = {}
    working = Background()
    encode, decode = msgspec.json.Encoder().encode, msgspec.json.Decoder().decode

    async def broadcast(user: str, pieces: list[Piece]) -> None:
        for piece in pieces:
            text = encode(piece).decode()
            for socket in list(sockets.get(user, ())):
                await socket.send_text(text)
        await asyncio.sleep(0)  # else one user's answer would hold up everybody else

    async def connection(socket: WebSocket) -> None:
        await socket.accept()
        user = socket.headers["authorization"].removeprefix("Bearer ")
        sockets.setdefault(user, set()).add(socket)
        try:
            while True:
                message = decode(await socket.receive_text())
                if message["type"] == "ack":
                    acked[user] = message["seq"]
                elif message["type"] == "ping":
                    await socket.send_json({"type": "pong", "acked": acked.get(user, 0)})
                else:
                    ask = msgspec.convert(message, Ask)
                    working.start(bursts(ask, lambda pieces: broadcast(user, pieces)))
        except WebSocketDisconnect:
            sockets[user].discard(socket)

    return Starlette(routes=[WebSocketRoute("/ws", connection)])


APPS: dict[str, Callable[[str], Any]] = {"bridge": mounted, "alone": bridge, "bare": bare}


def main(name: str, port: str, file: str) -> None:
    """Serve one as the project serves its own; SIGUSR1 collects garbage."""
    signal.signal(signal.SIGUSR1, lambda *_: gc.collect() and None)
    uvicorn.run(
        APPS[name](file),
        port=int(port),
        log_level="error",
        lifespan="off",
        backlog=2048,
        ws="websockets-sansio" if name == "bare" else Connection,
        ws_ping_interval=None,
        ws_per_message_deflate=False,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
