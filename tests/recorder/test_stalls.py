"""An event loop that stands still is told of, with what held it up and for whom."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest
from scripted import CONNECT, GONE, websocket_scope

from hangup.incident import Caught
from hangup.recorder import MemorySink, Recorder

STALL_AFTER = 0.1
STALLED = 0.6
WITHIN = 5.0


def hold_up(seconds: float = STALLED) -> None:
    """Work for a while without ever waiting."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        sum(range(1000))


def run(app: Any) -> list[Caught]:
    sink = MemorySink()
    recorder = Recorder(app, sink=sink, stall=STALL_AFTER)
    waiting = [CONNECT, GONE]

    async def receive() -> Any:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        pass

    asyncio.run(recorder(websocket_scope(), receive, send))
    return [caught for caught in sink.caught if caught.kind == "stall"]


async def accepted(receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})


def test_a_blocking_handler_is_named_with_its_frame_and_how_long_it_took() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await accepted(receive, send)
        hold_up()
        await receive()

    (caught,) = run(app)

    assert caught.frame.endswith("in hold_up")
    assert caught.detail == "the event loop stood still for 0.6 s"
    assert (caught.phase, caught.path) == ("open", "/ws")


def test_a_task_of_the_connection_that_blocks_is_its_own() -> None:
    async def blocks() -> None:
        hold_up(3 * STALLED)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await accepted(receive, send)
        await asyncio.create_task(blocks())
        await receive()

    (caught,) = run(app)

    assert caught.connection != ""


def test_a_loop_that_waits_is_not_one_that_stands_still() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await accepted(receive, send)
        await asyncio.wait([asyncio.create_task(asyncio.Event().wait())], timeout=STALLED)
        await receive()

    assert run(app) == []


@pytest.mark.parametrize("stall", [0.0, STALL_AFTER])
def test_no_thread_is_started_without_a_connection(stall: float) -> None:
    before = threading.active_count()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        pass

    asyncio.run(Recorder(app, sink=MemorySink(), stall=stall)({"type": "http"}, None, None))

    assert threading.active_count() == before
