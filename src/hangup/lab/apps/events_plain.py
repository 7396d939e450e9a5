"""Feeds, runs and agents on aiohttp and websockets: `python -m ...events_plain NAME PORT`."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import sys
import uuid
from http import HTTPStatus

from aiohttp import WSMsgType, web
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

HOST, PATH = "127.0.0.1", "/ws"
EVERY, STEP, LATE = 0.05, 0.02, 0.08
"""Seconds between two events of a feed, of a run, and until something takes effect."""
WORDS = ("The", "ship", "has", "left", "the", "harbour")


async def _opened(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    return socket


async def replays_all(request: web.Request) -> web.WebSocketResponse:
    """Tell a subscriber what was logged since the number that it names, and then what comes."""
    socket = await _opened(request)
    log: list[str] = request.app["log"]
    asked = await socket.receive_json()
    place = asked.get("after", len(log))
    with contextlib.suppress(ConnectionError):
        while not socket.closed:
            for text in log[place:]:
                await socket.send_str(text)
            place = len(log)
            with contextlib.suppress(TimeoutError):
                await socket.receive(timeout=EVERY / 2)
    return socket


async def _grow(app: web.Application) -> None:
    async def growing() -> None:
        for number in itertools.count(1):
            app["log"].append(json.dumps({"event_seq": number, "order": uuid.uuid4().hex}))
            await asyncio.sleep(EVERY)

    app["growing"] = asyncio.create_task(growing())


async def registers_late(request: web.Request) -> web.WebSocketResponse:
    """Tell a run's words to whoever is registered, which takes a look into a session first."""
    socket = await _opened(request)
    registered: list[web.WebSocketResponse] = []

    async def register() -> None:
        await asyncio.sleep(LATE)
        registered.append(socket)

    async def run() -> None:
        for event in ({"type": "begin"}, *({"type": "word", "text": w} for w in WORDS)):
            for each in registered:
                await each.send_json(event)
            await asyncio.sleep(STEP)

    tasks = [asyncio.create_task(register())]
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            tasks.append(asyncio.create_task(run()))
    for task in tasks:
        task.cancel()
    return socket


TOPICS = {"ship": "shipping", "pay": "payment", "refund": "returns"}


async def sorts(request: web.Request) -> web.WebSocketResponse:
    """Say which topic a question is of, and the same friendly words to everybody."""
    socket = await _opened(request)
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            topic = next((t for word, t in TOPICS.items() if word in message.data), "other")
            answer = {"text": "Thank you, we have your question.", "topic": topic}
            await socket.send_json({"ref": uuid.uuid4().hex[:12], **answer})
    return socket


AIOHTTP = {each.__name__: each for each in (replays_all, registers_late, sorts)}


async def subscribes_late(connection: ServerConnection) -> None:
    """Acknowledge a subscription before it has taken effect at the broker."""
    topics: set[str] = set()
    tasks = []

    async def subscribe(topic: str) -> None:
        await asyncio.sleep(LATE)
        topics.add(topic)

    async def run() -> None:
        for number in range(1, 9):
            if "runs" in topics:
                await connection.send(json.dumps({"topic": "runs", "seq": number}))
            await asyncio.sleep(STEP)

    async for message in connection:
        asked = json.loads(message)
        if asked["type"] == "subscribe":
            tasks.append(asyncio.create_task(subscribe(asked["topic"])))
            await connection.send(json.dumps({"type": "subscribed"}))
        else:
            tasks.append(asyncio.create_task(run()))
    for task in tasks:
        task.cancel()


async def complains(connection: ServerConnection) -> None:
    """Count for each subscriber what the feed has, and complain of any other message."""
    tasks = []

    async def tell() -> None:
        for number in itertools.count(int(asyncio.get_running_loop().time() / EVERY)):
            await connection.send(json.dumps({"offset": number}))
            await asyncio.sleep(EVERY)

    async for message in connection:
        if json.loads(message)["type"] == "subscribe":
            tasks.append(asyncio.create_task(tell()))
        else:
            await connection.send(json.dumps({"type": "error", "text": "no such message"}))
    for task in tasks:
        task.cancel()


WEBSOCKETS = {each.__name__: each for each in (subscribes_late, complains)}


def _elsewhere(connection: ServerConnection, request: Request) -> Response | None:
    if request.path.partition("?")[0] == PATH:
        return None
    return connection.respond(HTTPStatus.NOT_FOUND, "not found\n")


async def _websockets(name: str, port: int) -> None:
    async with serve(WEBSOCKETS[name], HOST, port, process_request=_elsewhere) as server:
        await server.serve_forever()


def _aiohttp(name: str, port: int) -> None:
    app = web.Application()
    app["log"] = []
    app.on_startup.append(_grow)
    app.add_routes([web.get(PATH, AIOHTTP[name])])
    web.run_app(app, host=HOST, port=port, print=None, access_log=None, shutdown_timeout=1)


def main(name: str, port: int) -> None:
    """Serve one of them until we are ended."""
    if name in AIOHTTP:
        _aiohttp(name, port)
        return
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_websockets(name, port))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
