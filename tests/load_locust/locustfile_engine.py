"""The same users, played by the engine."""

import os

from hangup.load.locust import EngineUser


class Chat(EngineUser):
    host = os.environ["URL"]
    token = "tok-{n:03d}"
    sends = ("hi {n}",)
    expects = ("hi {n}",)
    messages = 10
    again = None
