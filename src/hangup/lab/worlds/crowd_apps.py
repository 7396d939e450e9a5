"""ASGI applications that are well with few connections; run as `hangup.lab.worlds.crowd_apps:x`."""

from __future__ import annotations

import asyncio
import time

from hangup.lab.apps import asgi
from hangup.lab.apps.asgi import Message, Receive, Send

ROOM = 20
WORK, PAUSE = 0.001, 0.1
"""Seconds of work for each connection that hears of each other one, and between such works."""

_open: set[object] = set()


async def has_room_for_twenty(scope: Message, receive: Receive, send: Send) -> None:
    """Accept, and close whoever comes while so many are there."""
    if not await asgi._open(scope, receive, send):
        return
    if len(_open) >= ROOM:
        await send({"type": "websocket.close", "code": 1013, "reason": "the room is full"})
        return
    _open.add(receive)
    try:
        await _echo(receive, send)
    finally:
        _open.discard(receive)


async def tells_each_of_all(scope: Message, receive: Receive, send: Send) -> None:
    """Compute for each connection, on the loop and ten times a second, who else is there."""
    if await asgi._open(scope, receive, send):
        _open.add(receive)
        working = asyncio.create_task(_work())
        try:
            await _echo(receive, send)
        finally:
            working.cancel()
            _open.discard(receive)


async def _work() -> None:
    while True:
        await asyncio.sleep(PAUSE)
        time.sleep(WORK * len(_open))  # noqa: ASYNC251 - the fault


async def _echo(receive: Receive, send: Send) -> None:
    while (message := await receive())["type"] == "websocket.receive":
        await asgi._send_back(message, send)
