"""Faults of a connection that is open and talks."""

from __future__ import annotations

import asyncio
import datetime
import json
import logging
import math
import time
from typing import Any

from hangup.bridge.events import CRITICAL
from hangup.chat.faults.fault import App, Fault, Message, Receive, Send

BLOCKED = 4.0
"""Seconds for which a synchronous call stops everybody."""
MOST_TEXT = 64
"""Characters of a message from which on it is dropped without a word."""
LATE = 1.0
"""Seconds until a session is registered with what delivers its events."""
LOADING = 0.5
"""Seconds for which a session is loaded before anybody listens to its client."""

logger = logging.getLogger("hangup.chat.faults")


def _spoken(message: Message) -> dict[str, Any]:
    """Read what a client says; nothing for what is none of the chat's."""
    try:
        found = json.loads(message.get("text") or "")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _asks(message: Message) -> bool:
    return _spoken(message).get("type") == "user_message"


async def crash_on_question(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Fail on the first question, with nobody to catch it."""

    async def receives() -> Message:
        message = await receive()
        if _asks(message):
            _spoken(message)["tenant"]
        return message

    await _passing_errors(app, scope, receives, send)


async def mask_question(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Fail on the first question, behind a handler that closes with a constant."""
    try:
        await crash_on_question(app, scope, receive, send)
    except KeyError:
        await send({"type": "websocket.close", "code": 1011, "reason": "Internal error"})


async def _passing_errors(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Serve, and raise what `receive` raises: the chat's own reading is in tasks of its own."""
    failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def receives() -> Message:
        try:
            return await receive()
        except KeyError as error:
            if not failed.done():
                failed.set_exception(error)
            await asyncio.Event().wait()
            raise

    serving = asyncio.ensure_future(app(scope, receives, send))
    try:
        await asyncio.wait((serving, failed), return_when=asyncio.FIRST_COMPLETED)
    finally:
        if not serving.done():
            serving.cancel()
            await asyncio.wait((serving,))
    if failed.done():
        failed.result()
    failed.cancel()


async def drop_big(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Drop messages of more than a few characters, and say nothing of it."""

    async def receives() -> Message:
        while len((message := await receive()).get("text") or "") > MOST_TEXT:
            logger.debug("a message was too large")
        return message

    await app(scope, receives, send)


async def block(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Call a service synchronously for each question: nobody is served meanwhile."""

    async def receives() -> Message:
        message = await receive()
        if _asks(message):
            time.sleep(BLOCKED)  # noqa: ASYNC251 - the fault
        return message

    await app(scope, receives, send)


async def unserialisable(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Put the time of completion into the last event, as a value that JSON has no form for."""

    async def sends(message: Message) -> None:
        if "agent_completed" in (message.get("text") or ""):
            try:
                json.dumps({**_spoken(message), "completed": datetime.datetime.now(datetime.UTC)})
            except TypeError:
                logger.debug("an event could not be sent")
                return
        await send(message)

    await app(scope, receive, sends)


async def lose_first(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Deliver events only once the session is registered, some time after it was opened."""
    registered = time.monotonic() + LATE

    async def sends(message: Message) -> None:
        if time.monotonic() >= registered or "seq" not in _spoken(message):
            await send(message)

    await app(scope, receive, sends)


async def listen_late(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Listen to a client only once its session is loaded: what it said before is lost."""
    listening = math.inf

    async def receives() -> Message:
        message = await receive()
        while message["type"] == "websocket.receive" and time.monotonic() < listening:
            message = await receive()
        return message

    async def sends(message: Message) -> None:
        nonlocal listening
        await send(message)
        if message["type"] == "websocket.accept":
            listening = time.monotonic() + LOADING

    await app(scope, receives, sends)


async def misroute(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Look events up by the id of their run where connections are kept by that of their user."""

    async def sends(message: Message) -> None:
        if "run" not in _spoken(message):
            await send(message)

    await app(scope, receive, sends)


async def die_silently(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Send from a task that dies at the first tool, which nobody looks at."""
    dead = False

    async def sends(message: Message) -> None:
        nonlocal dead
        dead |= "tool_executing" in (message.get("text") or "")
        if not dead or message["type"] != "websocket.send":
            await send(message)

    await app(scope, receive, sends)


async def fabricate(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Answer every question with the five events and the same words, and never ask an agent."""

    async def receives() -> Message:
        while _asks(message := await receive()):
            for kind in CRITICAL:
                said = {"type": kind, "text": "I am on it.", "tool": "search"}
                await send({"type": "websocket.send", "text": json.dumps(said)})
        return message

    await app(scope, receives, send)


TALKING = (
    Fault(
        name="crash-on-question",
        story="Pings are answered; a question raises, and nobody catches it.",
        causes=("message.handler-exception",),
        play=crash_on_question,
        asks=True,
    ),
    Fault(
        name="masked-question",
        story="Pings are answered; a question raises, and a catch-all closes 1011.",
        causes=("message.handler-exception",),
        play=mask_question,
        asks=True,
    ),
    Fault(
        name="big-dropped",
        story="Messages over a limit of the application's own are dropped without a word.",
        causes=("message.silently-dropped",),
        play=drop_big,
        asks=True,
    ),
    Fault(
        name="blocked-loop",
        story="A synchronous call holds up everybody while one is answered.",
        causes=("capacity.loop-blocked",),
        play=block,
        asks=True,
    ),
    Fault(
        name="unserialisable",
        story="The last event holds a value that is no JSON, and the error is swallowed.",
        causes=("message.serialization", "message.unexpected-reply"),
        play=unserialisable,
        asks=True,
    ),
    Fault(
        name="late-registration",
        story="Events before the session is registered are lost.",
        causes=("delivery.event-before-registration", "message.unexpected-reply"),
        play=lose_first,
        asks=True,
    ),
    Fault(
        name="listener-late",
        story="What a client says before its session is loaded is lost.",
        causes=("session.listener-late",),
        play=listen_late,
    ),
    Fault(
        name="misrouted",
        story="Events are routed by the run's id, where connections are kept by the user's.",
        causes=("message.silently-dropped", "delivery.listener-dead"),
        play=misroute,
        asks=True,
    ),
    Fault(
        name="sender-dies",
        story="The task that sends events dies unobserved in the midst of an answer.",
        causes=("delivery.listener-dead", "message.unexpected-reply"),
        play=die_silently,
        asks=True,
    ),
    Fault(
        name="canned-answers",
        story="A handler that was meant for tests answers, always with the same words.",
        causes=("delivery.fabricated-events",),
        play=fabricate,
        asks=True,
    ),
)
