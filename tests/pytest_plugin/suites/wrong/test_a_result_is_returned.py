"""not executed"""

import os

import pytest
from websockets.sync.client import connect


@pytest.mark.websocket
def test_echo():
    with connect(os.environ["HANGUP_URL"] + "/echo") as socket:
        socket.send("hello")
        return socket.recv() == "other"
