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
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from hangup.bridge import codes
from hangup.bridge.client.machine import (
    BrokenError,
    Ended,
    Gap,
    GaveUpError,
    Item,
    Machine,
    Place,
    Received,
)
from hangup.bridge.presented import subprotocol_of

Token = str | Callable[[], Awaitable[str]]
TokenIn = Literal["header", "subprotocol", "query", "message"]
State = Literal["connecting", "open", "waiting", "closed"]
SUBPROTOCOL = "hangup.v1"

logger = logging.getLogger("hangup.bridge.client")


class NotConnectedError(Exception):
    """There is no open connection now: what was to be sent has not been."""


class _NoTokenError(Exception):
    """The application could not give a credential now."""


class Client:
    """Iterates over a user's events, through lost connections and on to other servers.

    `async with Client(url, token) as client: async for item in client: ...` gives `Received`,
    `Gap`, `Refused` and `Answer`. An event counts as handled, and is acknowledged, when the next
    item is asked for; `client.place` says how far that is, and a new client given it goes on
    there. When the client gives up, the iteration raises `GaveUpError`. Reading pauses while
    `ahead` items wait to be taken.

    Args:
        token: the credential, or a function that gives one; a function is asked again when the
            server refuses or is about to, and after a pause when it raises.
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
        draw: Callable[[], float] = random.random,  # noqa: S311 - spreads retries, guards nothing
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
        self._known_token, self._stale = "", True
        self._taken: Received | Gap | None = None
        self._acked: Place | None = None
        self._heard = self._said = self._opened_at = 0.0
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
        self._taken = item if isinstance(item, Received | Gap) else None
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
        try:
            await self._say(json.dumps(message))
        except ConnectionClosed:
            raise NotConnectedError("the connection was lost") from None

    async def _say(self, text: str) -> None:
        connection = self._connection
        if connection is None:
            raise NotConnectedError("there is no open connection")
        try:
            async with asyncio.timeout(self._open_timeout):
                await connection.send(text)
        except TimeoutError:
            raise NotConnectedError("the connection takes nothing") from None
        self._said = time.monotonic()

    def _handled(self) -> None:
        if self._taken is not None:
            self.place, self._taken = self._taken.place, None

    async def _run(self) -> None:
        while True:
            try:
                ended = await self._connect()
                again = self._machine.after(ended, self._draw())
            except GaveUpError as gave_up:
                return self._give_up(gave_up)
            if again.refresh and isinstance(self._token, str):
                return self._give_up(GaveUpError(ended.code or ended.status, ended.reason))
            self._stale |= again.refresh
            self.state = "waiting"
            await asyncio.sleep(again.pause)

    def _give_up(self, why: GaveUpError) -> None:
        self.state, self._gave_up = "closed", why
        self._grown.set()

    async def _connect(self) -> Ended:
        self.state = "connecting"
        try:
            if self._stale:
                await self._renew_token()
            async with connect(**self._options()) as connection:
                try:
                    await self._talk(connection)
                except BrokenError as broken:
                    logger.info("closing, to connect again: %s", broken, exc_info=broken.__cause__)
                    await connection.close(broken.code, broken.reason)
                finally:
                    await connection.close()  # 1000, where the context would say 1011
            return self._ended()
        except ConnectionClosed as closed:
            frame = closed.rcvd
            return self._ended(frame.code, frame.reason) if frame else self._ended()
        except InvalidStatus as refused:
            response = refused.response
            after = response.headers.get("Retry-After", "")
            wish = float(after) if after.isascii() and after.isdigit() else None
            return Ended(status=response.status_code, retry_after=wish)
        except (OSError, TimeoutError, WebSocketException, NotConnectedError, _NoTokenError) as why:
            logger.info("connecting again: %s", type(why).__name__)
            return self._ended()
        finally:
            self._connection = None
            self._opened.clear()

    def _ended(self, code: int = 0, reason: str = "") -> Ended:
        stayed = time.monotonic() - self._opened_at if self._opened.is_set() else 0.0
        return Ended(code, reason, stayed=stayed)

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
            options["subprotocols"] = [SUBPROTOCOL, subprotocol_of(self._known_token)]
        elif self._carrier == "query":
            url += "&" + urlencode({"token": self._known_token})
        return {"uri": url, **options}

    async def _renew_token(self) -> None:
        try:
            known = self._token if isinstance(self._token, str) else await self._token()
        except Exception as error:  # whatever the application does to get one may fail for a while
            logger.warning("there is no new credential: %r", error)
            raise _NoTokenError from error
        self._known_token, self._stale = known, False

    async def _talk(self, connection: ClientConnection) -> None:
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
        finally:
            for task in (reading, keeping):
                task.cancel()
            with contextlib.suppress(NotConnectedError, ConnectionClosed):
                await self._acknowledge()
            await asyncio.wait((reading, keeping))

    async def _read(self, connection: ClientConnection) -> None:
        while True:
            text = await connection.recv()
            self._heard = time.monotonic()
            if isinstance(text, bytes):
                raise BrokenError(codes.PROTOCOL, "a binary message")
            try:
                self._machine.hear(text)
            finally:
                self._grown.set()
            if self._machine.welcomed and not self._opened.is_set():
                self.state, self._opened_at = "open", time.monotonic()
                if self.place is None:  # nothing was handled yet, and nothing was missed
                    self.place = self._acked = self._machine.place
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
                await self._refresh()
            now = time.monotonic()
            if now - self._said > self._machine.heartbeat / 2:
                await self._say('{"type":"pong"}')
            waiting = len(self._machine.items) >= self._ahead
            if now - self._heard > 2 * self._machine.heartbeat and not waiting:
                raise BrokenError(codes.UNHEARD, "nothing was heard")

    async def _refresh(self) -> None:
        # Without a new one the old one goes on until the server says that it has expired.
        with contextlib.suppress(_NoTokenError):
            await self._renew_token()
            await self._say(json.dumps({"type": "refresh", "token": self._known_token}))

    async def _acknowledge(self) -> None:
        place = self.place
        if place is None or place == self._acked or not self._opened.is_set():
            return
        if place.epoch == self._machine.epoch:
            await self._say(json.dumps({"type": "ack", "seq": place.seq}))
            self._acked = place
