"""What is asked of one diagnosis: the endpoint, what to say to it, and the limits."""

from __future__ import annotations

from msgspec import Struct

from hangup.conversation import Conversation, Send
from hangup.endpoint import Endpoint

USUAL_BUDGET = 30.0
"""Seconds that a run may take when the user names none."""
LAST = "{last}"
"""Stands for the number of the last message that came, in what is said to resume."""


class Inquiry(Struct, frozen=True, kw_only=True):
    """The order for a campaign; `budget` and `idle` are seconds, `bypass` is the control.

    `crowd` is how many connections are to be held open at the same time; they are none of the
    `max_connections`. `read_slowly` is for how many seconds a reader reads nothing.
    `resume` is said after a reconnect, with the number of the last message in place of `LAST`;
    empty when the server resumes by itself, None when it cannot. `differently` is another message
    to which the answer is another than to the last one of the conversation.
    """

    endpoint: Endpoint
    conversation: Conversation = Conversation()
    resume: str | None = None
    differently: str | None = None
    bypass: Endpoint | None = None
    budget: float = USUAL_BUDGET
    idle: float | None = None
    read_slowly: float | None = None
    max_connections: int = 40
    crowd: int | None = None

    @property
    def spoken(self) -> Conversation:
        """All that the client may say, in one conversation."""
        texts = (text for text in (self.resume, self.differently) if text)
        return Conversation((*self.conversation.steps, *map(Send, texts)))


def slow_reading(seconds: float) -> float:
    """Give the seconds that it takes to read nothing for so long, with what comes before and after.

    What was not read meanwhile may take as long once more.
    """
    return 2 * seconds + 4.0
