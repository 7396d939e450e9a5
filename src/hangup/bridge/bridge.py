"""The bridge: an ASGI application that carries each user's events to the user's connections."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import secrets
import time
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping
from typing import Any, Self

import msgspec
from msgspec import UNSET, Struct

from hangup.bridge import codes
from hangup.bridge.admission import Admission
from hangup.bridge.codes import ClosedError
from hangup.bridge.events import AgentError
from hangup.bridge.feed import Feed
from hangup.bridge.house import Housekeeping
from hangup.bridge.limits import Limits
from hangup.bridge.log import (
    Entry,
    EventLog,
    LogError,
    LogUnavailableError,
    OpenRun,
    Position,
    Retention,
    RunExistsError,
    RunKey,
)
from hangup.bridge.presented import Authenticate, Identity, Scope
from hangup.bridge.run import Run, new_incident
from hangup.bridge.session import Receive, Send, Session, Wish
from hangup.bridge.words import Trouble, Unreadable, Welcome, read

logger = logging.getLogger("hangup.bridge")


class DeclinedError(Exception):
    """What a handler raises to tell the client, in a code of the application, why not."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class Arrived(Struct, frozen=True):
    """A message of the application, from whom, and a way to answer this connection alone."""

    message: Any
    user: str
    session: str
    tell: Callable[[Struct], Awaitable[None]]


Handler = Callable[[Arrived], Awaitable[None]]


