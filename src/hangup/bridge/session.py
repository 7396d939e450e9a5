"""One connection of one user, to whom everything that the log gets goes out in order."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

from msgspec import UNSET, Struct

from hangup.bridge import codes
from hangup.bridge.codes import ClosedError
from hangup.bridge.feed import Feed
from hangup.bridge.inbound import Inbound
from hangup.bridge.limits import Limits
from hangup.bridge.log import EpochChangedError, LogUnavailableError, Position
from hangup.bridge.presented import Identity, RefusedError
from hangup.bridge.words import (
    PING,
    Expiring,
    Pong,
    Refresh,
    Refreshed,
    Resume,
    Resumed,
    ResumeFailed,
    Trouble,
    batch,
    told,
)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
PAUSE = 0.2
"""Seconds before the log is asked again when it could not be reached."""

logger = logging.getLogger("hangup.bridge")


class Home(Protocol):
    """What a session needs of the bridge that holds it."""

    limits: Limits

    async def position(self, user: str) -> Position: ...

    async def welcome(self, session: Session, position: Position) -> Struct: ...

    def acknowledged(self, user: str, seq: int) -> None: ...

    async def identify(self, token: str, session: Session) -> Identity: ...

    async def handle(self, session: Session, kind: str, text: str) -> None: ...


class Wish(Struct, frozen=True):
    """Where a client wants to go on; `after` is None for what is new alone."""

    after: int | None = None
    epoch: str = ""
    full: bool = False


class Session:
    """A connection that is logged in. Its feed is its user's: no other events can reach it."""

    __slots__ = (
        "__weakref__",
        "_cursor",
        "_ended",
        "_held",
        "_send",
        "_sender",
        "_task",
        "_warned",
        "_writes",
        "_writing_since",
        "acked",
        "feed",
        "full",
        "heard",
        "home",
        "id",
        "identity",
        "sent",
    )

    def __init__(self, id: str, identity: Identity, home: Home, feed: Feed, send: Send) -> None:
        self.id, self.identity, self.home, self.feed = id, identity, home, feed
        self.full = False
        self.heard = self.sent = time.monotonic()
        self.acked = 0
        self._send = send
        self._cursor = 0
        self._warned = False
        self._held = True
        self._sender: asyncio.Task[None] | None = None
        self._task: asyncio.Task[Any] | None = None
        self._ended: ClosedError | None = None
        self._writes, self._writing_since = 0, 0.0

    @property
    def user(self) -> str:
        """Whose session this is."""
        return self.identity.user

    async def serve(self, wish: Wish, position: Position, receive: Receive) -> None:
        """Welcome the client from `position` on; send and receive until it is gone.

        A quiet session has no task but that of its connection, in which this is called.

        Raises:
            ClosedError: the connection is to be closed, with a code and a reason.
        """
        self._task = asyncio.current_task()
        inbound = Inbound(self, self.home.limits)
        self.feed.followers.append(self)
        try:
            await self._begin(wish, position)
            await inbound.read(receive)
        except ClosedError:
            inbound.drop()
            raise
        except asyncio.CancelledError:
            # As in asyncio.timeout: it is ours when `end` asked for it, and nobody else did.
            if self._ended is None or self._task is None or self._task.uncancel() > 0:
                raise
        finally:
            self._task, self._held, self._send = None, True, _to_nobody
            self.feed.followers.remove(self)
            if self._sender is not None:
                self._sender.cancel()
        if self._ended is not None:
            inbound.drop()
            raise self._ended

    def end(self, code: int, reason: str = "") -> None:
        """Have the connection closed; the first reason counts."""
        if self._ended is None:
            self._ended = ClosedError(code, reason)
            if self._task is not None:
                self._task.cancel()

    def grown(self) -> None:
        """Send what is new, unless that is being done already."""
        if self._sender is None and not self._held:
            self._sender = asyncio.get_running_loop().create_task(self._send_on())

    async def tell(self, message: Struct | str) -> None:
        """Send one message of the bridge.

        Raises:
            ClosedError: the client reads too slowly.
        """
        await self._text(message if isinstance(message, str) else told(message))

    async def resume(self, asked: Resume) -> None:
        """Go on from where the client says, in the middle of the connection."""
        self._held = True
        if self._sender is not None:
            self._sender.cancel()
            await asyncio.wait((self._sender,))
            self._sender = None  # one that was never run could not say so itself
        position = await self.home.position(self.user)
        await self._begin_at(asked.after, asked.epoch, position, answer=True)
        self._go_on()

    async def refresh(self, asked: Refresh) -> None:
        """Take a newer credential, which must be of the same user."""
        try:
            identity = await self.home.identify(asked.token, self)
            if identity.user != self.user:
                raise RefusedError("other-user")
        except RefusedError as refused:
            code = codes.FORBIDDEN if refused.forbidden else codes.CREDENTIAL
            raise ClosedError(code, refused.reason) from None
        self.identity, self._warned = identity, False
        expires = UNSET if identity.expires is None else identity.expires
        await self.tell(Refreshed(expires))

    def beat(self, now: float, wall: float) -> Struct | str | None:
        """Give what the clock has to say to the client, when there is something; may end it."""
        limits = self.home.limits
        if self._writes:
            if now - self._writing_since > limits.sending:
                self.end(codes.NO_ROOM, "the reader is too slow")
            return None
        if now - self.heard > (2 * limits.heartbeat if self.full else limits.silence):
            self.end(codes.UNHEARD, "nothing was heard")
        expires = self.identity.expires
        if expires is not None and wall >= expires:
            self.end(codes.CREDENTIAL, "expired")
        elif expires is not None and not self._warned and wall >= expires - limits.expiry_warning:
            self._warned = True
            return Expiring(expires)
        return PING if self.full and now - self.sent >= limits.heartbeat * 0.8 else None

    def note_ack(self, seq: int) -> None:
        """Note what the client has, up to what it was sent."""
        if self.acked < seq <= self._cursor:
            self.acked = seq
            self.home.acknowledged(self.user, seq)

    async def pong(self, id: object) -> None:
        """Answer a ping."""
        await self.tell(Pong(id) if isinstance(id, (str, int)) else '{"type":"pong"}')

    async def handle(self, kind: str, text: str) -> None:
        """Give a message of the application to whom it is for."""
        await self.home.handle(self, kind, text)

    async def trouble(self, trouble: Trouble) -> None:
        """Tell the client of what could not be done."""
        await self.tell(trouble)

    async def _begin(self, wish: Wish, position: Position) -> None:
        if self._ended is not None:
            raise self._ended
        self.full, self._cursor = wish.full, position.last
        await self.tell(await self.home.welcome(self, position))
        if wish.after is not None:
            await self._begin_at(wish.after, wish.epoch, position, answer=False)
        self._go_on()

    async def _begin_at(self, after: int, epoch: str, position: Position, *, answer: bool) -> None:
        reason = _refusal(after, epoch, position)
        if reason:
            self._cursor = position.first - 1
            await self.tell(_failed(reason, after, position))
            return
        self._cursor = after
        if answer:
            await self.tell(Resumed(after))

    def _go_on(self) -> None:
        self._held = False
        self.grown()

    async def _send_on(self) -> None:
        try:
            await self._send_new()
        except ClosedError as error:
            self.end(error.code, error.reason)
        except Exception:  # whatever it was, the client comes again and resumes: nothing is lost
            logger.exception("session %s cannot go on", self.id)
            self.end(codes.NO_ROOM, "the server has failed")
        finally:
            self._sender = None

    async def _send_new(self) -> None:
        while True:
            try:
                new = await self.feed.after(self._cursor, self.home.limits.batch)
            except LogUnavailableError:
                await asyncio.sleep(PAUSE)
                continue
            except EpochChangedError:
                raise ClosedError(codes.RESTART, "retry-after=0") from None
            if not new.frames:
                return
            if new.first != self._cursor + 1:
                position = await self.home.position(self.user)
                await self.tell(_failed("expired", self._cursor, position))
            if self.full and len(new.frames) > 1:
                await self._text(batch(new.frames))
            else:
                for each in new.frames:
                    await self._text(each.decode())
            self._cursor = new.last

    async def _text(self, text: str) -> None:
        # Its deadline is watched by `beat`: a timer for each message costs more than the message.
        if not self._writes:
            self._writing_since = time.monotonic()
        self._writes += 1
        try:
            await self._send({"type": "websocket.send", "text": text})
        except OSError:  # as ASGI has it: the client is gone
            raise ClosedError(codes.NO_ROOM, "the client is gone") from None
        finally:
            self._writes -= 1
        self.sent = time.monotonic()


async def _to_nobody(message: Message) -> None:
    """Take what a handler says to a client that has left."""


def _refusal(after: int, epoch: str, position: Position) -> str:
    if epoch not in ("", position.epoch) and not position.holds(epoch, after):
        return "epoch"
    if after > position.last or after < 0:
        return "future"
    return "expired" if after < position.first - 1 else ""


def _failed(reason: str, after: int, position: Position) -> ResumeFailed:
    return ResumeFailed(
        reason=reason,
        after=after,
        epoch=position.epoch,
        first=position.first,
        seq=position.last,
    )
