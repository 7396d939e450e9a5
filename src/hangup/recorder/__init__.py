"""The flight recorder: what a server did with each WebSocket, seen from inside."""

from hangup.recorder.asgi import Recorder
from hangup.recorder.noted import note
from hangup.recorder.sinks import MemorySink

__all__ = ["MemorySink", "Recorder", "note"]
