"""Later ASGI applications of every day; run as `hangup.lab.worlds.trial7_asgi:name`."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import statistics
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI, WebSocket
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocketDisconnect

from hangup.lab.worlds.auth import complaint
from hangup.lab.worlds.trial5_asgi import background, drain, plain_talk, site, talk

PASS = "panel-2208"
ORIGINS = ("https://app.example.org", "https://www.example.org")

plain = site(plain_talk)
"""Sends every text back."""


async def greets_by_name(socket: WebSocket) -> None:
    name = socket.session.get("name", "guest")
    await socket.accept(headers=[(b"x-user", name.encode())])
    await talk(socket)


sessions = site(greets_by_name)
"""Looks into the session of a middleware that nobody installed."""


async def says_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take a connection, as a service does that is out of threads."""
    try:
        await asyncio.Event().wait()
    finally:
        writer.close()


@contextlib.asynccontextmanager
async def has_a_session_service(app: Starlette) -> AsyncIterator[None]:
    server = await asyncio.start_server(says_nothing, "127.0.0.1", 0)
    app.state.service = server.sockets[0].getsockname()
    yield
    server.close()


async def asks_the_session_service(socket: WebSocket) -> None:
    reader, writer = await asyncio.open_connection(*socket.app.state.service)
    writer.write(b"GET /sessions/current HTTP/1.1\r\nHost: sessions\r\n\r\n")
    try:
        async with asyncio.timeout(1.0):
            await reader.readline()
    except TimeoutError:
        wrong = {"error": "upstream_timeout", "message": "session service did not answer in 1 s"}
        await socket.send_denial_response(JSONResponse(wrong, 504))
        return
    finally:
        writer.close()
    await socket.accept()
    await talk(socket)


async def page(_: Any) -> PlainTextResponse:
    return PlainTextResponse("pages are served\n")


service = Starlette(
    routes=[Route("/", page), WebSocketRoute("/ws", asks_the_session_service)],
    lifespan=has_a_session_service,
)
"""Asks a session service before it accepts, which is silent."""


async def wants_a_plan(socket: WebSocket) -> None:
    plans = {"acme": "free"}
    if plans["acme"] != "business":
        await socket.close()
        return
    await socket.accept()
    await talk(socket)


planned = site(wants_a_plan)
"""Closes before it accepts, since the organisation has not paid for live updates."""


async def was_archived(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close(4410, "this room was archived on 2 March")


archived = site(was_archived)
"""Ends every connection to a room that was archived."""


async def checks_once(socket: WebSocket) -> None:
    await socket.accept()
    token = socket.headers.get("authorization", "").removeprefix("Bearer ")
    if wrong := complaint(token):
        await socket.close(4401, wrong)
        return
    await talk(socket)


once = site(checks_once)
"""Looks at the token's expiry when somebody comes, and never again."""


async def wants_it_as_subprotocol(socket: WebSocket) -> None:
    offered = socket.scope["subprotocols"]
    if PASS not in offered:
        await socket.close(1008)
        return
    await socket.accept(next((each for each in offered if each != PASS), PASS))
    await talk(socket)


smuggled = site(wants_it_as_subprotocol)
"""Finds the token among the subprotocols, where a browser can put one."""


async def splits_in_three(socket: WebSocket) -> None:
    await socket.accept()
    _, kind, value = socket.headers.get("authorization", "").split(" ")
    await socket.send_json({"hello": kind, "with": value})
    await talk(socket)


splits = site(splits_in_three)
"""Splits the header of the token into three parts, of which there are two."""


async def knows_origins(socket: WebSocket) -> None:
    if socket.headers.get("origin", ORIGINS[0]) not in ORIGINS:
        await socket.close(1008)
        return
    await socket.accept()
    await talk(socket)


origins = site(knows_origins)
"""Knows its pages over https."""

means = FastAPI()
"""Gives the mean of what is sent."""


@means.websocket("/ws")
async def gives_means(socket: WebSocket) -> None:
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            values = (await socket.receive_json())["values"]
            await socket.send_json({"mean": statistics.mean(values)})


async def wants_a_beat(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_json({"op": 10, "d": {"heartbeat_interval": 1000}})
    with contextlib.suppress(WebSocketDisconnect):
        try:
            while True:
                async with asyncio.timeout(2.0):
                    while (await socket.receive_json()).get("op") != 1:
                        pass
                await socket.send_json({"op": 11})
        except TimeoutError:
            await socket.close(4009, "Session timed out")


beats = site(wants_a_beat)
"""Names an interval in its greeting, and wants `op` 1 within twice as long."""


async def numbers_by_three_bits(socket: WebSocket) -> None:
    await socket.accept()

    async def send() -> None:
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            for number in itertools.count():
                await socket.send_json({"type": "frame", "seq": number % 8})
                await asyncio.sleep(0.12)

    sending = asyncio.create_task(send())
    await drain(socket)
    sending.cancel()


wraps = site(numbers_by_three_bits)
"""Numbers what it sends from 0 to 7, and again."""


async def warns(socket: WebSocket) -> None:
    if complaint(socket.headers.get("authorization", "").removeprefix("Bearer ")):
        await socket.close(1008)
        return
    await socket.accept()
    text = "Unauthorized use is logged. Your token expires in 3600 s, then you get error 4401."
    await socket.send_json({"type": "notice", "text": text})
    await talk(socket)


warning = site(warns)
"""Greets with a warning, and lets in whoever has a token."""

jobs = FastAPI()
"""Answers each question when its work is done, which is not their order."""


@jobs.websocket("/ws")
async def answers_when_done(socket: WebSocket) -> None:
    await socket.accept()

    async def answer(question: dict[str, Any]) -> None:
        await asyncio.sleep(0.7 if question["op"] == "report" else 0.0)
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await socket.send_json({"id": question["id"], "status": "done"})

    with contextlib.suppress(WebSocketDisconnect):
        while True:
            background(answer(await socket.receive_json()))


@contextlib.asynccontextmanager
async def takes_its_time(_: Starlette) -> AsyncIterator[None]:
    await asyncio.sleep(2.5)
    yield


waking = Starlette(
    routes=[Route("/", page), WebSocketRoute("/ws", plain_talk)], lifespan=takes_its_time
)
"""Takes some seconds to start."""