class Bridge:
    """Typed events from agents to users, over any number of connections and processes.

    Mount it as an ASGI application where clients connect, and publish in `run`. `messages` says
    who handles which message of the application: tagged msgspec structs. `adopt` is given runs
    whose process has died, to go on with them; without it they end in `agent_error`.
    """

    def __init__(
        self,
        log: EventLog,
        authenticate: Authenticate,
        *,
        messages: Mapping[type[Struct], Handler] | None = None,
        limits: Limits | None = None,
        retention: Retention | None = None,
        origins: Collection[str] | None = None,
        cookie: str | None = None,
        token_in_query: bool = False,
        adopt: Callable[[Run], Awaitable[None]] | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.log = log
        self.owner = secrets.token_hex(8)
        self.draining = False
        self._admission = Admission(authenticate, self.limits, origins, cookie, token_in_query)
        self._handlers = _decoders(messages or {})
        self._adopt = adopt
        self._sessions: dict[str, Session] = {}
        self._feeds: dict[str, Feed] = {}
        self._runs: dict[RunKey, Run] = {}
        self._beginning: set[RunKey] = set()
        self._alone: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._house = Housekeeping(
            log,
            self.owner,
            self.limits,
            retention or Retention(),
            self._sessions.values,
            lambda: {*self._runs, *self._beginning},
            self._orphaned,
        )

    @property
    def sessions(self) -> int:
        """How many connections are logged in here."""
        return len(self._sessions)

    @property
    def runs(self) -> int:
        """How many runs are published here."""
        return len(self._runs)

    async def __aenter__(self) -> Self:
        """Begin with what a bridge does on its own; the first connection or run does so as well."""
        self._house.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Drain without waiting for runs."""
        await self.drain()

    async def run(self, user: str, id: str = "") -> Run:
        """Open a run of a user; without an id it gets a new one. To be used as a context.

        Raises:
            RunExistsError, TooManyRunsError, LogUnavailableError.
        """
        self._house.start()
        id = id or f"r-{secrets.token_hex(8)}"
        limits, known = self.limits, OpenRun(user, id, 0)
        if (user, id) in self._runs or (user, id) in self._beginning:
            # The log lets an owner begin again what it has begun, for when the answer was lost.
            raise RunExistsError(f"run {id} is there already")
        self._beginning.add((user, id))
        beginning = asyncio.ensure_future(
            self.log.begin(
                user, id, self.owner, now=time.time(), lease=limits.lease, most=limits.runs_of_user
            )
        )
        try:
            await asyncio.shield(beginning)
        except asyncio.CancelledError:
            self._on_its_own(self._end_unwanted(beginning, known))
            raise
        except BaseException:  # whatever it was: nothing has begun
            self._beginning.discard((user, id))
            raise
        return self._begun(known)

    async def drain(self, *, runs: float = 0.0) -> None:
        """Take no new connections, and tell every client to come back.

        Before that, runs may end for up to `runs` seconds; what still runs is left to others.
        """
        self.draining = True
        await self._until(lambda: not self._runs, runs)
        for session in list(self._sessions.values()):
            pause = self.limits.retry_after * (1 + random.random())  # noqa: S311 - spreads returns
            session.end(codes.RESTART, f"retry-after={pause:.1f}")
        await self._until(lambda: not self._sessions, self.limits.closing)
        for task in self._alone:
            task.cancel()
        await self._house.stop()
        with contextlib.suppress(LogUnavailableError):  # then the leases run out by themselves
            await self.log.release(self.owner, now=time.time())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "websocket":
            raise RuntimeError(f"a bridge serves WebSockets, and this is {scope['type']}")
        self._house.start()
        await receive()  # websocket.connect
        try:
            admitted = await self._admit(scope, receive, send)
            del scope  # a session is open for long, and this is larger than all else of it
            if admitted is not None:
                await self._serve(*admitted, receive, send)
        except ClosedError as closed:
            await self._close(send, closed)
        except LogUnavailableError:
            logger.warning("a client was sent away: the log of events cannot be reached")
            await self._close(send, ClosedError(codes.NO_ROOM, "the log cannot be reached"))

    async def position(self, user: str) -> Position:
        """Say how far a user's log goes."""
        return await self.log.position(user, now=time.time())

    def acknowledged(self, user: str, seq: int) -> None:
        """Note what a client of a user has."""
        self._house.acknowledged(user, seq)

    async def identify(self, token: str, session: Session) -> Identity:
        """Say whose a credential is that came in a message."""
        return await self._admission.identify(token, session.id)

    async def handle(self, session: Session, kind: str, text: str) -> None:
        """Have a message of the application handled; what fails is told as an event."""
        try:
            await self._handle(session, kind, text)
        except ClosedError as closed:
            session.end(closed.code, closed.reason)

    async def _handle(self, session: Session, kind: str, text: str) -> None:
        known = self._handlers.get(kind)
        if known is None:
            unknown = Trouble(code="unknown_type", message="no such message", about=kind[:80])
            return await session.trouble(unknown)
        decoder, handler = known
        try:
            arrived = Arrived(read(decoder, text, kind), session.user, session.id, session.tell)
            async with asyncio.timeout(self.limits.handling):
                await handler(arrived)
        except Unreadable as unreadable:
            await session.trouble(unreadable.trouble)
        except DeclinedError as declined:
            await session.trouble(Trouble(code=declined.code, message=str(declined), about=kind))
        except ClosedError:
            raise
        except LogUnavailableError as error:
            logger.warning("handling %s: %s", kind, error)
            later = Trouble(code="unavailable", message="try again later", about=kind)
            await session.trouble(later)
        except Exception:  # a handler's bug is an incident, and never closes a connection
            incident = new_incident()
            logger.exception("handling %s failed, incident %s", kind, incident)
            message = "it could not be handled"
            failed = Trouble(code="failed", message=message, about=kind, incident=incident)
            await session.trouble(failed)
        return None

    async def _admit(
        self, scope: Scope, receive: Receive, send: Send
    ) -> tuple[Identity, Wish] | None:
        admitted = await self._admission.admit(scope, receive, send, busy=self._busy())
        return None if admitted is None else (admitted[0], _wish(admitted[1]))

    async def _serve(self, identity: Identity, wish: Wish, receive: Receive, send: Send) -> None:
        user = identity.user
        feed, position = await self._feed(user)
        session = Session(f"s-{secrets.token_hex(6)}", identity, self, feed, send)
        try:
            if feed.sessions > self.limits.sessions_of_user:
                raise ClosedError(codes.TOO_MANY, "too many connections of this user")
            self._sessions[session.id] = session
            await session.serve(wish, position, receive)
        finally:
            self._sessions.pop(session.id, None)
            self._leave(feed)
            self._changed.set()

    async def welcome(self, session: Session, position: Position) -> Welcome:
        """Give the first message to a client."""
        expires = session.identity.expires
        return Welcome(
            session=session.id,
            user=session.user,
            epoch=position.epoch,
            first=position.first,
            seq=position.last,
            runs=await self.log.open_runs(session.user),
            heartbeat=self.limits.heartbeat,
            expires=UNSET if expires is None else expires,
        )

    async def _feed(self, user: str) -> tuple[Feed, Position]:
        position = await self.position(user)
        feed = self._feeds.get(user)
        if feed is None or feed.epoch != position.epoch:
            feed = self._feeds[user] = Feed(self.log, user, position)
        feed.sessions += 1
        return feed, position

    def _leave(self, feed: Feed) -> None:
        feed.sessions -= 1
        if not feed.sessions:
            feed.close()
            if self._feeds.get(feed.user) is feed:
                del self._feeds[feed.user]

    def _busy(self) -> str:
        if self.draining:
            return "the server goes down"
        return "no room" if len(self._sessions) >= self.limits.sessions else ""

    def _begun(self, known: OpenRun) -> Run:
        self._beginning.discard((known.user, known.run))
        return self._run_of(known)

    def _run_of(self, known: OpenRun) -> Run:
        limits = self.limits
        run = Run(self.log, self.owner, known, self._offer, self._over, limits.publishing)
        self._runs[known.user, known.run] = run
        return run

    def _offer(self, user: str, entries: list[Entry]) -> None:
        if (feed := self._feeds.get(user)) is not None:
            feed.offer(entries)

    def _over(self, run: Run) -> None:
        self._runs.pop((run.user, run.id), None)
        self._changed.set()

    async def _orphaned(self, known: OpenRun) -> None:
        self._on_its_own(self._go_on(self._run_of(known)))

    def _on_its_own(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._alone.add(task)
        task.add_done_callback(self._alone.discard)

    async def _end_unwanted(self, beginning: asyncio.Future[None], known: OpenRun) -> None:
        """End a run that may have begun while who wanted it was cancelled."""
        with contextlib.suppress(LogError):  # it has not begun, or its lease will run out
            await beginning
            async with self._begun(known) as run:
                await run.publish(AgentError(code="cancelled", message="the agent was cancelled"))

    async def _go_on(self, run: Run) -> None:
        with contextlib.suppress(Exception):  # the run has told and logged it
            async with run:
                if self._adopt is not None:
                    await self._adopt(run)
                else:
                    lost = "the process that ran the agent has died"
                    await run.publish(AgentError(code="lost", message=lost))

    async def _until(self, holds: Callable[[], bool], seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not holds():
                    self._changed.clear()
                    await self._changed.wait()

    async def _close(self, send: Send, closed: ClosedError) -> None:
        closing = {"type": "websocket.close", "code": closed.code, "reason": closed.reason[:100]}
        try:
            async with asyncio.timeout(self.limits.closing):
                await send(closing)
        except Exception:  # noqa: BLE001 - it is gone already: servers say so in many ways
            logger.debug("a close came too late")


def _wish(query: Mapping[str, str]) -> Wish:
    after = query.get("after", "")
    number = int(after) if after.isascii() and after.isdigit() and len(after) < 19 else None
    return Wish(number, query.get("epoch", ""), query.get("v") == "1")


def _decoders(
    messages: Mapping[type[Struct], Handler],
) -> dict[str, tuple[msgspec.json.Decoder[Any], Handler]]:
    found = {}
    for kind, handler in messages.items():
        tag = kind.__struct_config__.tag
        if not isinstance(tag, str) or kind.__struct_config__.tag_field != "type":
            raise TypeError(f"{kind.__name__} needs a tag, and `type` as its tag_field")
        found[tag] = (msgspec.json.Decoder(type=kind), handler)
    return found
