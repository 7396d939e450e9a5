"""Faults of a connection that is open and talks."""

from __future__ import annotations

import asyncio
import datetime
import json
import logging
import math
import secrets
import time
from typing import Any

from hangup.bridge.events import CRITICAL
from hangup.chat.faults.fault import App, Fault, Message, Receive, Send, asks, is_event, spoken

BLOCKED = 4.0
"""Seconds for which a synchronous call stops everybody."""
MOST_TEXT = 64
"""Characters of a message from which on it is dropped without a word."""
LATE = 0.6
"""Seconds until a session is registered with what delivers its events."""
LOADING = 0.5
"""Seconds for which a session is loaded before anybody listens to its client."""

logger = logging.getLogger("hangup.chat.faults")


async def crash_on_question(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Fail on the first question, with nobody to catch it."""

    async def receives() -> Message:
        message = await receive()
        if asks(message):
            spoken(message)["tenant"]
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


async def close_big(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Have a library's limit for messages that is far below what clients send."""
    too_big = asyncio.Event()

    async def receives() -> Message:
        message = await receive()
        if len(message.get("text") or "") > MOST_TEXT:
            await send({"type": "websocket.close", "code": 1009, "reason": "message too big"})
            too_big.set()
            return {"type": "websocket.disconnect", "code": 1009}
        return message

    async def sends(message: Message) -> None:
        if not too_big.is_set():
            await send(message)

    await app(scope, receives, sends)


async def end_loop(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Leave the loop that reads at the first message that is no object, with the socket open."""

    async def receives() -> Message:
        message = await receive()
        if message["type"] == "websocket.receive" and not spoken(message):
            while message["type"] != "websocket.disconnect":
                message = await receive()
        return message

    await app(scope, receives, send)


async def block(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Call a service synchronously for each question: nobody is served meanwhile."""

    async def receives() -> Message:
        message = await receive()
        if asks(message):
            time.sleep(BLOCKED)  # noqa: ASYNC251 - the fault
        return message

    await app(scope, receives, send)


async def unserialisable(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Put the time of completion into the last event, as a value that JSON has no form for."""

    async def sends(message: Message) -> None:
        if "agent_completed" in (message.get("text") or ""):
            try:
                json.dumps({**spoken(message), "completed": datetime.datetime.now(datetime.UTC)})
            except TypeError:
                logger.debug("an event could not be sent")
                return
        await send(message)

    await app(scope, receive, sends)


class Registry:
    """What delivers events, to which a session is known some time after it was opened.

    A run that is asked for before has nobody to go to, whoever else of the user is connected: so
    it is lost as a whole, however long it takes and whatever goes on beside it.
    """

    def __init__(self) -> None:
        self._too_soon: set[str] = set()
        self._unheard: set[str] = set()

    async def play(self, app: App, scope: Message, receive: Receive, send: Send) -> None:
        """Serve a session, without the runs that it asked for too soon."""
        registered = time.monotonic() + LATE

        async def receives() -> Message:
            message = await receive()
            if not asks(message) or time.monotonic() >= registered:
                return message
            request = f"q-{secrets.token_hex(8)}"
            self._too_soon.add(request)
            return {**message, "text": json.dumps({"request": request, **spoken(message)})}

        async def sends(message: Message) -> None:
            if not is_event(message) or self._is_heard(spoken(message)):
                await send(message)

        await app(scope, receives, sends)

    def _is_heard(self, event: dict[str, Any]) -> bool:
        if event.get("request") in self._too_soon:
            self._unheard.add(event["run"])
        return event["run"] not in self._unheard


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
        if "run" not in spoken(message):
            await send(message)

    await app(scope, receive, sends)


class Sender:
    """The task that sends everybody's events: it dies at the first tool, and nobody looks at it."""

    def __init__(self) -> None:
        self._dead = False

    async def play(self, app: App, scope: Message, receive: Receive, send: Send) -> None:
        """Serve a connection, whose events come as long as the task lives."""

        async def sends(message: Message) -> None:
            self._dead |= is_event(message) and spoken(message)["type"] == "tool_executing"
            if not self._dead or not is_event(message):
                await send(message)

        await app(scope, receive, sends)


async def fabricate(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Answer every question with the five events and the same words, and never ask an agent."""

    async def receives() -> Message:
        while asks(message := await receive()):
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
        name="big-closed",
        story="A library's limit for messages is below what clients send: 1009.",
        causes=("message.message-too-big",),
        play=close_big,
        asks=True,
    ),
    Fault(
        name="loop-ends",
        story="A message that is no object ends the loop that reads, and the socket stays open.",
        causes=("message.silently-dropped",),
        play=end_loop,
        look=("--send", "[]", "--expect", "error"),
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
        play=Registry().play,
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
        story="The task that sends events dies unobserved, and none comes until a restart.",
        causes=("delivery.listener-dead", "message.unexpected-reply"),
        play=Sender().play,
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
