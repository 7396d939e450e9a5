"""masked"""

from app import app
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect


def test_connection():
    try:
        with TestClient(app).websocket_connect("/refuses") as socket:
            socket.send_text("hello")
    except WebSocketDisconnect:
        pass
