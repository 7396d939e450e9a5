"""Says who hung up a WebSocket, in which layer, and why, with evidence."""

__version__ = "0.1.0"
