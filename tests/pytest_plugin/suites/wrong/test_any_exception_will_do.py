"""masked"""

import os

import pytest
from websockets.sync.client import connect


def test_a_bad_token_is_refused():
    with connect(os.environ["HANGUP_URL"] + "/closes/1011") as socket:
        socket.send("a bad token")
        with pytest.raises(Exception):
            socket.recv()
