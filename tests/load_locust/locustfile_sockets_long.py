"""Users with a WebSocket each, who play and does not stop."""

import os

from hangup.load.locust import WebSocketUser


class Chat(WebSocketUser):
    host = os.environ["URL"]
    token = "tok-{n:03d}"
    sends = ("hi {n}",)
    expects = ("hi {n}",)
    messages = 1000000
    every = 0.05
    again = None
