"""ASGI applications that fail in conversation, or never; run as `...trial5_talking:name`."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
from typing import Any

import msgspec
from fastapi import FastAPI, WebSocket
from starlette.websockets import WebSocketDisconnect

from hangup.lab.worlds.trial5_asgi import NOBODY_LISTENS, background, drain, reach, site, talk

NOTIFY_LIMIT = 8000

rooms = FastAPI()
"""Greets, and takes a room's name for the room itself."""


@rooms.websocket("/ws")
async def room(socket: WebSocket) -> None:
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            event = await socket.receive_json()
            if event["type"] == "hello":
                await socket.send_json({"type": "welcome"})
            elif event["type"] == "join":
                await socket.send_json({"type": "joined", "room": event["room"]["id"]})


async def asks_a_model(socket: WebSocket) -> None:
    await socket.accept()
    try:
        await socket.receive_json()
        await socket.send_json({"type": "started"})
        await reach(NOBODY_LISTENS)
        await socket.send_json({"type": "done"})
    except WebSocketDisconnect:
        return
    except OSError:
        logging.exception("the model did not answer")
    await socket.close()


prompts = site(asks_a_model)
"""Writes an error to its log, and closes as after a good answer."""


async def notifies(socket: WebSocket) -> None:
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            payload = await socket.receive_text()
            if len(payload.encode()) >= NOTIFY_LIMIT:
                raise ValueError("payload string too long")
            await socket.send_json({"published": len(payload)})


notify = site(notifies)
"""Passes messages on through a database that takes 8000 bytes at once."""


async def knows_actions(socket: WebSocket) -> None:
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            match (await socket.receive_json()).get("action"):
                case "ping":
                    await socket.send_json({"action": "pong"})
                case "subscribe":
                    await socket.send_json({"action": "subscribed"})
                case _:
                    continue


actions = site(knows_actions)
"""Calls `action` what its documentation once called `type`, and ignores the rest."""

subscriptions: list[str] = []
latest: dict[str, WebSocket] = {}


async def publishes() -> None:
    for number in itertools.count(1):
        for user in tuple(subscriptions):
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await latest[user].send_json({"type": "trade", "id": number})
        await asyncio.sleep(0.1)


async def subscribes(socket: WebSocket) -> None:
    await socket.accept()
    if not subscriptions:
        background(publishes())
    latest["user"] = socket
    subscriptions.append("user")
    await drain(socket)


trades = site(subscribes)
"""Subscribes on every connect, and never ends a subscription."""

present: list[WebSocket] = []


async def seats(socket: WebSocket) -> None:
    await socket.accept()
    if len(present) >= 2:
        await socket.close(1013, "connection limit reached")
        return
    present.append(socket)
    await talk(socket)
    present.remove(socket)


two_seats = site(seats)
"""Has places for two."""

panel: dict[str, WebSocket | None] = {}


async def controls(socket: WebSocket) -> None:
    await socket.accept()
    panel["socket"] = socket
    try:
        while True:
            said = await socket.receive_text()
            active: Any = panel["socket"]
            await active.send_text(f"ack {said}")
    except WebSocketDisconnect:
        panel["socket"] = None


device = site(controls)
"""Was written for one control panel, and keeps its socket at one place."""


async def wants_beats(socket: WebSocket) -> None:
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            try:
                event = await asyncio.wait_for(socket.receive_json(), 2.0)
            except TimeoutError:
                await socket.close(4002, "heartbeat timeout")
                return
            kind = "heartbeat_ack" if event.get("type") == "heartbeat" else "subscribed"
            await socket.send_json({"type": kind})


beats = site(wants_beats)
"""Wants a heartbeat of the application every two seconds."""


async def reports_progress(socket: WebSocket) -> None:
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        job = json.loads(await socket.receive_text())
        for share in (25, 50, 75, 100):
            await asyncio.sleep(0.1)
            await socket.send_json({"job": job["job"], "percent": share})
        await socket.send_json({"job": job["job"], "state": "finished"})
        await socket.close(1000)


jobs = site(reports_progress)
"""Streams the progress of a job, and closes when it is over."""


async def remembers_errors(socket: WebSocket) -> None:
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            call = await socket.receive_json()
            last = "TimeoutError: yesterday, in the nightly export"
            answer = {"jsonrpc": "2.0", "id": call["id"], "error": None, "result": last}
            await socket.send_json(answer)


journal = site(remembers_errors)
"""Tells the last error of another system, which is what it is for."""


async def known_rooms(socket: WebSocket) -> None:
    await socket.accept()
    if socket.path_params["room"] == "general":
        await talk(socket)
    else:
        await socket.close(4404, "no such room")


hallway = site(known_rooms, "/rooms/{room}")
"""Has one room, and says so of the others."""


async def unpacks(socket: WebSocket) -> None:
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if message.get("bytes") is None:
                await socket.close(1003, "MessagePack only")
                return
            call = msgspec.msgpack.decode(message["bytes"])
            await socket.send_bytes(msgspec.msgpack.encode({"id": call["id"], "status": "ready"}))


packed = site(unpacks)
"""Speaks MessagePack."""
