"""masked"""

import os

import httpx_ws


def test_conversation():
    replies = []
    with httpx_ws.connect_ws(os.environ["HANGUP_URL"] + "/closes/1011") as socket:
        socket.send_text("hello")
        try:
            replies.append(socket.receive_text())
        except httpx_ws.WebSocketDisconnect:
            pass
    assert len(replies) <= 1
