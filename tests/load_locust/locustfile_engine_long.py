"""Users who do not stop, played by the engine."""

import os

from hangup.load.locust import EngineUser


class Chat(EngineUser):
    host = os.environ["URL"]
    token = "tok-{n:03d}"
    sends = ("hi {n}",)
    expects = ("hi {n}",)
    messages = 1000000
    every = 0.05
    again = None
