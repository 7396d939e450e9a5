"""masked"""

from app import app
from starlette.testclient import TestClient


def test_answer():
    with TestClient(app).websocket_connect("/answers-and-closes") as socket:
        socket.send_text("hello")
        assert socket.receive_text() == "hello"
