"""Further ASGI applications of every day; run as `hangup.lab.worlds.trial6_asgi:name`."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import datetime
import itertools
import json
import os
import time
import traceback
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

from fastapi import (
    Cookie,
    Depends,
    FastAPI,
    HTTPException,
    Request,
    WebSocket,
    WebSocketException,
)
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocketDisconnect

from hangup.lab.worlds.trial5_asgi import background, drain, plain_talk, site, talk
from hangup.lab.worlds.trial6_parts import SUPPLIED

PASS = "desk-4711"
plain = site(plain_talk)
"""Sends every text back."""


@contextlib.asynccontextmanager
async def opens_a_pool(app: FastAPI) -> AsyncIterator[None]:
    app.state.pool = ["connection 1"]
    yield


pooled = FastAPI(lifespan=opens_a_pool)
"""Opens its pool when the server says that it starts."""


@pooled.websocket("/ws")
async def pooled_talk(socket: WebSocket) -> None:
    connection = socket.app.state.pool[0]
    await socket.accept(headers=[(b"x-served-by", connection.encode())])
    await talk(socket)


features = {"live": False}


async def asks_for_a_feature(socket: WebSocket) -> None:
    if not features["live"]:
        await socket.close(1013, "live updates are not enabled")
        return
    await socket.accept()
    await talk(socket)


beta = site(asks_for_a_feature)
"""Has its live updates switched off, and says so before it accepts."""

history = FastAPI()
"""Wants a time in the query."""


@history.websocket("/ws")
async def history_since(socket: WebSocket, since: datetime.datetime) -> None:
    await socket.accept()
    await talk(socket)


async def answers_without_a_loop(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text(await socket.receive_text())


once = site(answers_without_a_loop)
"""Answers one message, because nobody wrote a loop."""


async def tells_the_traceback(socket: WebSocket) -> None:
    await socket.accept()
    try:
        await socket.send_json({"plan": {"free": 1}[socket.query_params.get("plan", "")]})
    except KeyError:
        await socket.close(1011, traceback.format_exc())
        return
    await talk(socket)


talkative = site(tells_the_traceback)
"""Puts a whole traceback into the reason of its close."""

loaded: list[str] = []


async def loads_the_model() -> None:
    await asyncio.sleep(4.0)
    loaded.append("model")


@contextlib.asynccontextmanager
async def begins_to_load(_: Starlette) -> AsyncIterator[None]:
    background(loads_the_model())
    yield


async def wants_the_model(socket: WebSocket) -> None:
    await socket.accept()
    if not loaded:
        await socket.close(1013, "the model is still loading, try again later")
        return
    await talk(socket)


warming = Starlette(routes=[WebSocketRoute("/ws", wants_the_model)], lifespan=begins_to_load)
"""Takes connections while its model is still loading."""


async def generates_code(socket: WebSocket) -> None:
    await socket.accept()

    def write() -> None:
        views = Path(os.environ[SUPPLIED], "views.py")
        views.write_text(f"MADE_AT = {time.time()}\n", encoding="utf-8")

    asyncio.get_running_loop().call_later(0.8, write)
    await talk(socket)


generates = site(generates_code)
"""Writes a file of code for each session, into a folder that the server watches."""

postcards = FastAPI()
"""Passes names on to a printer that knows ASCII."""


@postcards.websocket("/ws")
async def prints(socket: WebSocket) -> None:
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            name = (await socket.receive_json())["to"]
            await socket.send_json({"printed": len(name.encode("ascii"))})


async def consumes(queue: asyncio.Queue[int], seconds: float, socket: WebSocket) -> None:
    with contextlib.suppress(RuntimeError, WebSocketDisconnect):
        while True:
            number = await queue.get()
            await asyncio.sleep(seconds)
            await socket.send_json({"type": "order", "seq": number})


async def has_two_consumers(socket: WebSocket) -> None:
    await socket.accept()
    queue: asyncio.Queue[int] = asyncio.Queue()
    background(consumes(queue, 0.0, socket))
    background(consumes(queue, 0.055, socket))

    async def produce() -> None:
        for number in itertools.count(1):
            queue.put_nowait(number)
            await asyncio.sleep(0.02)

    producing = asyncio.create_task(produce())
    await drain(socket)
    producing.cancel()


consumers = site(has_two_consumers)
"""Two consumers take from one queue, and one of them is slower."""

models: dict[str, str] = {}
loading = asyncio.Lock()


async def loads_for_the_first(socket: WebSocket) -> None:
    async with loading:
        if not models:
            await asyncio.sleep(3.5)
            models["tone"] = "ready"
    await socket.accept()
    await talk(socket)


on_demand = site(loads_for_the_first)
"""Loads its model for the first who connects, before it accepts."""


def stops_for_good() -> None:
    """Wait for a lock that nobody will release, on the event loop."""
    time.sleep(600)


@contextlib.asynccontextmanager
async def soon_stuck(_: Starlette) -> AsyncIterator[None]:
    asyncio.get_running_loop().call_later(0.2, stops_for_good)
    yield


deadlocked = Starlette(routes=[WebSocketRoute("/ws", plain_talk)], lifespan=soon_stuck)
"""Has a deadlock in its event loop."""

members = FastAPI()
"""Knows its users by a cookie."""


def member(token: Annotated[str | None, Cookie()] = None) -> str:
    if token != PASS:
        raise WebSocketException(1008, "not signed in")
    return token


@members.websocket("/ws")
async def member_talk(socket: WebSocket, _: str = Depends(member)) -> None:
    await socket.accept()
    await talk(socket)


def claims_of(socket: WebSocket) -> dict[str, Any]:
    """Read the claims of a token, and verify nothing."""
    token = socket.headers.get("authorization", "").removeprefix("Bearer ")
    try:
        part = token.split(".")[1]
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=="))
    except (IndexError, ValueError):
        return {}
    return claims if claims.get("exp", 0) > time.time() else {}


async def believes_claims(socket: WebSocket) -> None:
    claims = claims_of(socket)
    if "sub" not in claims:
        await socket.close(1008)
        return
    await socket.accept()
    await talk(socket)


believing = site(believes_claims)
"""Looks at the expiry and the subject of a token, and not at its signature."""


class JwtBearer(HTTPBearer):
    """Checks the token of a request, as a tutorial has it."""

    async def __call__(self, request: Request) -> HTTPAuthorizationCredentials:  # type: ignore[override]
        """Give the credential of a request."""
        found = await super().__call__(request)
        if found is None or found.credentials != PASS:
            raise HTTPException(403, "Invalid token or expired token.")
        return found


bearers = FastAPI()
"""Guards its pages and its WebSocket with one class, which is for pages."""


@bearers.get("/me")
async def bearer_page(
    who: Annotated[HTTPAuthorizationCredentials, Depends(JwtBearer())],
) -> dict[str, str]:
    return {"scheme": who.scheme}


@bearers.websocket("/ws")
async def bearer_talk(
    socket: WebSocket, who: Annotated[HTTPAuthorizationCredentials, Depends(JwtBearer())]
) -> None:
    await socket.accept()
    await talk(socket)


async def exports_all(socket: WebSocket) -> None:
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            everything = await socket.receive_text() == "all"
            rows = '{"item": "book", "left": 7},' * (1_000_000 if everything else 25_000)
            await socket.send_text(f'{{"rows": [{rows}{{}}], "complete": true}}')


exports = site(exports_all)
"""Sends a table in one message; all of it has grown to 28 MB, this week's rows are 0.7 MB."""


async def tells_its_state(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_json({"type": "state", "errors": 0, "last": "error 503: connection refused"})
    await talk(socket)


stateful = site(tells_its_state)
"""Greets with the state of another system, which had errors."""


strict = FastAPI()
"""Wants a token in the query, an origin and a subprotocol, each of which must be right."""


@strict.websocket("/ws")
async def strict_talk(socket: WebSocket, token: str = "") -> None:
    offered = socket.scope["subprotocols"]
    known = socket.headers.get("origin") in (None, "https://desk.example.org")
    if token != PASS or not known or (offered and "v2.desk" not in offered):
        raise WebSocketException(1008)
    await socket.accept("v2.desk" if offered else None)
    await talk(socket)


async def thinks_aside(socket: WebSocket) -> None:
    await socket.accept()

    async def beat() -> None:
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            for number in itertools.count(1):
                await asyncio.sleep(0.4)
                await socket.send_json({"type": "working", "beat": number})

    beating = asyncio.create_task(beat())
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            question = await socket.receive_text()
            await asyncio.to_thread(time.sleep, 1.8)
            await socket.send_json({"type": "answer", "to": question})
    beating.cancel()


thoughtful = site(thinks_aside)
"""Thinks in a thread, and says meanwhile that it works."""
