"""Clients of every kind behind one face: what they show their application, told to a scenario."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from hangup.bridge.client import BlockingClient, Client, Gap, GaveUpError, Place, Received
from hangup.bridge.client.machine import Answer, Item
from hangup.lab.servers import node as program

ROOT = Path(__file__).parents[2]
NODE_MODULES = ROOT / "tests" / "node" / "node_modules"
TYPESCRIPT = ROOT / "clients" / "typescript"
RUNNER = Path(__file__).parent / "typescript_client.mjs"
NATIVE = ("--experimental-websocket", "--no-warnings")
"""Options with which Node 20 has the WebSocket that later ones have without."""
WAIT = 6.0


class Sightings:
    """What an application has seen, and with which place it left."""

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []
        self.place: list[Any] | None = None
        self.asked = 0
        self._grown = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def add(self, item: dict[str, Any]) -> None:
        """Note one; may be called in any thread."""
        self._loop.call_soon_threadsafe(self._add, item)

    def _add(self, item: dict[str, Any]) -> None:
        self.items.append(item)
        self._grown.set()

    async def until(self, number: int) -> None:
        """Wait for so many, for some seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WAIT):
                while len(self.items) < number:
                    self._grown.clear()
                    await self._grown.wait()


Run = Callable[[str, dict[str, Any]], AbstractAsyncContextManager[Sightings]]
"""Runs a client against a URL with the options of a scenario; on leaving, the client closes."""


def described(item: Item) -> dict[str, Any]:
    """Give an item as scenarios write it."""
    match item:
        case Received():
            names = ("type", "seq", "run", "step", "at", "data")
            return {name: getattr(item, name) for name in names}
        case Gap(reason, after, first):
            return {"gap": [reason, after, first]}
        case Answer(type, data):
            return {"answer": type, "data": data}
        case refused:
            return {"refused": [refused.code, refused.message, refused.about, refused.incident]}


def _options(wanted: dict[str, Any]) -> dict[str, Any]:
    place = wanted.get("place")
    return {
        "place": Place(*place) if place else None,
        "from_start": wanted.get("from_start", False),
        "draw": lambda: 0.01,
    }


def _tokens(wanted: dict[str, Any], sightings: Sightings) -> Callable[[], Any]:
    tokens: Iterator[str] = iter(wanted.get("tokens", ["t1", "t2", "t3"]))

    async def token() -> str:
        sightings.asked += 1
        return next(tokens)

    return token


@asynccontextmanager
async def asynchronous(url: str, wanted: dict[str, Any]) -> AsyncIterator[Sightings]:
    """The client for asyncio, with its credential in a header."""
    sightings = Sightings()
    client = Client(url, _tokens(wanted, sightings), **_options(wanted))

    async def listen() -> None:
        says = wanted.get("says")
        try:
            async for item in client:
                sightings.add(described(item))
                if says:
                    await client.send(says)
                    says = None
        except GaveUpError as gave_up:
            sightings.add({"gave_up": gave_up.code})

    async with client:
        listening = asyncio.ensure_future(listen())
        yield sightings
        listening.cancel()
        await asyncio.wait((listening,))
    sightings.place = [client.place.epoch, client.place.seq] if client.place else None


@asynccontextmanager
async def blocking(url: str, wanted: dict[str, Any]) -> AsyncIterator[Sightings]:
    """The client for threads, with its credential in a subprotocol."""
    sightings, leaving = Sightings(), threading.Event()
    token = _tokens(wanted, sightings)
    client = BlockingClient(url, token, token_in="subprotocol", **_options(wanted))

    def listen() -> None:
        says = wanted.get("says")
        with client:
            while True:
                try:
                    sightings.add(described(client.take(0.05)))
                except TimeoutError:
                    if leaving.is_set():
                        return
                    continue
                if says:
                    client.send(says)
                    says = None

    def run() -> None:
        try:
            listen()
        except GaveUpError as gave_up:
            sightings.add({"gave_up": gave_up.code})

    running = asyncio.ensure_future(asyncio.to_thread(run))
    try:
        yield sightings
    finally:
        leaving.set()
        await running
    sightings.place = [client.place.epoch, client.place.seq] if client.place else None


@asynccontextmanager
async def typescript(url: str, wanted: dict[str, Any]) -> AsyncIterator[Sightings]:
    """The client for pages, in Node, with the WebSocket of `ws` or, where wanted, Node's own."""
    sightings = Sightings()
    module = TYPESCRIPT / "dist" / "index.js"
    flags = NATIVE if wanted.get("native") else ()
    arguments = (module, NODE_MODULES / "ws", url, json.dumps(wanted))
    node = await asyncio.create_subprocess_exec(
        program(), *flags, RUNNER, *arguments, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    assert node.stdin
    assert node.stdout
    assert node.stderr

    async def listen(lines: asyncio.StreamReader) -> None:
        async for line in lines:
            told = json.loads(line)
            if "asked" in told:
                sightings.place, sightings.asked = told.get("place"), told["asked"]
            else:
                sightings.add(told)

    listening = asyncio.ensure_future(listen(node.stdout))
    try:
        yield sightings
    finally:
        node.stdin.close()
        async with asyncio.timeout(WAIT):
            wrong = await node.stderr.read()
            await node.wait()
            await listening
    assert (node.returncode, wrong.decode()) == (0, "")


CLIENTS: dict[str, Run] = {
    "asynchronous": asynchronous,
    "blocking": blocking,
    "typescript": typescript,
}
SEE_NO_STATUS = frozenset({"typescript"})
"""Clients that stand on an API that does not tell why a handshake failed."""
