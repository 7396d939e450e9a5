"""Users with a WebSocket each, who play ten messages once."""

import os

from hangup.load.locust import WebSocketUser


class Chat(WebSocketUser):
    host = os.environ["URL"]
    token = "tok-{n:03d}"
    sends = ("hi {n}",)
    expects = ("hi {n}",)
    messages = 10
    again = None
