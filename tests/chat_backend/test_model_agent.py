"""The agent that asks a language model, against a server of that protocol."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from model_server import DONE, END, Model, called, said, serving

from hangup.bridge import AgentEvent, Partial, ToolCompleted, ToolExecuting
from hangup.bridge.events import tag_of
from hangup.chat.context import Cancellation, Context
from hangup.chat.conversations import Message
from hangup.chat.openai import MOST_ROUNDS, ModelError, OpenAI
from hangup.chat.tools import Toolbox

KEY = "sk-of-the-test"


def answered(model: Model, *history: str) -> list[AgentEvent]:
    """Give what the agent says to a history of questions and answers in turn."""
    context = Context(
        user="alice",
        thread="t",
        run="r",
        request="q",
        connection="s",
        deadline=time.time() + 5,
        cancellation=Cancellation(),
    )
    said_before = [
        Message(n, "agent" if n % 2 else "user", "r", text, "asked", 1.0)
        for n, text in enumerate(history)
    ]

    async def run(base: str) -> list[AgentEvent]:
        agent = OpenAI(base, "a-model", KEY, Toolbox())
        return [event async for event in agent.answer(context, said_before)]

    with serving(model) as base:
        return asyncio.run(run(base))


def text_of(events: list[AgentEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, Partial))


def test_an_answer_comes_in_pieces_with_the_history_asked() -> None:
    model = Model([said("Hel"), said("lo"), ": a comment\n\n", END, DONE])
    events = answered(model, "hi", "hello", "again")
    assert [tag_of(type(each)) for each in events] == ["agent_thinking", "partial", "partial"]
    assert text_of(events) == "Hello"
    assert model.keys == [f"Bearer {KEY}"]
    assert model.asked[0]["stream"] is True
    assert [(each["role"], each["content"]) for each in model.asked[0]["messages"]] == [
        ("user", "hi"),
        ("assistant", "hello"),
        ("user", "again"),
    ]


def test_tools_are_called_and_their_results_go_back() -> None:
    model = Model(
        [
            called(0, "c1", "calculate", '{"expres'),
            called(0, "", "", 'sion": "6*7"}'),
            called(1, "c2", "nonsense", "{}"),
            END,
            DONE,
        ],
        [said("It is 42."), END, DONE],
    )
    events = answered(model, "what is 6*7?")
    calls = [each for each in events if isinstance(each, ToolExecuting)]
    results = [each for each in events if isinstance(each, ToolCompleted)]
    assert [(each.tool, each.arguments) for each in calls] == [
        ("calculate", {"expression": "6*7"}),
        ("nonsense", {}),
    ]
    assert [(each.call, each.result, each.failed) for each in results] == [
        ("c1", "42", False),
        ("c2", "there is no tool nonsense", True),
    ]
    assert text_of(events) == "It is 42."
    back = model.asked[1]["messages"]
    assert [each["role"] for each in back] == ["user", "assistant", "tool", "tool"]
    assert (back[2]["tool_call_id"], back[2]["content"]) == ("c1", '"42"')


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("{}", "calculate wants expression"),
        ("[1]", "calculate wants expression"),
        ("{", "calculate wants expression"),
        ('{"expression": "1/0"}', "it divides by zero"),
    ],
)
def test_a_call_that_cannot_be_made_is_told_to_the_model(arguments: str, told: str) -> None:
    model = Model([called(0, "c1", "calculate", arguments), END, DONE], [said("Sorry."), END, DONE])
    events = answered(model, "hm")
    results = [each for each in events if isinstance(each, ToolCompleted)]
    assert [(each.result, each.failed) for each in results] == [(told, True)]
    assert text_of(events) == "Sorry."


BROKEN: dict[str, list[Any]] = {
    "cut before its end": [said("Hel"), None],
    "ended without saying so": [said("Hel")],
    "no JSON": ["data: {\n\n"],
    "another shape": ['data: {"choices": 7}\n\n'],
    "an error in the stream": [{"error": {"message": "a secret detail"}}],
    "a call without a number": [{"choices": [{"delta": {"tool_calls": [{}]}}]}],
    "arguments without end": [called(0, "c", "x", "y" * 70_000)],
    "a line without end": ["data: " + "x" * (1 << 21)],
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_answer_fails_in_one_sentence(kind: str) -> None:
    with pytest.raises(ModelError) as failed:
        answered(Model(BROKEN[kind]), "hi")
    assert "secret" not in str(failed.value)
    assert KEY not in str(failed.value)


def test_a_refusal_names_the_status_and_not_the_key() -> None:
    with pytest.raises(ModelError, match="answered with 401") as failed:
        answered(Model(status=401), "hi")
    assert KEY not in str(failed.value)


def test_a_model_that_only_calls_tools_is_given_up() -> None:
    call = [called(0, "c1", "clock", "{}"), END, DONE]
    model = Model(*[call] * (MOST_ROUNDS + 1))
    with pytest.raises(ModelError, match="gave no answer"):
        answered(model, "hi")
    assert len(model.asked) == MOST_ROUNDS
