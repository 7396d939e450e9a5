"""masked"""

import os

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect


def test_goodbye():
    code = 1000
    with connect(os.environ["HANGUP_URL"] + "/closes/1011") as socket:
        socket.send("goodbye")
        try:
            socket.recv()
        except ConnectionClosed as exc:
            code = exc.rcvd.code
    assert code in [1000, 1001, 1011]
