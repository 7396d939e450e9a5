"""What is asked of one diagnosis: the endpoint, what to say to it, and the limits."""

from __future__ import annotations

from msgspec import Struct

from hangup.conversation import Conversation
from hangup.endpoint import Endpoint

USUAL_BUDGET = 30.0
"""Seconds that a run may take when the user names none."""


class Inquiry(Struct, frozen=True, kw_only=True):
    """The order for a campaign; `budget` and `idle` are seconds, `bypass` is the control.

    `crowd` is how many connections are to be held open at the same time; they are none of the
    `max_connections`. `read_slowly` is for how many seconds a reader reads nothing.
    """

    endpoint: Endpoint
    conversation: Conversation = Conversation()
    bypass: Endpoint | None = None
    budget: float = USUAL_BUDGET
    idle: float | None = None
    read_slowly: float | None = None
    max_connections: int = 40
    crowd: int | None = None


def slow_reading(seconds: float) -> float:
    """Give the seconds that it takes to read nothing for so long, with what comes before and after.

    What was not read meanwhile may take as long once more.
    """
    return 2 * seconds + 4.0
