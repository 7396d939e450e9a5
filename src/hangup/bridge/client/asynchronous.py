"""The client for asyncio."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any, Literal, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from hangup.bridge.client.machine import (
    BrokenError,
    Ended,
    GaveUpError,
    Item,
    Machine,
    Place,
    Received,
)

Token = str | Callable[[], Awaitable[str]]
TokenIn = Literal["header", "subprotocol", "query", "message"]
State = Literal["connecting", "open", "waiting", "closed"]
SUBPROTOCOL = "hangup.v1"

logger = logging.getLogger("hangup.bridge.client")


class NotConnectedError(Exception):
    """There is no open connection now: what was to be sent has not been."""


class Client:
    """Iterates over a user's events, through lost connections and on to other servers.

    `async with Client(url, token) as client: async for item in client: ...` gives `Received`,
    `Gap` and `Refused`. An event counts as handled, and is acknowledged, when the next item is
    asked for; `client.place` says how far that is, and a new client given it goes on there. When
    the client gives up, the iteration raises `GaveUpError`. Reading pauses while `ahead` items
    wait to be taken.

    Args:
        token: the credential, or a function that gives one; a function is asked again when the
            server refuses or is about to.
        from_start: begin with everything that is kept, rather than with what is new.
    """

    def __init__(
        self,
        url: str,
        token: Token,
        *,
        token_in: TokenIn = "header",  # noqa: S107 - where it travels
        place: Place | None = None,
        from_start: bool = False,
        ahead: int = 256,
        open_timeout: float = 10.0,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self.state: State = "connecting"
        self.place = place
        self._url, self._token, self._carrier = url, token, token_in
        self._open_timeout, self._draw = open_timeout, draw
        self._machine = Machine(place=place, from_start=from_start)
        self._ahead = ahead
        self._grown, self._room = asyncio.Event(), asyncio.Event()
        self._gave_up: GaveUpError | None = None
        self._connection: ClientConnection | None = None
        self._opened = asyncio.Event()
        self._known_token = ""
        self._taken: Received | None = None
        self._acked = 0
        self._heard = self._said = 0.0
        self._running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin to connect; nothing is waited for."""
        self._running = asyncio.ensure_future(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Acknowledge what was handled, and close."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait((self._running,))
        self.state = "closed"

    def __aiter__(self) -> Self:
        """Iterate."""
        return self

    async def __anext__(self) -> Item:
        """Give the next item; the one before counts as handled."""
        self._handled()
        while not self._machine.items:
            if self._gave_up is not None:
                raise self._gave_up
            self._grown.clear()
            await self._grown.wait()
        item = self._machine.items.popleft()
        self._room.set()
        self._taken = item if isinstance(item, Received) else None
        return item

    async def send(self, message: dict[str, Any], *, wait: float = 0.0) -> None:
        """Send a message of the application, once, on a connection that is open.

        With `wait` it may take so many seconds until one is. That it was sent does not mean that
        it was handled: that is what answers are for.

        Raises:
            NotConnectedError: it was not sent.
        """
        try:
            async with asyncio.timeout(wait or 0.001):
                await self._opened.wait()
        except TimeoutError:
            raise NotConnectedError("there is no open connection") from None
        await self._say(json.dumps(message))

    async def _say(self, text: str) -> None:
        connection = self._connection
        if connection is None:
            raise NotConnectedError("there is no open connection")
        try:
            async with asyncio.timeout(self._open_timeout):
                await connection.send(text)
        except (ConnectionClosed, TimeoutError):
            raise NotConnectedError("the connection was lost") from None
        self._said = time.monotonic()

    def _handled(self) -> None:
        if self._taken is not None:
            self.place = Place(self._taken.epoch, self._taken.seq)
            self._taken = None

    async def _run(self) -> None:
        refresh = True
        while True:
            try:
                ended = await self._connect(refresh)
                again = self._machine.after(ended, self._draw())
            except GaveUpError as gave_up:
                return self._give_up(gave_up)
            if again.refresh and isinstance(self._token, str):
                return self._give_up(GaveUpError(ended.code or ended.status, ended.reason))
            refresh = again.refresh
            self.state = "waiting"
            await asyncio.sleep(again.pause)

    def _give_up(self, why: GaveUpError) -> None:
        self.state, self._gave_up = "closed", why
        self._grown.set()

    async def _connect(self, refresh: bool) -> Ended:
        self.state = "connecting"
        begun = time.monotonic()
        try:
            if refresh or not self._known_token:
                self._known_token = await self._new_token()
            async with connect(**self._options()) as connection:
                return await self._talk(connection)
        except ConnectionClosed as closed:
            frame = closed.rcvd
            stayed = time.monotonic() - begun
            return Ended(frame.code, frame.reason, stayed=stayed) if frame else Ended(stayed=stayed)
        except InvalidStatus as refused:
            response = refused.response
            after = response.headers.get("Retry-After", "")
            wish = float(after) if after.isascii() and after.isdigit() else None
            return Ended(status=response.status_code, retry_after=wish)
        except (OSError, TimeoutError, WebSocketException, BrokenError, NotConnectedError) as error:
            logger.info("connecting again: %s", type(error).__name__)
            return Ended(stayed=time.monotonic() - begun)
        finally:
            self._connection = None
            self._opened.clear()

    def _options(self) -> dict[str, Any]:
        url = self._machine.url(self._url)
        options: dict[str, Any] = {
            "ping_interval": None,  # the protocol has heartbeats of its own
            "open_timeout": self._open_timeout,
            "close_timeout": 2.0,
            "max_size": 16 << 20,
        }
        if self._carrier == "header":
            options["additional_headers"] = {"Authorization": f"Bearer {self._known_token}"}
        elif self._carrier == "subprotocol":
            options["subprotocols"] = [SUBPROTOCOL, f"jwt.{self._known_token}"]
        elif self._carrier == "query":
            url += f"&token={self._known_token}"
        return {"uri": url, **options}

    async def _new_token(self) -> str:
        return self._token if isinstance(self._token, str) else await self._token()

    async def _talk(self, connection: ClientConnection) -> Ended:
        self._connection = connection
        self._heard = self._said = time.monotonic()
        if self._carrier == "message":
            await self._say(json.dumps({"type": "login", "token": self._known_token}))
        reading = asyncio.ensure_future(self._read(connection))
        keeping = asyncio.ensure_future(self._keep())
        try:
            await asyncio.wait((reading, keeping), return_when=asyncio.FIRST_COMPLETED)
            for task in (reading, keeping):
                if task.done():
                    task.result()
            return Ended()
        finally:
            for task in (reading, keeping):
                task.cancel()
            with contextlib.suppress(NotConnectedError):
                await self._acknowledge()
            await asyncio.wait((reading, keeping))

    async def _read(self, connection: ClientConnection) -> None:
        while True:
            text = await connection.recv()
            self._heard = time.monotonic()
            if isinstance(text, bytes):
                raise BrokenError("a binary message")
            try:
                self._machine.hear(text)
            finally:
                self._grown.set()
            if self._machine.welcomed and not self._opened.is_set():
                self.state = "open"
                self._opened.set()
            while self._machine.replies:
                await self._say(self._machine.replies.pop(0))
            while len(self._machine.items) >= self._ahead:
                self._room.clear()
                await self._room.wait()
                self._heard = time.monotonic()  # waiting for the application is no silence

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(min(0.1, self._machine.heartbeat / 4))
            await self._acknowledge()
            if self._machine.expiring and not isinstance(self._token, str):
                self._machine.expiring = False
                self._known_token = await self._new_token()
                await self._say(json.dumps({"type": "refresh", "token": self._known_token}))
            now = time.monotonic()
            if now - self._said > self._machine.heartbeat / 2:
                await self._say('{"type":"pong"}')
            waiting = len(self._machine.items) >= self._ahead
            if now - self._heard > 2 * self._machine.heartbeat and not waiting:
                raise BrokenError("nothing was heard")

    async def _acknowledge(self) -> None:
        place = self.place
        if place is not None and self._opened.is_set() and place.seq != self._acked:
            self._acked = place.seq
            await self._say(json.dumps({"type": "ack", "seq": place.seq}))
