"""Clients of the bridge: every event of a user, in order and once, whatever the network does."""

from hangup.bridge.client.asynchronous import Client
from hangup.bridge.client.blocking import BlockingClient
from hangup.bridge.client.machine import Gap, GaveUpError, Place, Received, Refused

__all__ = ["BlockingClient", "Client", "Gap", "GaveUpError", "Place", "Received", "Refused"]
