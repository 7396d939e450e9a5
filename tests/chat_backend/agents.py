"""Agents that do what tests need."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

from hangup.bridge import AgentEvent, Partial
from hangup.chat.context import Context
from hangup.chat.conversations import Message


class Scripted:
    """Says the pieces of each question's text, one for each word.

    The word `wait` waits for ever, `raise` raises; contexts and histories are kept.
    """

    name = "scripted"

    def __init__(self) -> None:
        self.contexts: list[Context] = []
        self.histories: list[list[str]] = []
        self.cancelled = 0

    async def answer(
        self, context: Context, history: Sequence[Message]
    ) -> AsyncGenerator[AgentEvent, None]:
        self.contexts.append(context)
        self.histories.append([each.text for each in history])
        for word in history[-1].text.split():
            if word == "raise":
                raise ZeroDivisionError("a secret detail")
            if word == "wait":
                await self._wait()
            yield Partial(text=word)

    async def _wait(self) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
