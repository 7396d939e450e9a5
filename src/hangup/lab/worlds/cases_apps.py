"""ASGI applications made after public cases; run as `hangup.lab.worlds.cases_apps:name`."""

from __future__ import annotations

import asyncio
import datetime

from fastapi import Depends, FastAPI, WebSocket
from starlette.applications import Starlette
from starlette.authentication import AuthenticationBackend, requires
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocketDisconnect

from hangup.lab.apps import asgi
from hangup.lab.apps.asgi import Message, Receive, Send


async def echo(socket: WebSocket) -> None:
    """Send every message back."""
    try:
        while True:
            await socket.send_text(await socket.receive_text())
    except WebSocketDisconnect:
        return


class Nobody(AuthenticationBackend):
    """An authentication back end that knows no credential."""

    async def authenticate(self, connection: HTTPConnection) -> None:
        """Know nobody."""


@requires("authenticated", status_code=401)
async def members_only(websocket: WebSocket) -> None:
    """Let in who is known."""
    await websocket.accept()
    await echo(websocket)


members = Starlette(
    routes=[WebSocketRoute("/ws", members_only)],
    middleware=[Middleware(AuthenticationMiddleware, backend=Nobody())],
)
"""Wants 401 for strangers, which ASGI turns into 403."""


class OpenId:
    """A security scheme that reads the header of a Request."""

    def __call__(self, request: Request) -> str:
        """Give the credential."""
        return request.headers["authorization"]


guarded = FastAPI(dependencies=[Depends(OpenId())])
"""A dependency for all routes, the WebSocket among them, that only a Request can satisfy."""


@guarded.websocket("/ws")
async def guarded_echo(socket: WebSocket) -> None:
    """Send every message back."""
    await socket.accept()
    await echo(socket)


prefixed = FastAPI()
"""Serves pages below a prefix, and its WebSocket not."""


@prefixed.get("/api/ws")
async def page() -> dict[str, str]:
    """Tell how it is."""
    return {"status": "ok"}


@prefixed.websocket("/ws")
async def unprefixed(socket: WebSocket) -> None:
    """Send every message back."""
    await socket.accept()
    await echo(socket)


answers = FastAPI()
"""Sends what JSON cannot hold: as an answer, as a greeting, to the whole room."""


@answers.websocket("/ws")
async def dated_answer(socket: WebSocket) -> None:
    """Answer with a date."""
    await socket.accept()
    await socket.receive_text()
    await socket.send_json({"rows": [{"at": datetime.datetime.now(datetime.UTC)}]})


@answers.websocket("/greets")
async def dated_greeting(socket: WebSocket) -> None:
    """Greet with the state, in which there is a date."""
    await socket.accept()
    await socket.send_json({"state": "init", "at": datetime.datetime.now(datetime.UTC)})
    await echo(socket)


@answers.websocket("/room")
async def treats_as_dead(socket: WebSocket) -> None:
    """Take a failed send for a dead peer, and close it."""
    await socket.accept()
    await socket.send_json({"type": "welcome"})
    await socket.receive_text()
    try:
        await socket.send_json({"value": b"\x00\x01"})
    except TypeError:
        await socket.close()


no_subprotocol = FastAPI()
"""Reads a token from the subprotocols, and accepts without selecting one."""


@no_subprotocol.websocket("/ws")
async def accepts_plainly(socket: WebSocket) -> None:
    """Accept as the tutorial does."""
    await socket.accept()
    await echo(socket)


async def raises_for_unknown_paths(scope: Message, receive: Receive, send: Send) -> None:
    """Raise where no route fits, as Channels' router does."""
    if scope["type"] == "websocket" and scope["path"] != asgi.PATH:
        raise ValueError(f"No route found for path {scope['path']!r}.")
    await asgi.echo(scope, receive, send)


async def works_long(scope: Message, receive: Receive, send: Send) -> None:
    """Accept late: what it does before takes longer than the server waits."""
    if await asgi._arrived(scope, receive, send):
        await asyncio.sleep(30)


async def fills_its_channel(scope: Message, receive: Receive, send: Send) -> None:
    """Publish 150 events from one handler into a channel that holds 100."""
    if not await asgi._open(scope, receive, send):
        return
    while (await receive())["type"] == "websocket.receive":
        channel: asyncio.Queue[str] = asyncio.Queue(100)
        for number in range(150):
            if not channel.full():
                channel.put_nowait(f'{{"event": {number}}}')
        while not channel.empty():
            await send({"type": "websocket.send", "text": channel.get_nowait()})
