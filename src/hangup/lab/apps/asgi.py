"""ASGI applications, one behaviour each, for uvicorn, hypercorn, daphne and granian."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

PATH = "/ws"


class Crash(Exception):  # noqa: N818 - the fault, not an error of ours
    """What the crashing applications raise."""


async def echo(scope: Message, receive: Receive, send: Send) -> None:
    """Accept the first offered subprotocol and send every message back."""
    if await _open(scope, receive, send):
        while (message := await receive())["type"] == "websocket.receive":
            await _send_back(message, send)


async def crash_before_accept(scope: Message, receive: Receive, send: Send) -> None:
    """Raise before the handshake is answered."""
    if await _arrived(scope, receive, send):
        raise Crash("before accept")


async def crash_after_accept(scope: Message, receive: Receive, send: Send) -> None:
    """Raise when the socket is open, before any message."""
    if await _open(scope, receive, send):
        raise Crash("after accept")


async def crash_on_message(scope: Message, receive: Receive, send: Send) -> None:
    """Raise at the first message."""
    if await _open(scope, receive, send):
        await receive()
        raise Crash("on message")


async def close_before_accept(scope: Message, receive: Receive, send: Send) -> None:
    """Close 1008 before accepting: the client never sees that code."""
    if await _arrived(scope, receive, send):
        await send({"type": "websocket.close", "code": 1008, "reason": "not allowed"})


async def close_after_accept(scope: Message, receive: Receive, send: Send) -> None:
    """Close 4401 as an application that refuses a credential does."""
    if await _open(scope, receive, send):
        await send({"type": "websocket.close", "code": 4401, "reason": "not allowed"})


async def return_before_accept(scope: Message, receive: Receive, send: Send) -> None:
    """Return without an answer to the handshake."""
    await _arrived(scope, receive, send)


async def return_after_accept(scope: Message, receive: Receive, send: Send) -> None:
    """Return while the socket is open, without closing it."""
    await _open(scope, receive, send)


async def silent(scope: Message, receive: Receive, send: Send) -> None:
    """Accept, read everything and say nothing."""
    if await _open(scope, receive, send):
        while (await receive())["type"] == "websocket.receive":
            pass


async def hang_before_accept(scope: Message, receive: Receive, send: Send) -> None:
    """Never answer the handshake."""
    if await _arrived(scope, receive, send):
        await asyncio.Event().wait()


async def _send_back(message: Message, send: Send) -> None:
    text = message.get("text")
    if text is not None:
        await send({"type": "websocket.send", "text": text})
    else:
        await send({"type": "websocket.send", "bytes": message["bytes"]})


async def _open(scope: Message, receive: Receive, send: Send) -> bool:
    if not await _arrived(scope, receive, send):
        return False
    offered = scope.get("subprotocols") or [None]
    await send({"type": "websocket.accept", "subprotocol": offered[0]})
    return True


async def _arrived(scope: Message, receive: Receive, send: Send) -> bool:
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "http":
        await _answer_http(scope["path"], send)
    else:
        await receive()
        if scope["path"] == PATH:
            return True
        await send({"type": "websocket.close", "code": 1008, "reason": "no such route"})
    return False


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _answer_http(path: str, send: Send) -> None:
    status, body = (200, b"ok") if path == "/" else (404, b"not found")
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
