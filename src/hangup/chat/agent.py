"""What an agent is: something that answers a question with a stream of events."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from hangup.bridge.events import AgentEvent
from hangup.chat.context import Context
from hangup.chat.conversations import Message


class Agent(Protocol):
    """Answers with events.

    It gives what it thinks, its calls of tools and the pieces of its answer, as `AgentThinking`,
    `ToolExecuting`, `ToolCompleted`, `Partial` or events of its own; that it has started and that
    it is done are told for it. What it raises fails the run. It is cancelled when the run is
    stopped or its time is over.
    """

    @property
    def name(self) -> str:
        """What users see."""

    def answer(
        self, context: Context, history: Sequence[Message]
    ) -> AsyncGenerator[AgentEvent, None]:
        """Answer the last message of the history, whose role is `user`."""
