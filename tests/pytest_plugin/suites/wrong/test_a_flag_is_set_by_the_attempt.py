"""masked"""

import os

from websockets.sync.client import connect


def test_message():
    sent = False
    try:
        with connect(os.environ["HANGUP_URL"] + "/drops") as socket:
            socket.send("hello")
            sent = True
            socket.recv()
    except Exception:
        pass
    assert sent
