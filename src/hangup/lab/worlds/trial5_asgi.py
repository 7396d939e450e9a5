"""ASGI applications, most of which fail before the conversation; run as `...trial5_asgi:name`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import uuid
from pathlib import Path
from typing import Any

from fastapi import Depends, FastAPI, WebSocket
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocketDisconnect

NOBODY_LISTENS = 1
tasks: set[asyncio.Task[None]] = set()


def site(endpoint: Any, path: str = "/ws", *before: BaseRoute) -> Starlette:
    """Make an application of one WebSocket route."""
    return Starlette(routes=[*before, WebSocketRoute(path, endpoint)])


def background(work: Any) -> None:
    """Start a task, and keep it from being collected."""
    task = asyncio.create_task(work)
    tasks.add(task)
    task.add_done_callback(tasks.discard)


async def talk(socket: WebSocket) -> None:
    """Send every text back."""
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await socket.send_text(await socket.receive_text())


async def drain(socket: WebSocket) -> None:
    """Read until the client is gone."""
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await socket.receive()


async def reach(port: int) -> None:
    """Connect to something that this application depends on."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()


tenants = FastAPI()
"""Finds the tenant in a header that the gateway of its own cluster adds."""


def schema(socket: WebSocket) -> str:
    return f"tenant_{socket.headers['x-tenant-id']}"


@tenants.websocket("/ws")
async def tenant_talk(socket: WebSocket, name: str = Depends(schema)) -> None:
    await socket.accept()
    await talk(socket)


async def reads_its_setting(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_json({"type": "welcome", "feed": os.environ["PRICE_FEED_URL"]})
    await talk(socket)


unset = site(reads_its_setting)
"""Was deployed without one of its settings."""


async def leaves_a_task(socket: WebSocket) -> None:
    await socket.accept()
    background(talk(socket))


forgetful = site(leaves_a_task)
"""Leaves the conversation to a task, and returns."""


async def waits_for_plugins(socket: WebSocket) -> None:
    await socket.accept()
    commands: dict[str, str] = {}
    loop = asyncio.get_running_loop()
    loop.call_later(0.4, commands.update, {"status": "all is well", "version": "7"})
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            command = await socket.receive_text()
            if command in commands:
                await socket.send_text(commands[command])


plugins = site(waits_for_plugins)
"""Knows its commands only when the plugins of the session are loaded."""

signed_in: dict[str, WebSocket] = {}


async def one_device(socket: WebSocket) -> None:
    user = socket.headers.get("authorization", "")
    if not user.startswith("Bearer "):
        await socket.close(1008)
        return
    await socket.accept()
    before = signed_in.pop(user, None)
    signed_in[user] = socket
    if before:
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await before.close(4409, "signed in on another device")
    await talk(socket)
    if signed_in.get(user) is socket:
        del signed_in[user]


devices = site(one_device)
"""Lets each user be signed in on one device."""


async def needs_redis(socket: WebSocket) -> None:
    await socket.accept()
    try:
        await reach(NOBODY_LISTENS)
    except OSError:
        await socket.close(1011, "redis: error 111 connecting to 127.0.0.1, connection refused")
        return
    await talk(socket)


subscribers = site(needs_redis)
"""Subscribes at a broker that is down, and says so."""

pool: list[str] = []


async def fills_the_pool() -> None:
    await asyncio.sleep(0.8)
    pool.append("connection 1")


async def lazy_pool(socket: WebSocket) -> None:
    await socket.accept()
    if not pool:
        background(fills_the_pool())
    await socket.send_json({"type": "welcome", "served_by": pool[0]})
    await talk(socket)


lazy = site(lazy_pool)
"""Makes its pool of database connections for the first who comes, and does not wait for it."""

locked = FastAPI()
"""Waits for a lock before it accepts; a job that died holds it."""
migration = asyncio.Lock()


async def migrated() -> None:
    if not migration.locked():
        await migration.acquire()
    await migration.acquire()


@locked.websocket("/ws")
async def locked_talk(socket: WebSocket, _: None = Depends(migrated)) -> None:
    await socket.accept()
    await talk(socket)


documents = FastAPI()
"""Identifies documents by UUID."""


@documents.websocket("/documents/{document}")
async def document_talk(socket: WebSocket, document: uuid.UUID) -> None:
    await socket.accept()
    await talk(socket)


async def plain_talk(socket: WebSocket) -> None:
    await socket.accept()
    await talk(socket)


swallowed = site(plain_talk, "/ws", Mount("/", StaticFiles(directory=Path(__file__).parent)))
"""Mounts its files at the root before the WebSocket, and they take what is meant for it."""


keys: dict[str | None, str] = {}


async def finds_no_key(socket: WebSocket) -> None:
    await socket.accept()
    bearer = socket.headers.get("authorization", "").removeprefix("Bearer ")
    await socket.send_json({"user": keys[bearer.partition(".")[0] or None]})
    await talk(socket)


keyless = site(finds_no_key)
"""Looks a key up in a set that was never loaded, with a token and without."""


class WantsBearer(BaseHTTPMiddleware):
    """Lets in who brings a token; Starlette calls it for HTTP only."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        """Answer 401 to strangers."""
        if not request.headers.get("authorization", "").startswith("Bearer "):
            return JSONResponse({"detail": "Not authenticated"}, 401)
        return await call_next(request)


guarded = Starlette(
    routes=[WebSocketRoute("/ws", plain_talk)], middleware=[Middleware(WantsBearer)]
)
"""Protects its pages, and believes that this protects its WebSocket."""


async def graphql_transport(socket: WebSocket) -> None:
    await socket.accept("graphql-transport-ws")
    with contextlib.suppress(WebSocketDisconnect):
        try:
            first = await asyncio.wait_for(socket.receive_json(), 2.0)
        except TimeoutError:
            await socket.close(4408, "Connection initialisation timeout")
            return
        if first.get("type") != "connection_init":
            await socket.close(4401, "Unauthorized")
            return
        await socket.send_json({"type": "connection_ack"})
        while True:
            event = await socket.receive_json()
            if event["type"] == "subscribe":
                data = {"id": event["id"], "type": "next", "payload": {"data": {"ticker": 42}}}
                await socket.send_json(data)


graphql = site(graphql_transport)
"""Speaks GraphQL as graphql-ws does, and wants its first message in time."""
