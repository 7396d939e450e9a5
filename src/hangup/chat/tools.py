"""The tools of agents: arithmetic, the clock, and a search over documents."""

from __future__ import annotations

import asyncio
import datetime
import json
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from hangup.chat.calculator import CannotCalculateError, calculate
from hangup.chat.documents import Documents


class Tool(Struct, frozen=True):
    """A function that agents may call; `arguments` has the name of each with what it is.

    All arguments are texts. What it raises as ToolFailedError is told to the agent.
    """

    name: str
    description: str
    arguments: dict[str, str]
    call: Callable[..., Any]


class ToolFailedError(Exception):
    """A tool cannot do what it was asked; the text says why."""


class Done(Struct, frozen=True):
    """What a call gave: a value that JSON holds, or the reason why it failed."""

    result: Any
    failed: bool = False


class Toolbox:
    """The tools of one agent; each call runs in a thread of its own."""

    def __init__(self, documents: Documents | None = None) -> None:
        self._documents = documents or Documents()
        expression = {"expression": "numbers, brackets and + - * / // % **"}
        question = {"question": "words to look for"}
        self.tools = (
            Tool("calculate", "Work out arithmetic.", expression, _calculate),
            Tool("clock", "Tell the date and time, in UTC.", {}, _clock),
            Tool("search", "Search the documents.", question, self._search),
        )

    async def use(self, name: str, arguments: str) -> Done:
        """Call a tool with its arguments as a JSON object."""
        tool = next((each for each in self.tools if each.name == name), None)
        if tool is None:
            return Done(f"there is no tool {name:.80}", failed=True)
        try:
            given = json.loads(arguments or "{}")
            named = {key: str(given[key]) for key in tool.arguments}
        except (ValueError, KeyError, TypeError, RecursionError):
            return Done(f"{name} wants {', '.join(tool.arguments) or 'nothing'}", failed=True)
        try:
            return Done(await asyncio.to_thread(tool.call, **named))
        except ToolFailedError as error:
            return Done(str(error), failed=True)

    def _search(self, question: str) -> list[dict[str, str]]:
        found = self._documents.search(question)
        return [{"source": each.source, "text": each.text} for each in found]


def _calculate(expression: str) -> str:
    try:
        value = calculate(expression)
    except CannotCalculateError as error:
        raise ToolFailedError(str(error)) from None
    return f"{value:g}" if isinstance(value, float) else str(value)


def _clock() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
