"""failed"""

import os

import pytest
from websockets.sync.client import connect


@pytest.mark.websocket(ends=4401)
def test_an_expired_token_is_refused():
    with connect(os.environ["HANGUP_URL"] + "/echo") as socket:
        socket.send("an expired token")
        assert socket.recv()
