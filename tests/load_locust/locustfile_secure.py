"""Users of both kinds over TLS, one of each."""

import os

from hangup.load.locust import EngineUser, WebSocketUser


class ByEngine(EngineUser):
    host = os.environ["URL"]
    cacert = "ca.pem"
    fixed_count = 1
    sends = ("engine {n}",)
    again = None


class BySocket(WebSocketUser):
    host = os.environ["URL"]
    cacert = "ca.pem"
    fixed_count = 1
    sends = ("socket {n}",)
    again = None
