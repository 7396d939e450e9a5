"""Functions that are checks: each does one thing that a check may do, or must not."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import time
from typing import Any

from hangup.plan import Given


def returns(given: Given) -> None:
    assert given.deadline > 0


async def answers(given: Given) -> str:
    await asyncio.sleep(0)
    return "a value is as good as none"


def is_given(given: Given) -> None:
    assert given == Given(
        name="c", url="ws://127.0.0.1:9/ws", token="t0ken-of-alice", kept={}, deadline=8.0
    )


def blocks_the_thread(given: Given) -> None:
    time.sleep(60)


def holds_the_lock(given: Given) -> None:
    ctypes.PyDLL(None).sleep(60)  # PyDLL keeps the interpreter's lock


async def awaits_for_ever(given: Given) -> None:
    await _inner()


async def _inner() -> None:
    await asyncio.Event().wait()


async def swallows_cancellation(given: Given) -> None:
    while True:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)


async def blocks_the_loop(given: Given) -> None:
    time.sleep(60)  # noqa: ASYNC251 - the fault


def raises(given: Given) -> None:
    reply = {"type": "error"}
    assert reply["type"] == "answer", f"it said {reply}"


async def raises_in_a_group(given: Given) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(_fails())


async def _fails() -> None:
    raise ValueError("no such thread")


def leaves(given: Given) -> None:
    raise SystemExit(0)


def dies(given: Given) -> None:
    os._exit(0)


def is_killed(given: Given) -> None:
    ctypes.string_at(0)


def generates(given: Given) -> Any:
    yield 1


def forgets_to_await(given: Given) -> None:
    answers(given)


def tells_its_token(given: Given) -> None:
    raise RuntimeError(f"refused: {given.token}")


def tells_another_token(given: Given) -> None:
    raise RuntimeError("token=abcd1234efgh")


no_function = 7
