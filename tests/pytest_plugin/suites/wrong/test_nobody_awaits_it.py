"""not executed"""

import os

import pytest
from websockets.asyncio.client import connect


async def conversation():
    async with connect(os.environ["HANGUP_URL"] + "/echo") as socket:
        assert await socket.recv()


@pytest.mark.websocket
def test_conversation():
    assert conversation() is not None
