"""Faults of how long connections are held, and how many of them."""

from __future__ import annotations

import asyncio
import time

from hangup.chat.faults.fault import App, Fault, Message, Receive, Send, opened, token_of

SILENCE = 2.0
"""Seconds without a heartbeat of the client after which it is taken for dead."""
UP, DOWN = 0.8, 30.0
"""Seconds from a start to the next restart, and those after which that may happen again."""
STARTING = 3.0
"""Seconds for which what the chat depends on is not ready, from the first connection on."""
MOST = 2
"""Connections that may be open at the same time."""
LEAKED = 24
"""Connections that may ever be opened, where none is taken off the count."""
OFTEN, WINDOW = 24, 10.0
"""Connections that may be opened within so many seconds."""


class Closable:
    """A connection that the fault closes in the midst of the chat's serving it."""

    def __init__(self, send: Send) -> None:
        self._send, self._closing = send, asyncio.Event()
        self._how = (1000, "")

    def close(self, code: int, reason: str) -> None:
        """Have it closed."""
        self._how = (code, reason)
        self._closing.set()

    async def serve(self, app: App, scope: Message, receive: Receive) -> None:
        """Serve it, until its end or until it is to be closed."""
        serving = asyncio.ensure_future(app(scope, receive, self._sends))
        closing = asyncio.ensure_future(self._closing.wait())
        try:
            await asyncio.wait((serving, closing), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (serving, closing):
                task.cancel()
            await asyncio.wait((serving, closing))
        if self._closing.is_set():
            code, reason = self._how
            await self._send({"type": "websocket.close", "code": code, "reason": reason})

    async def _sends(self, message: Message) -> None:
        if not self._closing.is_set():
            await self._send(message)


async def want_heartbeats(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Close who has not said anything for a while, whether or not pings are answered."""
    connection = Closable(send)
    loop = asyncio.get_running_loop()
    late = loop.call_later(SILENCE, connection.close, 4408, "heartbeat timeout")

    async def receives() -> Message:
        nonlocal late
        message = await receive()
        late.cancel()
        late = loop.call_later(SILENCE, connection.close, 4408, "heartbeat timeout")
        return message

    try:
        await connection.serve(app, scope, receives)
    finally:
        late.cancel()


class Restarting:
    """A service that its platform restarts soon after load has come, and again later."""

    def __init__(self) -> None:
        self._since = float("-inf")

    async def play(self, app: App, scope: Message, receive: Receive, send: Send) -> None:
        """End whoever is there at a restart, all at once."""
        connection, now = Closable(send), time.monotonic()
        if now - self._since > DOWN:
            self._since = now
        left = max(0.0, self._since + UP - now) or self._since + DOWN - now
        loop = asyncio.get_running_loop()
        ending = loop.call_later(left, connection.close, 1012, "service restart")
        try:
            await connection.serve(app, scope, receive)
        finally:
            ending.cancel()


async def mask_expiry(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Close with 1011 whatever the reason: also who has a wrong credential, or one that expires."""

    async def sends(message: Message) -> None:
        if message["type"] == "websocket.http.response.start":
            message = {"type": "websocket.accept", "subprotocol": None}
        elif (
            message["type"] == "websocket.http.response.body"
            or message["type"] == "websocket.close"
        ):
            message = {"type": "websocket.close", "code": 1011, "reason": "Internal error"}
        await send(message)

    await app(scope, receive, sends)


class Replacing:
    """One connection for each user: the newest."""

    def __init__(self) -> None:
        self._open: dict[str, Closable] = {}

    async def play(self, app: App, scope: Message, receive: Receive, send: Send) -> None:
        """Close the user's connection that was there before."""
        connection, user = Closable(send), token_of(scope)
        before = self._open.get(user)
        self._open[user] = connection
        if before is not None:
            before.close(4000, "replaced by a newer session")
        try:
            await connection.serve(app, scope, receive)
        finally:
            if self._open.get(user) is connection:
                del self._open[user]


class Counting:
    """Counts connections, for limits."""

    def __init__(self) -> None:
        self._open, self._opened = 0, list[float]()

    async def few(self, app: App, scope: Message, receive: Receive, send: Send) -> None:
        """Take no more than a few connections, and say so to the others."""
        if self._open >= MOST:
            await opened(scope, receive, send)
            await send({"type": "websocket.close", "code": 1013, "reason": "too many connections"})
            return
        self._open += 1
        try:
            await app(scope, receive, send)
        finally:
            self._open -= 1

    async def for_ever(self, app: App, scope: Message, receive: Receive, send: Send) -> None:
        """Count connections that are opened, and take none off the count that has ended."""
        self._open += 1
        if self._open > LEAKED:
            await opened(scope, receive, send)
            await send({"type": "websocket.close", "code": 1011, "reason": "too many connections"})
            return
        await app(scope, receive, send)

    async def seldom(self, app: App, scope: Message, receive: Receive, send: Send) -> None:
        """Take no more than a few connections in a while, from everybody together."""
        now = time.monotonic()
        self._opened = [at for at in self._opened if now - at < WINDOW]
        if len(self._opened) >= OFTEN:
            await opened(scope, receive, send)
            await send({"type": "websocket.close", "code": 1008, "reason": "rate limit exceeded"})
            return
        self._opened.append(now)
        await app(scope, receive, send)


class Starting:
    """Something that the chat depends on, which takes a while to come up."""

    def __init__(self) -> None:
        self._since: float | None = None

    async def play(self, app: App, scope: Message, receive: Receive, send: Send) -> None:
        """Accept before it is there, and close."""
        now = time.monotonic()
        self._since = self._since or now
        if now - self._since >= STARTING:
            await app(scope, receive, send)
            return
        await opened(scope, receive, send)
        await send({"type": "websocket.close", "code": 1011, "reason": "agent service not ready"})


HOLDING = (
    Fault(
        name="heartbeat-wanted",
        story="Who says nothing for two seconds is closed, though its pongs come.",
        causes=("keepalive.app-heartbeat-missed",),
        play=want_heartbeats,
        look=("--idle", "4"),
    ),
    Fault(
        name="expiry-masked",
        story="A token that expires is told as 1011, so clients try again for ever with it.",
        causes=("session.masked-exception", "auth.expired"),
        play=mask_expiry,
        look=("--idle", "6"),
    ),
    Fault(
        name="restarts",
        story="The service is restarted soon after load has come: all connections end with 1012.",
        causes=("session.server-restart",),
        play=Restarting().play,
    ),
    Fault(
        name="newest-only",
        story="A user's newer connection ends the one before, so two tabs reconnect for ever.",
        causes=("session.newer-replaces",),
        play=Replacing().play,
    ),
    Fault(
        name="few-connections",
        story="No more than two connections are taken at the same time.",
        causes=("capacity.conn-limit",),
        play=Counting().few,
    ),
    Fault(
        name="count-leaks",
        story="Connections that have ended stay on the count, until nobody gets in any more.",
        causes=("capacity.conn-limit", "capacity.rate-limit"),
        play=Counting().for_ever,
        look=("--crowd", "18"),
    ),
    Fault(
        name="storm-limit",
        story="A limit against storms of reconnects counts all clients behind a proxy as one.",
        causes=("capacity.rate-limit",),
        play=Counting().seldom,
        look=("--crowd", "18"),
    ),
    Fault(
        name="dependency-late",
        story="Connections are taken before what they depend on is ready, and closed with 1011.",
        causes=("session.dependency-not-ready",),
        play=Starting().play,
    ),
)
