import re

import pytest


@pytest.mark.websocket
def test_sync(ws_connect):
    with ws_connect("/echo") as socket:
        socket.send({"type": "ask", "text": "two and two"})
        assert socket.expect_json({"type": "ask"})["text"] == "two and two"
        socket.silence(0.05)


@pytest.mark.websocket
@pytest.mark.asyncio
async def test_async(ws_connect):
    async with ws_connect("/echo") as socket:
        await socket.send("hello")
        assert await socket.expect(re.compile("^hel")) == "hello"
        await socket.silence(0.05)


@pytest.mark.websocket
def test_events(ws_connect):
    with ws_connect("/echo") as socket:
        for name in ("started", "noise", "completed"):
            socket.send({"type": name})
        socket.events(["started", "completed"])


@pytest.mark.websocket(ends=4401)
def test_a_refusal(ws_connect):
    with ws_connect("/closes/4401") as socket:
        socket.send("an old token")
        assert socket.closed(4401) == "as asked"


@pytest.mark.websocket(ends=1008)
@pytest.mark.asyncio
async def test_a_refusal_async(ws_connect):
    async with ws_connect("/closes/1008") as socket:
        await socket.send("an old token")
        assert await socket.closed(1008) == "as asked"


def test_the_endpoint(ws_endpoint):
    assert ws_endpoint.startswith("ws://")
