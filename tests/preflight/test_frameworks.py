"""The same faults are found in handlers of every framework, and well ones are left alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from preflight_reading import found

CHANNELS = """
import uuid
from channels.generic.websocket import AsyncJsonWebsocketConsumer

class Chat(AsyncJsonWebsocketConsumer):
    async def connect(self):
        {connect}
    async def receive_json(self, content):
        {receive}
"""
AIOHTTP = """
import datetime
from aiohttp import web

async def chat(request):
    ws = web.WebSocketResponse()
    {prepare}
    async for message in ws:
        {receive}
    return ws
"""
TORNADO = """
import decimal
from tornado.websocket import WebSocketHandler

class Chat(WebSocketHandler):
    def open(self):
        {open}
    def on_message(self, message):
        {receive}
"""
WEBSOCKETS = """
import asyncio
import time
from websockets.asyncio.server import serve

async def chat(connection):
    async for message in connection:
        {receive}

async def main():
    async with serve(chat, "", 8000) as server:
        await server.serve_forever()
"""
STARLETTE = """
from starlette.endpoints import WebSocketEndpoint
from starlette.routing import WebSocketRoute

async def chat(websocket):
    {function}

class Chat(WebSocketEndpoint):
    async def on_connect(self, websocket):
        {connect}
    async def on_receive(self, websocket, data):
        {receive}

routes = [WebSocketRoute("/ws", chat), WebSocketRoute("/chat", Chat)]
"""
QUART = """
from quart import Quart, websocket

app = Quart(__name__)

@app.websocket("/ws")
async def chat():
    {body}
"""
ASGI = """
import json

async def app(scope, receive, send):
    if scope["type"] == "websocket":
        {body}
"""
ASGI_BY_HELPER = """
async def app(scope, receive, send):
    try:
        user = lookup(scope)
    except Exception:
        await fail(send)

def lookup(scope):
    return registry[scope["path"]]

async def fail(send):
    await send({"type": "websocket.close", "code": 1011})
"""
ACCEPTED = "await websocket.accept(); await websocket.close()"
FAULTY = {
    "channels: a reserved code": (
        CHANNELS.format(connect="await self.accept()", receive="await self.close(code=1006)"),
        ["ws-reserved-close-code"],
    ),
    "channels: a UUID": (
        CHANNELS.format(
            connect="await self.accept()",
            receive='await self.send_json({"id": uuid.uuid4()})',
        ),
        ["ws-unserializable-value"],
    ),
    "channels: nothing accepted": (
        CHANNELS.format(connect="self.user = self.scope['user']", receive="pass"),
        ["ws-no-accept"],
    ),
    "channels: not awaited": (
        CHANNELS.format(connect="self.accept()", receive="pass"),
        ["ws-not-awaited"],
    ),
    "channels: no subprotocol": (
        CHANNELS.format(
            connect="if self.scope['subprotocols']: await self.accept()", receive="pass"
        ),
        ["ws-subprotocol-not-echoed"],
    ),
    "aiohttp: a long reason": (
        AIOHTTP.format(
            prepare="await ws.prepare(request)",
            receive=f'await ws.close(code=1008, message=b"{"x" * 124}")',
        ),
        ["ws-long-close-reason"],
    ),
    "aiohttp: never prepared": (
        AIOHTTP.format(prepare="", receive="await ws.send_str(message.data)"),
        ["ws-no-accept"],
    ),
    "aiohttp: a datetime in a variable": (
        AIOHTTP.format(
            prepare="await ws.prepare(request); now = datetime.datetime.now()",
            receive='await ws.send_json({"at": now})',
        ),
        ["ws-unserializable-value"],
    ),
    "tornado: a status of HTTP": (
        TORNADO.format(open="self.close(401)", receive="pass"),
        ["ws-reserved-close-code"],
    ),
    "tornado: a Decimal": (
        TORNADO.format(
            open="pass", receive='self.write_message({"sum": decimal.Decimal(message)})'
        ),
        ["ws-unserializable-value"],
    ),
    "websockets: a sleep": (
        WEBSOCKETS.format(receive="time.sleep(1)"),
        ["ws-blocking-call"],
    ),
    "websockets: a task that nobody holds": (
        WEBSOCKETS.format(receive="asyncio.create_task(connection.send(message))"),
        ["ws-dangling-task"],
    ),
    "websockets: sent after the close": (
        WEBSOCKETS.format(receive="await connection.close(); await connection.send(message)"),
        ["ws-send-after-close"],
    ),
    "starlette: a function without accept": (
        STARLETTE.format(
            function="await websocket.send_text('a'); await websocket.close()",
            connect="await websocket.accept()",
            receive="pass",
        ),
        ["ws-no-accept"],
    ),
    "starlette: an endpoint that does not accept": (
        STARLETTE.format(
            function=ACCEPTED, connect="await websocket.send_text('a')", receive="pass"
        ),
        ["ws-no-accept"],
    ),
    "quart: a reserved code": (
        QUART.format(body="await websocket.close(1005)"),
        ["ws-reserved-close-code"],
    ),
    "asgi: a reserved code": (
        ASGI.format(body='await send({"type": "websocket.close", "code": 1015})'),
        ["ws-reserved-close-code"],
    ),
    "asgi: a set": (
        ASGI.format(
            body='await send({"type": "websocket.send", "text": json.dumps({"all": {1, 2}})})'
        ),
        ["ws-unserializable-value"],
    ),
    "asgi: a name that is nowhere, and a function that closes": (
        ASGI_BY_HELPER,
        ["py-undefined-name-masked"],
    ),
}
WELL = {
    "channels": CHANNELS.format(
        connect="await self.accept()", receive='await self.send_json({"id": str(uuid.uuid4())})'
    ),
    "channels, closing in a method of its own": CHANNELS.format(
        connect="await self.check()", receive="await self.close(code=4001)"
    ),
    "aiohttp": AIOHTTP.format(
        prepare="await ws.prepare(request)", receive="await ws.send_str(message.data)"
    ),
    "tornado": TORNADO.format(open="pass", receive="self.write_message(message)"),
    "websockets": WEBSOCKETS.format(receive="await connection.send(message)"),
    "starlette": STARLETTE.format(
        function=ACCEPTED,
        connect="await websocket.accept()",
        receive="await websocket.send_text(data)",
    ),
    "quart": QUART.format(body="await websocket.send(await websocket.receive())"),
    "asgi": ASGI.format(body='await send({"type": "websocket.close", "code": 4401})'),
}


@pytest.mark.parametrize("name", FAULTY)
def test_a_fault_is_found(tmp_path: Path, name: str) -> None:
    text, rules = FAULTY[name]
    assert [rule for rule, _ in found(tmp_path, app=text)] == rules


@pytest.mark.parametrize("name", WELL)
def test_a_handler_that_is_well_has_no_finding(tmp_path: Path, name: str) -> None:
    assert found(tmp_path, app=WELL[name]) == []
