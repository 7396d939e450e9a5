"""Handlers of WebSockets with one fault each, as they are found in real applications."""
# ruff: noqa: F821 - undefined names and forgotten tasks are faults that it exists to show
# mypy: disable-error-code="name-defined, call-arg, attr-defined, unused-coroutine"

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from fastapi import HTTPException, Request, WebSocket
from starlette.websockets import WebSocketDisconnect

from hangup.lab.pinpoint_faults import MOST_TEXT, SLOW

STALLED = 1.0

state: dict[str, Any] = {"registry": None}
background: set[asyncio.Task[None]] = set()


class MessageType(Enum):
    """The types of what is sent."""

    READY = "ready"


class InvalidIdError(ValueError):
    """An id is not of the form that the validator knows."""


async def check_token(socket: WebSocket, *, wrong: bool = True) -> str:
    """Judge the credential, and fail at it."""
    if wrong:
        now = clock.monotonic()
        return str(now)
    return socket.headers.get("authorization", "")


async def before_accept(socket: WebSocket) -> None:
    await check_token(socket)


async def query_params_of_url(socket: WebSocket) -> None:
    socket.url.query_params.get("token")


async def http_request(socket: WebSocket) -> None:
    Request(socket.scope)


async def not_ready(socket: WebSocket) -> None:
    await socket.close(1011, "service not ready")


async def not_allowed(socket: WebSocket) -> None:
    await authenticate_or_close(socket)


async def authenticate_or_close(socket: WebSocket) -> None:
    await socket.close(1008, "not allowed")


async def denied(socket: WebSocket) -> None:
    raise HTTPException(401, "Could not validate credentials")


async def returns_before_accept(socket: WebSocket) -> None:
    state["queued"] = socket.url.path


async def slow_before_accept(socket: WebSocket) -> None:
    await asyncio.sleep(SLOW)
    await socket.accept()
    await socket.close()


