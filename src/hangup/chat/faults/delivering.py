"""Faults of events on their way: swapped, doubled, lost, renamed, or to somebody else."""

from __future__ import annotations

import asyncio
import json
import logging
from urllib.parse import parse_qsl, urlencode

from hangup.chat.faults.fault import (
    App,
    Fault,
    Message,
    Receive,
    Send,
    is_event,
    spoken,
    token_of,
)

PRESENCE, OFTEN = 128 * 1024, 0.02
"""Bytes of the list of who is there, and seconds between two times that it is told."""
RESUME = '{"type": "resume", "after": {last}}'

logger = logging.getLogger("hangup.chat.faults")


async def swap(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Send each event from a task of its own, so that neighbours overtake each other."""
    held: list[Message] = []

    async def sends(message: Message) -> None:
        if spoken(message).get("type") == "partial" and not held:
            held.append(message)
            return
        await send(message)
        if held:
            await send(held.pop())

    await app(scope, receive, sends)


async def double(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Subscribe at connecting, and once more when the user is known."""

    async def sends(message: Message) -> None:
        await send(message)
        if is_event(message):
            await send(message)

    await app(scope, receive, sends)


async def drop(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Keep a few events between the agent and the socket, and drop what comes when it is full."""
    seen = 0

    async def sends(message: Message) -> None:
        nonlocal seen
        seen += is_event(message)
        if not is_event(message) or seen % 4:
            await send(message)

    await app(scope, receive, sends)


async def rename(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Map the types of events onto those of another list, in which they are one."""

    async def sends(message: Message) -> None:
        if is_event(message):
            event = {**spoken(message), "type": "status_update"}
            message = {"type": "websocket.send", "text": json.dumps(event)}
        await send(message)

    await app(scope, receive, sends)


async def forget_events(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Make a new context for each connection, which knows nothing of what was missed."""
    query = parse_qsl(scope["query_string"].decode("latin-1"))
    kept = urlencode([pair for pair in query if pair[0] not in ("after", "epoch")])

    async def receives() -> Message:
        while spoken(message := await receive()).get("type") == "resume":
            pass
        return message

    await app({**scope, "query_string": kept.encode()}, receives, send)


class Shared:
    """What connections share that should be each one's own."""

    def __init__(self) -> None:
        self._open: list[tuple[str, Send]] = []

    async def newest(self, app: App, scope: Message, receive: Receive, send: Send) -> None:
        """Keep the socket in one variable, so that all is sent to whoever came last."""

        async def sends(message: Message) -> None:
            to = self._open[-1][1] if message["type"] == "websocket.send" else send
            await to(message)

        await self._while_open(app, scope, receive, send, sends)

    async def another(self, app: App, scope: Message, receive: Receive, send: Send) -> None:
        """Show what the agent says to one user to another one, too, as a preview."""

        async def sends(message: Message) -> None:
            await send(message)
            if is_event(message) and (another := self._another(scope, send)):
                event = spoken(message)
                preview = {"type": "preview", "of": event["type"], "text": event.get("text", "")}
                await another({"type": "websocket.send", "text": json.dumps(preview)})

        await self._while_open(app, scope, receive, send, sends)

    def _another(self, scope: Message, send: Send) -> Send | None:
        """Give another user's connection; only the first of a user's own looks for one."""
        user = token_of(scope)
        if next(to for token, to in self._open if token == user) is not send:
            return None
        return next((to for token, to in self._open if token != user), None)

    async def _while_open(
        self, app: App, scope: Message, receive: Receive, send: Send, sends: Send
    ) -> None:
        mine = (token_of(scope), send)
        self._open.append(mine)
        try:
            await app(scope, receive, sends)
        finally:
            self._open.remove(mine)


class Broadcast:
    """Tells everybody who is there, one after the other, and waits for each."""

    def __init__(self) -> None:
        self._open: list[Send] = []
        self._telling: asyncio.Task[None] | None = None

    async def play(self, app: App, scope: Message, receive: Receive, send: Send) -> None:
        """Serve a connection, and tell it of the others."""
        taking_turns = asyncio.Lock()

        async def sends(message: Message) -> None:
            async with taking_turns:
                await send(message)
            if message["type"] == "websocket.accept":
                self._open.append(sends)

        if self._telling is None or self._telling.done():
            self._telling = asyncio.ensure_future(self._tell())
        try:
            await app(scope, receive, sends)
        finally:
            if sends in self._open:
                self._open.remove(sends)

    async def _tell(self) -> None:
        told = json.dumps({"type": "presence", "users": "." * PRESENCE})
        while True:
            await asyncio.sleep(OFTEN)
            for send in tuple(self._open):
                try:
                    await send({"type": "websocket.send", "text": told})
                except Exception:  # noqa: BLE001 - it has gone, as servers say in many ways
                    logger.debug("somebody has gone")


class CachedIdentity:
    """Remembers who was authenticated, under a key without the token."""

    def __init__(self) -> None:
        self._first: bytes | None = None

    async def play(self, app: App, scope: Message, receive: Receive, send: Send) -> None:
        """Take every token that looks like one for the first that came."""
        headers = []
        for name, value in scope["headers"]:
            if name == b"authorization" and value.count(b".") == 2:
                self._first = self._first or value
                value = self._first
            headers.append((name, value))
        await app({**scope, "headers": headers}, receive, send)


DELIVERING = (
    Fault(
        name="swapped",
        story="Each event is sent by a task of its own, so that some overtake others.",
        causes=("delivery.reorder-server",),
        play=swap,
        asks=True,
    ),
    Fault(
        name="doubled",
        story="A second subscription is never taken back, and each event comes twice.",
        causes=("delivery.duplicate-subscription",),
        play=double,
        asks=True,
    ),
    Fault(
        name="dropped",
        story="A buffer of events is full in a burst, and what comes then is dropped.",
        causes=("delivery.capacity-drop", "delivery.backpressure-drop"),
        play=drop,
        asks=True,
    ),
    Fault(
        name="renamed",
        story="The types of events are mapped onto another list, and none is what clients await.",
        causes=("message.unexpected-reply",),
        play=rename,
        asks=True,
    ),
    Fault(
        name="resume-ignored",
        story="Each connection gets a new context, and what was missed before is never sent.",
        causes=("delivery.resume-gap",),
        play=forget_events,
        asks=True,
        look=("--resume", RESUME),
    ),
    Fault(
        name="newest-socket",
        story="The socket is kept in one variable, so answers go to whoever came last.",
        causes=("capacity.shared-socket-var", "message.wrong-recipient-reply"),
        play=Shared().newest,
        asks=True,
    ),
    Fault(
        name="leak",
        story="A user's events go to a connection of another user as well.",
        causes=("message.cross-user-leak",),
        play=Shared().another,
        asks=True,
    ),
    Fault(
        name="slow-reader-blocks",
        story="Who is there is told to one after the other, and one slow reader holds up the rest.",
        causes=("capacity.broadcast-blocked",),
        play=Broadcast().play,
        look=("--read-slowly", "3"),
    ),
    Fault(
        name="cached-identity",
        story="Who was authenticated is remembered without the token: the next user is the first.",
        causes=("auth.identity-cached-across-users", "auth.signature-not-verified"),
        play=CachedIdentity().play,
        asks=True,
    ),
)
