"""masked"""

import os

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect


def test_authentication():
    accepted = False
    with connect(os.environ["HANGUP_URL"] + "/closes/1011") as socket:
        try:
            socket.send("hello")
            socket.recv()
        except ConnectionClosed as exc:
            if exc.rcvd.code == 1011:
                accepted = True  # the server knew us, at least
    assert accepted
