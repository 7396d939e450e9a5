import asyncio
import os
import unittest

import aiohttp
import httpx_ws
import pytest
from app import app
from starlette.testclient import TestClient
from websockets.asyncio.client import connect
from websockets.sync.client import connect as connect_sync

URL = os.environ["HANGUP_URL"] + "/echo"


@pytest.mark.websocket
def test_sync():
    with connect_sync(URL) as socket:
        socket.send("hello")
        assert socket.recv() == "hello"


@pytest.mark.websocket(deadline=5)
@pytest.mark.asyncio
async def test_pytest_asyncio():
    async with connect(URL) as socket:
        await socket.send("hello")
        assert await socket.recv() == "hello"


@pytest.mark.websocket
@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_anyio(anyio_backend):
    async with connect(URL) as socket:
        await socket.send("hello")
        assert await socket.recv() == "hello"


@pytest.mark.websocket
@pytest.mark.asyncio
async def test_aiohttp():
    async with aiohttp.ClientSession() as session, session.ws_connect(URL) as socket:
        await socket.send_str("hello")
        assert (await socket.receive()).data == "hello"


@pytest.mark.websocket
def test_httpx_ws():
    with httpx_ws.connect_ws(URL) as socket:
        socket.send_text("hello")
        assert socket.receive_text() == "hello"


@pytest.mark.websocket
def test_the_test_client():
    with TestClient(app).websocket_connect("/echo") as socket:
        socket.send_text("hello")
        assert socket.receive_text() == "hello"


class TestUnittest(unittest.TestCase):
    def test_echo(self):
        async def main():
            async with connect(URL) as socket:
                await socket.send("hello")
                return await socket.recv()

        self.assertEqual(asyncio.run(main()), "hello")
