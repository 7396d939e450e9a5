"""The client for threads: the one for asyncio, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, Self, TypeVar

from hangup.bridge.client.asynchronous import Client, Token
from hangup.bridge.client.machine import Item, Place

T = TypeVar("T")
CLOSING = 5.0


class BlockingClient:
    """Iterates over a user's events: `with BlockingClient(url, token) as client: for item in ...`.

    What `Client` says of items, acknowledgements, `place` and `GaveUpError` holds here as well;
    `options` are those of `Client`.
    """

    def __init__(self, url: str, token: Token, **options: Any) -> None:
        self._made = (url, token, options)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._client: Client | None = None

    @property
    def place(self) -> Place | None:
        """How far the application has come."""
        return self._client.place if self._client else None

    def __enter__(self) -> Self:
        """Begin to connect; nothing is waited for."""
        self._thread.start()
        self._client = self._do(self._begin())
        return self

    def __exit__(self, *_: object) -> None:
        """Acknowledge what was handled, and close."""
        try:
            if self._client is not None:
                self._do(self._client.__aexit__(), CLOSING)
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(CLOSING)
            self._loop.close()

    def __iter__(self) -> Self:
        """Iterate."""
        return self

    def __next__(self) -> Item:
        """Give the next item; the one before counts as handled."""
        return self.take()

    def take(self, timeout: float | None = None) -> Item:
        """Give the next item.

        Raises:
            TimeoutError: none came within so many seconds.
            GaveUpError: none will come.
        """
        return self._do(self._take(timeout))

    def send(self, message: dict[str, Any], *, wait: float = 0.0) -> None:
        """Send a message of the application; see `Client.send`."""
        self._do(self._known().send(message, wait=wait))

    def _known(self) -> Client:
        if self._client is None:
            raise RuntimeError("the client is used inside of `with`")
        return self._client

    async def _take(self, timeout: float | None) -> Item:
        async with asyncio.timeout(timeout):
            return await self._known().__anext__()

    async def _begin(self) -> Client:
        url, token, options = self._made
        return await Client(url, token, **options).__aenter__()

    def _do(self, action: Coroutine[Any, Any, T], timeout: float | None = None) -> T:
        done: Future[T] = asyncio.run_coroutine_threadsafe(action, self._loop)
        try:
            return done.result(timeout)
        except BaseException:
            done.cancel()  # Ctrl-C ends what was waited for as well
            raise
