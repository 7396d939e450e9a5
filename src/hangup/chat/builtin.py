"""The agent that needs no network: it calculates, counts, tells the time and looks things up."""

from __future__ import annotations

import asyncio
import datetime
import re
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any

from hangup.bridge.events import AgentEvent, AgentThinking, Partial, ToolCompleted, ToolExecuting
from hangup.chat.calculator import WORDS, CannotCalculateError, calculate, expression_in
from hangup.chat.context import Context
from hangup.chat.conversations import Message
from hangup.chat.documents import Documents

MOST_COUNTED = 10_000
_COUNT = re.compile(r"\bcount (?:up )?to (?:(\d{1,5})\b|(a hundred|a thousand|[a-z]+))")
_CLOCK = re.compile(r"\b(?:time|clock|date|today|what day)\b")


class BuiltIn:
    """Answers by rules, with real tools; `pace` is seconds between two pieces of an answer."""

    name = "built-in"

    def __init__(self, documents: Documents | None = None, *, pace: float = 0.03) -> None:
        self._documents = documents or Documents()
        self._pace = pace

    async def answer(
        self, context: Context, history: Sequence[Message]
    ) -> AsyncGenerator[AgentEvent, None]:
        """Answer the last message of the history."""
        text = history[-1].text
        yield AgentThinking(note="What is asked for?")
        if (upto := _counted(text)) is not None:
            async for event in self._count(upto):
                yield event
            return
        name, arguments, tool = self._chosen(text)
        yield ToolExecuting(tool=name, call="1", arguments=arguments)
        result, failed, answer = await asyncio.to_thread(tool)
        yield ToolCompleted(tool=name, call="1", result=result, failed=failed)
        for piece in _pieces(answer):
            yield Partial(text=piece)
            await asyncio.sleep(self._pace)

    async def _count(self, upto: int) -> AsyncGenerator[AgentEvent, None]:
        for number in range(1, upto + 1):
            yield Partial(text=f"{number}\n" if number == upto else f"{number}, ")
            await asyncio.sleep(self._pace)

    def _chosen(self, text: str) -> tuple[str, dict[str, Any], Callable[[], Outcome]]:
        if expression := expression_in(text):
            return "calculate", {"expression": expression}, lambda: _calculated(expression)
        if _CLOCK.search(text.lower()):
            return "clock", {}, _clock
        return "search", {"question": text}, lambda: self._searched(text)

    def _searched(self, text: str) -> Outcome:
        found = self._documents.search(text)
        if not found:
            told = "I find nothing on that. I can calculate, count, tell the time and search."
            return [], False, told
        shown = [{"source": each.source, "score": each.score} for each in found]
        return shown, False, f"{found[0].text}\n(from {found[0].source})"


Outcome = tuple[Any, bool, str]
"""What a tool gives: its result, whether it failed, and the answer in words."""


def _calculated(expression: str) -> Outcome:
    try:
        value = calculate(expression)
    except CannotCalculateError as error:
        return str(error), True, f"I cannot work that out: {error}."
    shown = f"{value:g}" if isinstance(value, float) else str(value)
    return shown, False, f"{expression} = {shown}"


def _clock() -> Outcome:
    now = datetime.datetime.now(datetime.UTC)
    return now.isoformat(timespec="seconds"), False, f"It is {now:%H:%M:%S on %A, %d %B %Y} (UTC)."


def _counted(text: str) -> int | None:
    found = _COUNT.search(text.lower())
    if found is None:
        return None
    upto = int(found[1]) if found[1] else WORDS.get(found[2])
    return None if upto is None else min(upto, MOST_COUNTED)


def _pieces(text: str) -> list[str]:
    """Cut an answer into words, each with the space behind it; nothing is lost between them."""
    return re.findall(r"\S+\s*|\s+", text)
