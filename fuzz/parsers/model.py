"""What the server of a language model streams, and what people ask to be calculated."""

from __future__ import annotations

import asyncio
import math

from hangup.chat.calculator import CannotCalculateError, calculate, expression_in
from hangup.chat.openai import MOST_LINE, ModelError, _events, _shown, _take, _Turn

_loop = asyncio.new_event_loop()


class _Response:
    """An answer whose text comes in pieces."""

    def __init__(self, text: str) -> None:
        self._text = text

    async def aiter_text(self):
        for at in range(0, len(self._text), 7):
            yield self._text[at : at + 7]


def parse(data: bytes) -> None:
    """Stream the input; calculate what is in it."""
    text = data.decode("utf-8", "replace")
    turn = _Turn()
    try:
        for event in _loop.run_until_complete(_all(text)):
            assert len(event) <= MOST_LINE + 7
            assert isinstance(_take(event, turn), str)
    except ModelError as exc:
        assert len(str(exc)) < 200
    for call in turn.calls.values():
        _shown(call.arguments)
    for asked in (text, expression_in(text)):
        try:
            value = calculate(asked or "")
        except CannotCalculateError:
            continue
        assert isinstance(value, int) or math.isfinite(value)


async def _all(text: str) -> list[str]:
    return [event async for event in _events(_Response(text))]