async def silent_on_subprotocol(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close()


async def accept_race(socket: WebSocket) -> None:
    await socket.accept()
    await socket.receive_text()
    await _until_gone(socket)
    if socket.client_state.name == "CONNECTED":
        await socket.receive_text()


async def _until_gone(socket: WebSocket) -> None:
    with contextlib.suppress(WebSocketDisconnect):
        for _ in range(200):
            await socket.send_text("are you there?")
            await asyncio.sleep(0.01)


async def uncaught(socket: WebSocket) -> None:
    await socket.accept()
    raise KeyError("thread_id")


async def uncaught_on_message(socket: WebSocket) -> None:
    await socket.accept()
    payload = json.loads(await socket.receive_text())
    payload["thread_id"]


async def generic_handler(socket: WebSocket) -> None:
    await socket.accept()
    raise LookupError("no agent")


async def auth_after_accept(socket: WebSocket) -> None:
    await socket.accept()
    await check_token(socket)


async def handler_fails_itself(socket: WebSocket) -> None:
    await socket.accept()
    try:
        raise LookupError("no agent")
    except LookupError:
        await socket.send_json({"type": MessageType.ERROR.value})


async def closes_at_the_first_site(socket: WebSocket) -> None:
    await socket.accept()
    await first_site(socket)


async def first_site(socket: WebSocket) -> None:
    await socket.close(4401, "credential refused")


async def closes_in_a_task(socket: WebSocket) -> None:
    await socket.accept()
    try:
        raise LookupError("no agent")
    except LookupError as exc:
        state["last"] = str(exc)
        await asyncio.create_task(socket.close(1011, "Internal error"))


async def closes_later(socket: WebSocket) -> None:
    await socket.accept()
    failure = None
    try:
        raise LookupError("no agent")
    except LookupError as exc:
        failure = exc
    await socket.close(1011, "" if failure is None else "Internal error")


async def closes_1005(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close(1005)


async def closes_1006(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close(1006, "abnormal")


async def closes_401(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close(401, "unauthorized")


async def closes_with_a_long_reason(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close(1011, "because " * 20)


async def returns(socket: WebSocket) -> None:
    await socket.accept()


async def finally_closes(socket: WebSocket) -> None:
    await socket.accept()
    try:
        raise LookupError("no agent")
    finally:
        await socket.close(1000, "cleanup")


async def sends_an_enum(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_json({"type": MessageType.READY, "user": 1})


async def sends_a_date(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_json({"a": [1, 2, 3, {"at": datetime.now(UTC)}]})


async def sends_safely(socket: WebSocket) -> None:
    await socket.accept()
    for _ in range(3):
        try:
            await socket.send_json({"events": [{"state": socket.client_state, "by": MessageType}]})
        except TypeError:
            await asyncio.sleep(0.01)
    await socket.close()


async def sends_a_dict_as_text(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text({"type": "ready"})  # type: ignore[arg-type]


async def never_awaited(socket: WebSocket) -> None:
    await socket.accept()
    socket.send_text("welcome")
    await socket.close()


async def attribute_of_a_coroutine(socket: WebSocket) -> None:
    await socket.accept()
    state["user"] = _user().name


async def _user() -> str:
    return "alice"


async def wrong_arity(socket: WebSocket) -> None:
    await socket.accept()
    _notify(socket, "ready")


def _notify(socket: WebSocket) -> None:
    state["notified"] = socket.url.path


async def rare_branch(socket: WebSocket) -> None:
    await socket.accept()
    if await socket.receive_text() == "rare":
        undefined_function()


async def missing_dependency(socket: WebSocket) -> None:
    await socket.accept()
    state["registry"].register(socket)


async def accepts_twice(socket: WebSocket) -> None:
    await socket.accept()
    await socket.accept()


async def closes_twice(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close()
    await socket.close()


async def sends_after_close(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close()
    await socket.send_text("one more thing")


async def receives_after_disconnect(socket: WebSocket) -> None:
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        await socket.receive_text()
    await socket.receive_text()


async def blocks(socket: WebSocket) -> None:
    await socket.accept()
    time.sleep(STALLED)  # noqa: ASYNC251 - the fault
    await socket.close()


async def drops_big_messages(socket: WebSocket) -> None:
    await socket.accept()
    while len(text := await socket.receive_text()) > MOST_TEXT:
        continue
    await socket.send_text(text[:10])
    await socket.close()


async def validates_ids(socket: WebSocket) -> None:
    await socket.accept()
    validate_id("12345")


def validate_id(value: str) -> None:
    """Take ids of one form only."""
    if value.isdigit():
        raise InvalidIdError("an id begins with a letter")


async def counts_errors(socket: WebSocket) -> None:
    await socket.accept()
    errors = 0
    while errors < 2:
        try:
            json.loads(await socket.receive_text()).get("type")
        except AttributeError:
            errors += 1
            await socket.send_json({"type": "error", "count": errors})


async def task_dies(socket: WebSocket) -> None:
    await socket.accept()
    heartbeat = asyncio.create_task(beat(socket))
    await socket.receive_text()
    await asyncio.wait([heartbeat])
    await socket.close()


async def beat(socket: WebSocket) -> None:
    await socket.send_text(str(state["interval"]))


async def waits_in_the_loop(socket: WebSocket) -> None:
    await socket.accept()
    await socket.receive_text()
    await asyncio.wait_for(asyncio.Event().wait(), SLOW)


MASKED = (
    generic_handler,
    auth_after_accept,
    handler_fails_itself,
    sends_an_enum,
    attribute_of_a_coroutine,
    wrong_arity,
    rare_branch,
    missing_dependency,
    validates_ids,
)
"""Those that a real application masks with one close for everything."""
BARE = (
    before_accept,
    query_params_of_url,
    http_request,
    not_ready,
    not_allowed,
    denied,
    returns_before_accept,
    slow_before_accept,
    silent_on_subprotocol,
    accept_race,
    uncaught,
    uncaught_on_message,
    closes_at_the_first_site,
    closes_in_a_task,
    closes_later,
    closes_1005,
    closes_1006,
    closes_401,
    closes_with_a_long_reason,
    returns,
    finally_closes,
    sends_a_date,
    sends_safely,
    sends_a_dict_as_text,
    never_awaited,
    accepts_twice,
    closes_twice,
    sends_after_close,
    receives_after_disconnect,
    blocks,
    drops_big_messages,
    counts_errors,
    task_dies,
    waits_in_the_loop,
)
"""The others."""
