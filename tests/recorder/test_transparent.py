"""The recorder changes nothing: not the messages, not the exceptions, not other scopes."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Any

import pytest
from scripted import GONE, play, text

from hangup.incident import Seen
from hangup.lab.apps.asgi import echo
from hangup.recorder import MemorySink, Recorder


class Raising:
    """A sink that fails at everything."""

    def put(self, seen: Seen) -> None:
        raise OSError("no space left on device")


async def raises(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    raise KeyError("thread_id")


def test_messages_reach_the_application_and_the_server_as_they_are() -> None:
    played = play(echo, text("one"), {"type": "websocket.receive", "bytes": b"\x00\xff"})

    assert played.sent == [
        {"type": "websocket.accept", "subprotocol": None},
        {"type": "websocket.send", "text": "one"},
        {"type": "websocket.send", "bytes": b"\x00\xff"},
    ]


def test_an_exception_is_raised_again_as_the_same_object() -> None:
    error = KeyError("thread_id")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise error

    played = play(app)

    assert played.raised is error
    assert (error.__cause__, error.__context__) == (None, None)


@pytest.mark.parametrize("kind", ["http", "lifespan", "of a later version"])
def test_other_scopes_get_the_very_channels_of_the_server(kind: str) -> None:
    got: list[Any] = []

    async def app(*given: Any) -> None:
        got.extend(given)

    scope, receive, send = {"type": kind}, object(), object()
    asyncio.run(Recorder(app, sink=MemorySink())(scope, receive, send))

    assert [each is given for each, given in zip(got, (scope, receive, send), strict=True)] == [
        True
    ] * 3


def test_a_sink_that_raises_harms_nobody_and_is_counted() -> None:
    played = play(raises, sink=Raising())

    assert type(played.raised) is KeyError
    assert played.recorder.recording.lost == 2


def test_a_message_that_asgi_does_not_know_is_passed_on() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.of-a-later-version", "more": [1]})
        await send({"no": "type"})

    assert play(app).sent == [{"type": "websocket.of-a-later-version", "more": [1]}, {"no": "type"}]


def test_a_cancelled_handler_is_no_failure() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise asyncio.CancelledError

    played = play(app)

    assert isinstance(played.raised, asyncio.CancelledError)
    assert played.sink.caught == []


def test_a_healthy_connection_is_told_of_once_and_without_a_failure() -> None:
    played = play(echo, text("hello"))
    (seen,) = played.sink.connections

    assert played.sink.caught == []
    assert (seen.count, seen.peer, seen.outcome) == (2, "192.0.2.7:4711", "disconnected with 1001")
    assert [name for name, _ in seen.phases] == [
        "arrived",
        "accepted",
        "first receive",
        "first send",
        "ended",
    ]


def test_only_the_last_messages_are_kept_and_all_are_counted() -> None:
    played = play(echo, *(text("x" * size) for size in range(100)))
    (seen,) = played.sink.connections

    assert seen.count == 200
    assert [(each.sent, each.size) for each in seen.messages[-2:]] == [(False, 99), (True, 99)]
    assert len(seen.messages) == 16


def test_payloads_are_kept_only_when_asked_for_and_without_credentials() -> None:
    message = text('{"type": "auth", "token": "token-of-alice-4711"}')
    (bare,) = play(echo, message).sink.connections
    (kept,) = play(echo, message, payloads=True).sink.connections

    assert [each.data for each in bare.messages] == [b"", b""]
    assert [each.data for each in kept.messages] == [b'{"type": "auth", "token": "[redacted]"}'] * 2


def test_a_server_that_says_nothing_of_the_end_is_no_failure() -> None:
    played = play(echo, {**GONE, "code": 1012, "reason": "service restart"})

    assert played.sink.connections[0].outcome == "disconnected with 1012 (service restart)"
    assert played.sink.caught == []


def test_hangup_is_imported_without_the_recorder() -> None:
    program = "import sys, hangup; print('asyncio' in sys.modules, hangup.Recorder.__name__)"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert run.stdout.split() == ["False", "Recorder"]
