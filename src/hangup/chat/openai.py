"""An agent that asks a language model by OpenAI's protocol (POST /chat/completions, streamed)."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
from msgspec import Struct, field

from hangup.bridge.events import AgentEvent, AgentThinking, Partial, ToolCompleted, ToolExecuting
from hangup.chat.context import Context
from hangup.chat.conversations import Message
from hangup.chat.tools import Tool, Toolbox

MOST_ROUNDS = 8
"""How often a model may call tools in one run before it has to answer."""
CONNECTING, SILENCE = 10.0, 60.0
"""Seconds until it must be reached, and for which a stream may say nothing."""
MOST_LINE = 1 << 20
MOST_ARGUMENTS, MOST_NAME = 64 * 1024, 1024
MOST_TEXT = 1 << 20
"""Characters of one answer, after which the model's server is not heard out."""


class ModelError(Exception):
    """The model's server refused, broke off, or said what is not of the protocol."""


class _Call(Struct):
    id: str = ""
    name: str = ""
    arguments: str = ""


class _Turn(Struct):
    """What one answer of the model has come to."""

    text: list[str] = field(default_factory=list)
    size: int = 0
    calls: dict[int, _Call] = field(default_factory=dict)
    finished: bool = False


class OpenAI:
    """Answers with the model of any server that speaks the protocol, and with the same tools.

    `base` is its URL with the version, as in `https://host/v1`; `key` is sent as a bearer token
    and shown nowhere.
    """

    def __init__(self, base: str, model: str, key: str, tools: Toolbox) -> None:
        self.name = model
        self._url = f"{base.rstrip('/')}/chat/completions"
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._tools = tools

    async def answer(
        self, context: Context, history: Sequence[Message]
    ) -> AsyncGenerator[AgentEvent, None]:
        """Answer the last message of the history."""
        messages = [_said(each) for each in history if each.text]
        timeout = httpx.Timeout(SILENCE, connect=CONNECTING)
        async with httpx.AsyncClient(headers=self._headers, timeout=timeout) as client:
            for round_ in range(MOST_ROUNDS):
                yield AgentThinking(note="" if round_ == 0 else "What do the tools say?")
                turn = _Turn()
                async for text in self._stream(client, messages, turn):
                    yield Partial(text=text)
                if not turn.calls:
                    return
                messages.append(_called(turn))
                for call in turn.calls.values():
                    yield ToolExecuting(
                        tool=call.name, call=call.id, arguments=_shown(call.arguments)
                    )
                    done = await self._tools.use(call.name, call.arguments)
                    yield ToolCompleted(
                        tool=call.name, call=call.id, result=done.result, failed=done.failed
                    )
                    content = json.dumps(done.result)
                    messages.append({"role": "tool", "tool_call_id": call.id, "content": content})
        raise ModelError(f"the model called tools in {MOST_ROUNDS} rounds and gave no answer")

    async def _stream(
        self, client: httpx.AsyncClient, messages: list[dict[str, Any]], turn: _Turn
    ) -> AsyncIterator[str]:
        body = {"model": self.name, "messages": messages, "stream": True}
        if described := [_described(tool) for tool in self._tools.tools]:
            body["tools"] = described
        try:
            async with _posted(client, self._url, body) as response:
                async for data in _events(response):
                    if text := _take(data, turn):
                        yield text
        except httpx.HTTPError as error:
            raise ModelError(f"the model cannot be asked: {type(error).__name__}") from None
        if not turn.finished:
            raise ModelError("the model's answer broke off")


@asynccontextmanager
async def _posted(
    client: httpx.AsyncClient, url: str, body: dict[str, Any]
) -> AsyncIterator[httpx.Response]:
    async with client.stream("POST", url, json=body) as response:
        if response.status_code != httpx.codes.OK:
            raise ModelError(f"the model's server answered with {response.status_code}")
        yield response


async def _events(response: httpx.Response) -> AsyncIterator[str]:
    """Give the data of server-sent events up to `[DONE]`; each is one line in this protocol."""
    line = ""
    async for piece in response.aiter_text():
        *whole, line = (line + piece).split("\n")
        for each in whole:
            name, _, data = each.strip().partition(":")
            if name == "data" and data.strip() == "[DONE]":
                return
            if name == "data":
                yield data.strip()
        if len(line) > MOST_LINE:
            raise ModelError(f"the model's server sends lines of more than {MOST_LINE} characters")


def _take(data: str, turn: _Turn) -> str:
    """Take one chunk, and give the text that it adds."""
    try:
        chunk = json.loads(data)
        if "error" in chunk:
            raise ModelError("the model's server reports an error")
        for choice in chunk["choices"][:1]:
            delta = choice.get("delta") or {}
            for part in delta.get("tool_calls") or ():
                _take_call(part, turn)
            turn.finished |= choice.get("finish_reason") is not None
            return _noted(str(delta.get("content") or ""), turn)
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError):
        raise ModelError("the model's server says what is not of the protocol") from None
    return ""


def _noted(text: str, turn: _Turn) -> str:
    turn.size += len(text)
    if turn.size > MOST_TEXT:
        raise ModelError(f"the model's answer has more than {MOST_TEXT} characters")
    turn.text.append(text)
    return text


def _take_call(part: dict[str, Any], turn: _Turn) -> None:
    call = turn.calls.setdefault(int(part["index"]), _Call())
    function = part.get("function") or {}
    call.id = str(part.get("id") or call.id)[:MOST_NAME]
    call.name += function.get("name") or ""
    call.arguments += function.get("arguments") or ""
    too_long = len(call.arguments) > MOST_ARGUMENTS or len(call.name) > MOST_NAME
    if too_long or len(turn.calls) > MOST_ROUNDS:
        raise ModelError("the model calls too much at once")


def _said(message: Message) -> dict[str, Any]:
    role = "user" if message.role == "user" else "assistant"
    return {"role": role, "content": message.text}


def _called(turn: _Turn) -> dict[str, Any]:
    calls = [
        {"id": c.id, "type": "function", "function": {"name": c.name, "arguments": c.arguments}}
        for c in turn.calls.values()
    ]
    return {"role": "assistant", "content": "".join(turn.text) or None, "tool_calls": calls}


def _described(tool: Tool) -> dict[str, Any]:
    texts = {name: {"type": "string", "description": told} for name, told in tool.arguments.items()}
    schema = {"type": "object", "properties": texts, "required": list(texts)}
    function = {"name": tool.name, "description": tool.description, "parameters": schema}
    return {"type": "function", "function": function}


def _shown(arguments: str) -> dict[str, Any]:
    try:
        found = json.loads(arguments or "{}")
    except (ValueError, RecursionError):
        return {"text": arguments}
    return found if isinstance(found, dict) else {"value": found}
