"""What a client sends: read, bounded, and given to whom it is for."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

from msgspec import UNSET

from hangup.bridge import codes
from hangup.bridge.codes import ClosedError
from hangup.bridge.limits import Limits
from hangup.bridge.words import (
    CONTROL,
    Ack,
    Login,
    Ping,
    Refresh,
    Resume,
    Trouble,
    Unreadable,
    control,
    type_of,
)

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class Speaker(Protocol):
    """What a client's messages do to its session."""

    heard: float

    def note_ack(self, seq: int) -> None: ...

    async def pong(self, id: object) -> None: ...

    async def resume(self, asked: Resume) -> None: ...

    async def refresh(self, asked: Refresh) -> None: ...

    async def trouble(self, trouble: Trouble) -> None: ...

    async def handle(self, kind: str, text: str) -> None: ...


class Bucket:
    """So many messages a second, and a burst at once."""

    __slots__ = ("_at", "_burst", "_left", "_rate")

    def __init__(self, rate: float, burst: int, now: float) -> None:
        self._rate, self._burst, self._left, self._at = rate, burst, float(burst), now

    def take(self, now: float) -> bool:
        """Take one, when there is one."""
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        self._left -= 1
        return self._left >= 0


class Inbound:
    """Reads a session's messages.

    Those of the application wait in a line of bounded length for a task of their own, so that a
    slow one holds up neither heartbeats nor acknowledgements. Who has said something and left is
    heard all the same: a message that is handled by half may have begun what nobody would end.
    """

    __slots__ = ("_bad", "_bucket", "_limits", "_line", "_session", "_working")

    def __init__(self, session: Speaker, limits: Limits) -> None:
        self._session, self._limits = session, limits
        self._bucket = Bucket(limits.messages, limits.burst, time.monotonic())
        self._bad = 0
        self._line: deque[tuple[str, str]] | None = None
        self._working: asyncio.Task[None] | None = None

    async def read(self, receive: Receive) -> None:
        """Read until the client is gone.

        Raises:
            ClosedError: the client has gone too far.
        """
        while (message := await receive())["type"] == "websocket.receive":
            now = self._session.heard = time.monotonic()
            if not self._bucket.take(now):
                raise ClosedError(codes.FLOOD, "too many messages")
            text = text_of(message, self._limits.message_bytes)
            try:
                await self._take(text)
                self._bad = 0
            except Unreadable as error:
                self._bad += 1
                if self._bad >= self._limits.bad_in_a_row:
                    raise ClosedError(codes.PROTOCOL, "message after message is unusable") from None
                await self._session.trouble(error.trouble)

    def drop(self) -> None:
        """Forget what waits to be handled."""
        if self._line is not None:
            self._line.clear()

    async def _take(self, text: str) -> None:
        kind = type_of(text)
        if kind in CONTROL:
            await self._control(control(text, kind))
        else:
            await self._enqueue(kind, text)

    async def _control(self, message: object) -> None:
        match message:
            case Ack(seq):
                self._session.note_ack(seq)
            case Ping(id):
                await self._session.pong(None if id is UNSET else id)
            case Resume():
                await self._session.resume(message)
            case Refresh():
                await self._session.refresh(message)
            case Login():
                raise Unreadable("bad_shape", "this connection is logged in already", "login")

    async def _enqueue(self, kind: str, text: str) -> None:
        line = self._line = deque() if self._line is None else self._line
        if len(line) >= self._limits.waiting:
            busy = Trouble(code="busy", message="too many messages wait to be handled", about=kind)
            await self._session.trouble(busy)
            return
        line.append((kind, text))
        if self._working is None or self._working.done():
            self._working = asyncio.ensure_future(self._work(line))

    async def _work(self, line: deque[tuple[str, str]]) -> None:
        while line:
            kind, text = line.popleft()
            await self._session.handle(kind, text)


def text_of(message: MutableMapping[str, Any], most: int) -> str:
    """Give the text of a message.

    Raises:
        ClosedError: it is binary, or larger than `most` bytes.
    """
    text = message.get("text")
    if text is None:
        raise ClosedError(codes.BINARY, "this protocol is text")
    if len(text) > most or (len(text) * 4 > most and len(text.encode("utf-8", "replace")) > most):
        raise ClosedError(codes.TOO_BIG, f"a message holds {most} bytes at most")
    return str(text)
