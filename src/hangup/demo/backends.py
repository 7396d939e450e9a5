"""The demo's further faults, one small ASGI backend each, written as somebody would write them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

from hangup.demo.chat import PATH, answer_http
from hangup.lab.apps.asgi import Message, Receive, Send

LOADING = 0.12
"""Seconds for which the late listener reads its session from a store."""


async def origin_checked(scope: Message, receive: Receive, send: Send) -> None:
    """Let in only pages of its own host, which the user's front end no longer is."""
    if not await _arrived(scope, receive, send):
        return
    own = {f"{scheme}://{_header(scope, 'host')}" for scheme in ("http", "https")}
    if _header(scope, "origin") not in own:
        await send({"type": "websocket.close", "code": 1008, "reason": "origin not allowed"})
        return
    await send({"type": "websocket.accept"})
    await _echo(receive, send)


async def poisoned(scope: Message, receive: Receive, send: Send) -> None:
    """Answer pings, and die on a question that names no thread."""
    if not await _arrived(scope, receive, send):
        return
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        request = json.loads(message["text"])
        if request["type"] == "ping":
            await _send_text(send, '{"type": "pong"}')
        else:
            await _send_text(send, f'{{"type": "answer", "thread": {request["thread_id"]}}}')


async def subprotocol_dropped(scope: Message, receive: Receive, send: Send) -> None:
    """Accept and forget to name the subprotocol that was offered."""
    if not await _arrived(scope, receive, send):
        return
    await send({"type": "websocket.accept"})
    await _echo(receive, send)


async def late_listener(scope: Message, receive: Receive, send: Send) -> None:
    """Read from the start, but subscribe only when the session is loaded."""
    if not await _arrived(scope, receive, send):
        return
    await send({"type": "websocket.accept"})
    listeners: list[Callable[[str], None]] = []
    answering = asyncio.create_task(_answer(listeners, send))
    while (message := await receive())["type"] == "websocket.receive":
        for listener in listeners:
            listener(message["text"])
    answering.cancel()


async def _answer(listeners: list[Callable[[str], None]], send: Send) -> None:
    await asyncio.sleep(LOADING)
    inbox = asyncio.Queue[str]()
    listeners.append(inbox.put_nowait)
    while True:
        await _send_text(send, json.dumps({"type": "answer", "to": await inbox.get()}))


async def _arrived(scope: Message, receive: Receive, send: Send) -> bool:
    if scope["type"] == "websocket":
        await receive()
        if scope["path"] == PATH:
            return True
        await send({"type": "websocket.close", "code": 1008, "reason": "no such route"})
    elif scope["type"] == "http":
        await answer_http(scope["path"], send)
    else:
        raise RuntimeError(f"no {scope['type']} here")  # what tells a server of no lifespan
    return False


async def _echo(receive: Receive, send: Send) -> None:
    while (message := await receive())["type"] == "websocket.receive":
        await _send_text(send, message.get("text") or message["bytes"].decode("utf-8", "replace"))


async def _send_text(send: Send, text: str) -> None:
    await send({"type": "websocket.send", "text": text})


def _header(scope: Message, name: str) -> str:
    wanted = name.encode()
    return next((v.decode("latin-1") for k, v in scope["headers"] if k == wanted), "")
