"""Applications of several frameworks, each recorded: `PATH` works, `PATH-fails` has one fault."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import quart
import starlette.applications
import starlette.routing
from fastapi import FastAPI, WebSocket
from litestar import Litestar, websocket_listener

from hangup.lab.apps import django_channels, socket_io
from hangup.lab.apps.chat import incident as studied_incident
from hangup.recorder import Recorder
from hangup.store.lines import JsonLines

SEEN = Path(os.environ.get("HANGUP_LAB_SEEN", os.devnull))
SINK = JsonLines(os.open(SEEN, os.O_WRONLY | os.O_APPEND | os.O_CREAT))


class Broken(Exception):  # noqa: N818 - the fault, not an error of ours
    """What the failing handlers raise."""


async def echo(socket: Any) -> None:
    await socket.accept()
    async for text in socket.iter_text():
        await socket.send_text(text)


async def fails(socket: Any) -> None:
    await socket.accept()
    raise Broken(await socket.receive_text())


def fastapi_app() -> Any:
    app = FastAPI()

    @app.websocket("/ws")
    async def works(socket: WebSocket) -> None:
        await echo(socket)

    @app.websocket("/fails")
    async def broken(socket: WebSocket) -> None:
        await fails(socket)

    return app


def starlette_app() -> Any:
    route = starlette.routing.WebSocketRoute
    return starlette.applications.Starlette(routes=[route("/ws", echo), route("/fails", fails)])


def quart_app() -> Any:
    app = quart.Quart(__name__)

    async def works() -> None:
        while True:
            await quart.websocket.send(await quart.websocket.receive())

    async def broken() -> None:
        raise Broken(await quart.websocket.receive())

    app.add_websocket("/ws", view_func=works)
    app.add_websocket("/fails", view_func=broken)
    return app


def litestar_app() -> Any:
    @websocket_listener("/ws")
    async def works(data: str) -> str:
        return data

    @websocket_listener("/fails")
    async def broken(data: str) -> str:
        raise Broken(data)

    return Litestar([works, broken], openapi_config=None)


def channels_app() -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        name = "raises_in_receive" if scope["path"] == "/fails" else "echo"
        await getattr(django_channels, name)({**scope, "path": "/ws"}, receive, send)

    return app


def of_socket_io(server: Any) -> Any:
    return Recorder(server, sink=SINK)


fastapi, starlette_, quart_, litestar, channels = (
    Recorder(make(), sink=SINK)
    for make in (fastapi_app, starlette_app, quart_app, litestar_app, channels_app)
)
sio_works = of_socket_io(socket_io.echo)
sio_fails = of_socket_io(socket_io.raises_at_event)
incident = Recorder(studied_incident, sink=SINK)
