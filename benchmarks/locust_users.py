"""Users who send a short text again and again, each when the one before was answered."""

from __future__ import annotations

import os

from hangup.load.locust import EngineUser, WebSocketUser

BY_ENGINE = os.environ["FORM"] == "engine"
SENDS, EXPECTS = ("hello from {n}",), ("hello",)
MESSAGES = 1_000_000


class ByEngine(EngineUser):
    """One connection of the engine."""

    abstract = not BY_ENGINE
    host = os.environ["URL"]
    sends, expects, messages = SENDS, EXPECTS, MESSAGES


class ByGreenlet(WebSocketUser):
    """A greenlet with a WebSocket of its own."""

    abstract = BY_ENGINE
    host = os.environ["URL"]
    sends, expects, messages = SENDS, EXPECTS, MESSAGES
