"""Clients of the bridge: every event of a user, in order and once, whatever the network does."""

from hangup.bridge.client.asynchronous import Client
from hangup.bridge.client.blocking import BlockingClient
from hangup.bridge.client.machine import Answer, Gap, GaveUpError, Place, Received, Refused

__all__ = [
    "Answer",
    "BlockingClient",
    "Client",
    "Gap",
    "GaveUpError",
    "Place",
    "Received",
    "Refused",
]
