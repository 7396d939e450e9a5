"""What a locustfile imports; to import it is to import Locust, which patches the process."""

from __future__ import annotations

from locust import events

from hangup.load.locust.fleet import EngineUser
from hangup.load.locust.talk import HungUp
from hangup.load.locust.users import WebSocketUser
from hangup.load.locust.wired import wire

__all__ = ["EngineUser", "HungUp", "WebSocketUser"]

# Locust has no other door: a locustfile is imported, and what it imports listens.
events.init.add_listener(wire)
