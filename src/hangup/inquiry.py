"""What is asked of one diagnosis: the endpoint, what to say to it, and the limits."""

from __future__ import annotations

from msgspec import Struct

from hangup.conversation import Conversation, Send
from hangup.endpoint import Endpoint

LAST = "{last}"
"""Stands for the number of the last message that came, in what is said to resume."""


class Inquiry(Struct, frozen=True, kw_only=True):
    """The order for a campaign; `budget` and `idle` are seconds, `bypass` is the control.

    `resume` is said after a reconnect, with the number of the last message in place of `LAST`;
    empty when the server resumes by itself, None when it cannot. `differently` is another message
    to which the answer is another than to the last one of the conversation.
    """

    endpoint: Endpoint
    conversation: Conversation = Conversation()
    resume: str | None = None
    differently: str | None = None
    bypass: Endpoint | None = None
    budget: float = 30.0
    idle: float | None = None
    max_connections: int = 40

    @property
    def spoken(self) -> Conversation:
        """All that the client may say, in one conversation."""
        texts = (text for text in (self.resume, self.differently) if text)
        return Conversation((*self.conversation.steps, *map(Send, texts)))
