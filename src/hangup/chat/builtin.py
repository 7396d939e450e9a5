"""The agent that needs no network: it calculates, counts, tells the time and looks things up."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence

from hangup.bridge.events import AgentEvent, AgentThinking, Partial, ToolCompleted, ToolExecuting
from hangup.chat.calculator import WORDS, expression_in
from hangup.chat.context import Context
from hangup.chat.conversations import Message
from hangup.chat.tools import Done, Toolbox

MOST_COUNTED = 10_000
LOST = "I find nothing on that. I can calculate, count, tell the time and search documents."
_COUNT = re.compile(r"\bcount (?:up )?to (?:(\d{1,5})\b|(a hundred|a thousand|[a-z]+))")
_CLOCK = re.compile(r"\b(?:time|clock|date|today|what day)\b")


class BuiltIn:
    """Answers by rules, with real tools; `pace` is seconds between two pieces of an answer."""

    name = "built-in"

    def __init__(self, tools: Toolbox | None = None, *, pace: float = 0.03) -> None:
        self._tools, self._pace = tools or Toolbox(), pace

    async def answer(
        self, context: Context, history: Sequence[Message]
    ) -> AsyncGenerator[AgentEvent, None]:
        """Answer the last message of the history."""
        text = history[-1].text
        yield AgentThinking(note="What is asked for?")
        if (upto := _counted(text)) is not None:
            async for piece in self._paced(f"{n}, " for n in range(1, upto)):
                yield piece
            yield Partial(text=f"{upto}")
            return
        name, arguments = _chosen(text)
        yield ToolExecuting(tool=name, call="1", arguments=arguments)
        done = await self._tools.use(name, json.dumps(arguments))
        yield ToolCompleted(tool=name, call="1", result=done.result, failed=done.failed)
        async for piece in self._paced(_pieces(_told(name, arguments, done))):
            yield piece

    async def _paced(self, texts: Iterable[str]) -> AsyncIterator[Partial]:
        for text in texts:
            yield Partial(text=text)
            await asyncio.sleep(self._pace)


def _chosen(text: str) -> tuple[str, dict[str, str]]:
    if expression := expression_in(text):
        return "calculate", {"expression": expression}
    if _CLOCK.search(text.lower()):
        return "clock", {}
    return "search", {"question": text}


def _told(name: str, arguments: dict[str, str], done: Done) -> str:
    if name == "search":
        found = [] if done.failed else done.result
        return f"{found[0]['text']}\n(from {found[0]['source']})" if found else LOST
    if done.failed:
        return f"I cannot work that out: {done.result}."
    if name == "calculate":
        return f"{arguments['expression']} = {done.result}"
    return f"It is {done.result}."


def _counted(text: str) -> int | None:
    found = _COUNT.search(text.lower())
    if found is None:
        return None
    upto = int(found[1]) if found[1] else WORDS.get(found[2])
    return None if upto is None else min(upto, MOST_COUNTED)


def _pieces(text: str) -> list[str]:
    """Cut an answer into words, each with the space behind it; nothing is lost between them."""
    return re.findall(r"\S+\s*|\s+", text)
