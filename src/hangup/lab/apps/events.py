"""Feeds, runs and agents on FastAPI, well or with one fault each, run as `...:name`.

A feed counts its events for everybody. A run belongs to the message that began it.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

EVERY = 0.05
"""Seconds between two events of a feed."""
STEP = 0.02
"""Seconds between two events of a run."""
LOOKUP = 0.08
"""Seconds that a look into the store of sessions takes."""

Play = Callable[[WebSocket], Awaitable[None]]
Emit = Callable[[dict[str, Any]], Awaitable[None]]


class Feed:
    """Events with numbers, in a log that every connection reads from."""

    def __init__(self, every: float = EVERY) -> None:
        self.number = 0
        self._every = every
        self._log: list[tuple[int, str]] = []
        self._grown = asyncio.Condition()

    async def grow(self) -> None:
        """Make events for as long as the server runs."""
        while True:
            await asyncio.sleep(self._every)
            self.number += 1
            event = {"type": "price", "seq": self.number, "value": self.number * 7 % 100}
            self._log.append((self.number, json.dumps(event)))
            async with self._grown:
                self._grown.notify_all()

    async def follow(self, socket: WebSocket, since: int) -> None:
        """Send what the log holds after a number, and then what comes."""
        while True:
            for number, text in tuple(self._log):
                if number > since:
                    await socket.send_text(text)
                    since = number
            async with self._grown:
                await self._grown.wait()


def served(play: Play, feed: Feed | None = None) -> FastAPI:
    """Serve one way to treat a connection, beside a feed that grows if there is one."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        growing = asyncio.create_task(feed.grow()) if feed else None
        yield
        if growing:
            growing.cancel()

    app = FastAPI(lifespan=lifespan)

    @app.websocket("/ws")
    async def serve(socket: WebSocket) -> None:
        await socket.accept()
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await play(socket)

    return app


async def beside(socket: WebSocket, sending: Awaitable[None]) -> None:
    """Send until the client has gone."""
    task = asyncio.ensure_future(sending)
    try:
        while True:
            await socket.receive_text()
    finally:
        task.cancel()


def feeding(*, replays: bool = True, overlap: int = 0, every: float = EVERY) -> FastAPI:
    """Tell who subscribes all that comes, and before it what came since, if that is replayed."""
    feed = Feed(every)

    async def play(socket: WebSocket) -> None:
        asked = json.loads(await socket.receive_text())
        since = asked.get("since") if replays else None
        await beside(socket, feed.follow(socket, feed.number if since is None else since - overlap))

    return served(play, feed)


def telling_the_latest(count: int) -> FastAPI:
    """Tell everybody who connects the latest events first, asked or not."""
    feed = Feed()

    async def play(socket: WebSocket) -> None:
        await beside(socket, feed.follow(socket, max(0, feed.number - count)))

    return served(play, feed)


def numbering_anew() -> FastAPI:
    """Count the events of each connection from 1, whatever it asks for."""

    async def play(socket: WebSocket) -> None:
        await socket.receive_text()
        await beside(socket, _count(socket))

    return served(play)


async def _count(socket: WebSocket) -> None:
    for number in range(1, 10_000):
        await socket.send_json({"type": "price", "seq": number, "at": _now()})
        await asyncio.sleep(EVERY)


def knowing_no_resume() -> FastAPI:
    """Close where a message is not of a type that is known."""
    feed = Feed()

    async def play(socket: WebSocket) -> None:
        asked = json.loads(await socket.receive_text())
        if asked.get("type") != "subscribe":
            await socket.close(1003, f"unknown type: {asked.get('type')}")
            return
        await beside(socket, feed.follow(socket, feed.number))

    return served(play, feed)


def ending_with_its_connection() -> FastAPI:
    """Play a run to the connection that began it; nobody can take it up again."""

    async def play(socket: WebSocket) -> None:
        asked = json.loads(await socket.receive_text())
        if asked.get("type") == "start":
            await beside(socket, _count(socket))
        await socket.receive_text()

    return served(play)


async def run(emit: Emit) -> None:
    """Tell the story of one run, in eight numbered events."""
    kinds = ("started", *["step"] * 6, "done")
    for number, kind in enumerate(kinds, start=1):
        await emit({"type": kind, "seq": number, "at": _now()})
        await asyncio.sleep(STEP)


def registering(*, in_time: bool) -> FastAPI:
    """Register a connection for its events only when its session was looked up, or at once."""
    registered: dict[int, WebSocket] = {}

    async def look_up(socket: WebSocket) -> None:
        await asyncio.sleep(LOOKUP)
        registered[id(socket)] = socket

    async def play(socket: WebSocket) -> None:
        looking = asyncio.create_task(look_up(socket))
        if in_time:
            registered[id(socket)] = socket
        await _runs(socket, registered)
        looking.cancel()

    return served(play)


async def _runs(socket: WebSocket, registered: dict[int, WebSocket]) -> None:
    """Begin a run for each message; its events go to who is registered when they happen."""

    async def emit(event: dict[str, Any]) -> None:
        to = registered.get(id(socket))
        if to:
            await to.send_json(event)

    tasks = []
    try:
        while True:
            await socket.receive_text()
            tasks.append(asyncio.create_task(run(emit)))
    finally:
        registered.pop(id(socket), None)
        for task in tasks:
            task.cancel()


def registering_each_run() -> FastAPI:
    """Begin a run in the background, save it, and only then register who asked for it."""

    async def play(socket: WebSocket) -> None:
        while True:
            await socket.receive_text()
            registered: list[WebSocket] = []

            async def emit(event: dict[str, Any], to: list[WebSocket] = registered) -> None:
                for each in to:
                    await each.send_json(event)

            running = asyncio.create_task(run(emit))
            await asyncio.sleep(LOOKUP)  # the row of the run is written
            registered.append(socket)
            await running

    return served(play)


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat()


def answering(answer: Callable[[str], dict[str, Any]]) -> FastAPI:
    """Answer each message with something, beside an id and a time of its own."""

    async def play(socket: WebSocket) -> None:
        while True:
            asked = await socket.receive_text()
            said = {"id": str(uuid.uuid4()), "at": _now(), **answer(asked)}
            await socket.send_json(said)

    return served(play)


def _canned(_: str) -> dict[str, Any]:
    return {"answer": "Your order is on its way.", "confidence": 0.92}


def _counted(asked: str) -> dict[str, Any]:
    return {"answer": "The words of your message were counted.", "words": len(asked.split())}


def _taken(_: str) -> dict[str, Any]:
    return {"status": "ok"}


replays_nothing = feeding(replays=False)
replays_all = feeding()
replays_nothing_slowly = feeding(replays=False, every=0.6)
replays_all_slowly = feeding(every=0.6)
replays_with_overlap = feeding(overlap=3)
tells_the_latest = telling_the_latest(100)
numbers_anew = numbering_anew()
knows_no_resume = knowing_no_resume()
ends_with_its_connection = ending_with_its_connection()
registers_late = registering(in_time=False)
registers_in_time = registering(in_time=True)
registers_each_run = registering_each_run()
canned = answering(_canned)
counts = answering(_counted)
takes = answering(_taken)
