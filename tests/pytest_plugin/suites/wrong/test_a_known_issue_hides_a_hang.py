"""hung"""

import os

import pytest
from websockets.sync.client import connect


@pytest.mark.websocket(deadline=0.5)
@pytest.mark.xfail(reason="the reply is wrong")
def test_echo():
    with connect(os.environ["HANGUP_URL"] + "/quiet") as socket:
        socket.send("hello")
        assert socket.recv() == "hello"
