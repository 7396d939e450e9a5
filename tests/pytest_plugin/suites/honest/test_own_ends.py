import asyncio
import os

import pytest
from websockets.asyncio.client import connect
from websockets.sync.client import connect as connect_sync

URL = os.environ["HANGUP_URL"]


@pytest.mark.websocket
def test_we_close_with_an_error():
    with connect_sync(URL + "/echo") as socket:
        socket.send("hello")
        assert socket.recv() == "hello"
        socket.close(1011, "we have had enough")


@pytest.mark.websocket
@pytest.mark.asyncio
async def test_we_abort():
    socket = await connect(URL + "/echo")
    await socket.send("hello")
    assert await socket.recv() == "hello"
    socket.transport.abort()
    await socket.wait_closed()


@pytest.mark.websocket
@pytest.mark.asyncio
async def test_a_reader_is_cancelled():
    async with connect(URL + "/quiet") as socket:
        reader = asyncio.create_task(socket.recv())
        await socket.send("hello")
        reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader


@pytest.mark.websocket
def test_nothing_comes():
    with connect_sync(URL + "/quiet") as socket:
        socket.send("hello")
        with pytest.raises(TimeoutError):
            socket.recv(0.05)


@pytest.fixture(scope="module")
def socket():
    with connect_sync(URL + "/echo") as socket:
        yield socket


@pytest.mark.websocket
@pytest.mark.parametrize("text", ["one", "two"])
def test_a_connection_is_shared(socket, text):
    socket.send(text)
    assert socket.recv() == text
