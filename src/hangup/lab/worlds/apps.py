"""Applications with one fault each, for real servers; run as `hangup.lab.worlds.apps:name`."""

from __future__ import annotations

import asyncio
import json
import os
import time
from typing import Any

from fastapi import Depends, FastAPI, HTTPException, Query, Request, WebSocket
from starlette.websockets import WebSocketDisconnect

from hangup.lab.apps import asgi
from hangup.lab.apps.asgi import Message, Receive, Send

routed = FastAPI()
"""A route with a slash at its end, one with a typed parameter, one with an HTTP-only dependency."""


@routed.websocket("/slash/")
async def slash(socket: WebSocket) -> None:
    await _echo(socket)


@routed.websocket("/typed")
async def typed(socket: WebSocket, room: int = Query()) -> None:
    await _echo(socket)


def current_user(request: Request) -> str:
    return request.headers["authorization"]


@routed.websocket("/http-only")
async def http_only(socket: WebSocket, user: str = Depends(current_user)) -> None:
    await _echo(socket)


@routed.get("/http-only")
async def http_works(user: str = Depends(current_user)) -> str:
    return user


@routed.websocket("/denied")
async def denied(socket: WebSocket) -> None:
    raise HTTPException(401, "Could not validate credentials")


@routed.websocket("/closes")
async def closes(socket: WebSocket) -> None:
    await socket.close(1011, "service not ready")


async def _echo(socket: WebSocket) -> None:
    await socket.accept()
    try:
        while True:
            await socket.send_text(await socket.receive_text())
    except WebSocketDisconnect:
        return


async def masked(scope: Message, receive: Receive, send: Send) -> None:
    """Hide every exception behind one close."""
    if await asgi._open(scope, receive, send):
        try:
            raise asgi.Crash("in authentication")
        except asgi.Crash:
            await send({"type": "websocket.close", "code": 1011, "reason": "Internal error"})


async def masked_clean(scope: Message, receive: Receive, send: Send) -> None:
    """Hide every exception behind a clean close."""
    if await asgi._open(scope, receive, send):
        try:
            raise asgi.Crash("before the loop")
        except asgi.Crash:
            pass
        finally:
            await send({"type": "websocket.close", "code": 1000, "reason": "cleanup"})


async def http_status_as_code(scope: Message, receive: Receive, send: Send) -> None:
    """Close with the number of an HTTP status."""
    if await asgi._open(scope, receive, send):
        await send({"type": "websocket.close", "code": 401, "reason": "unauthorized"})


async def reserved_code(scope: Message, receive: Receive, send: Send) -> None:
    """Close with a code that is for nobody to send."""
    if await asgi._open(scope, receive, send):
        await send({"type": "websocket.close", "code": 1006, "reason": "component 6 failed"})


async def text_only(scope: Message, receive: Receive, send: Send) -> None:
    """Read text, and die on binary messages."""
    await _on_messages(scope, receive, send, lambda message: message["text"])


async def binary_only(scope: Message, receive: Receive, send: Send) -> None:
    """Read bytes, and die on text messages."""
    await _on_messages(scope, receive, send, lambda message: message["bytes"].decode())


async def poisoned(scope: Message, receive: Receive, send: Send) -> None:
    """Answer pings, die on a question that names no thread."""
    await _on_messages(scope, receive, send, _answer)


async def cannot_serialise(scope: Message, receive: Receive, send: Send) -> None:
    """Answer with a value that JSON cannot hold."""
    await _on_messages(scope, receive, send, lambda _: json.dumps({"at": object()}))


def _answer(message: Message) -> str:
    request = json.loads(message["text"])
    return "pong" if request["type"] == "ping" else f"answer {request['thread_id']}"


async def _on_messages(scope: Message, receive: Receive, send: Send, answer: Any) -> None:
    if await asgi._open(scope, receive, send):
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": answer(message)})


async def blocks(scope: Message, receive: Receive, send: Send) -> None:
    """Sleep on the event loop for longer than anybody waits, at the first message."""
    if await asgi._open(scope, receive, send):
        while (await receive())["type"] == "websocket.receive":
            time.sleep(60)  # noqa: ASYNC251 - the fault


async def takes_long(scope: Message, receive: Receive, send: Send) -> None:
    """Answer a message after a while in which others are served."""
    if await asgi._open(scope, receive, send):
        while (message := await receive())["type"] == "websocket.receive":
            await asyncio.sleep(2.5)
            await send({"type": "websocket.send", "text": message["text"]})


async def exits(scope: Message, receive: Receive, send: Send) -> None:
    """End the process at the first message, as a crash in native code does."""
    if await asgi._open(scope, receive, send):
        while (await receive())["type"] == "websocket.receive":
            os._exit(139)


async def blocks_on_open(scope: Message, receive: Receive, send: Send) -> None:
    """Sleep on the event loop for some seconds as soon as a connection is open, then echo."""
    if await asgi._open(scope, receive, send):
        time.sleep(3.0)  # noqa: ASYNC251 - the fault
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})


async def slow_accept(scope: Message, receive: Receive, send: Send) -> None:
    """Wait for a dependency before accepting, for longer than any client waits."""
    if await asgi._arrived(scope, receive, send):
        await asyncio.sleep(60)
