"""An endpoint that ends connections in every way, under one path each."""

from __future__ import annotations

import asyncio

from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect


async def echo(socket: WebSocket) -> None:
    await socket.accept()
    try:
        while True:
            await socket.send_text(await socket.receive_text())
    except WebSocketDisconnect:
        pass


async def closes(socket: WebSocket) -> None:
    """Closes with the code of the path, at the first message."""
    await socket.accept()
    await socket.receive_text()
    await socket.close(socket.path_params["code"], "as asked")


async def answers_and_closes(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text(await socket.receive_text())
    await socket.close(1011, "Internal error")


async def drops(socket: WebSocket) -> None:
    await socket.accept()
    await socket.receive_text()
    raise RuntimeError("on purpose")


async def refuses(socket: WebSocket) -> None:
    await socket.close(1008)


async def quiet(socket: WebSocket) -> None:
    await socket.accept()
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


async def ticks(socket: WebSocket) -> None:
    """Sends three messages, and closes as one does who is done."""
    await socket.accept()
    for number in range(3):
        await socket.send_text(str(number))
        await asyncio.sleep(0)
    await socket.close(1000)


app = Starlette(
    routes=[
        WebSocketRoute("/echo", echo),
        WebSocketRoute("/closes/{code:int}", closes),
        WebSocketRoute("/answers-and-closes", answers_and_closes),
        WebSocketRoute("/drops", drops),
        WebSocketRoute("/refuses", refuses),
        WebSocketRoute("/quiet", quiet),
        WebSocketRoute("/ticks", ticks),
    ]
)
