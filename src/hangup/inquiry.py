"""What is asked of one diagnosis: the endpoint, what to say to it, and the limits."""

from __future__ import annotations

from msgspec import Struct

from hangup.conversation import Conversation
from hangup.endpoint import Endpoint


class Inquiry(Struct, frozen=True, kw_only=True):
    """The order for a campaign; `budget` and `idle` are seconds, `bypass` is the control.

    `crowd` is how many connections are to be held open at the same time; they are none of the
    `max_connections`.
    """

    endpoint: Endpoint
    conversation: Conversation = Conversation()
    bypass: Endpoint | None = None
    budget: float = 30.0
    idle: float | None = None
    max_connections: int = 40
    crowd: int | None = None
