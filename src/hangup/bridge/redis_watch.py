"""Hears from Redis whose log has grown, and misses nothing when the connection is lost."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from typing import Any
from urllib.parse import quote, unquote

from redis.asyncio import Redis
from redis.exceptions import RedisError

from hangup.bridge.watchers import Watchers

ASKING = 2.0
"""Seconds of silence after which the connection is asked for a sign of life."""
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
"""Seconds before a lost connection is made again, at most: at first, and in the end."""

logger = logging.getLogger("hangup.bridge")


class RedisWatch:
    """One subscribing connection for all watched users; each confirmed subscription wakes."""

    def __init__(self, url: str, prefix: str, deadline: float, watchers: Watchers) -> None:
        self._url, self._prefix, self._deadline = url, prefix, deadline
        self._watchers = watchers
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.failed = 0
        """Connections in a row that were not heard of, or were lost."""

    def changed(self) -> None:
        """Look again at who is watched."""
        self._changed.set()
        if self._watchers and (self._task is None or self._task.done()):
            self._task = asyncio.ensure_future(self._run())

    async def close(self) -> None:
        """Stop hearing."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))

    async def _run(self) -> None:
        while True:
            redis = Redis.from_url(
                self._url,
                socket_connect_timeout=self._deadline,
                socket_timeout=self._deadline,
            )
            try:
                await self._hear(redis)
            except Exception as error:  # noqa: BLE001 - redis-py has many for a lost connection
                logger.debug("hearing of Redis again: %s", type(error).__name__)
                drawn = pause(self.failed, random.random())  # noqa: S311 - spreads returns
                self.failed += 1
                await asyncio.sleep(drawn)
            finally:
                with contextlib.suppress(RedisError, OSError, TimeoutError):
                    await redis.aclose()

    async def _hear(self, redis: Any) -> None:
        pubsub = redis.pubsub()
        await pubsub.subscribe(f"{self._prefix}:nobody")  # so that there is always one
        following = asyncio.ensure_future(self._follow(pubsub))
        asked = False
        try:
            while not following.done():
                message = await pubsub.get_message(timeout=ASKING)
                if message is None and asked:
                    raise TimeoutError("Redis gives no sign of life")
                if message is None:
                    await pubsub.ping()
                else:
                    self._tell(message)
                asked = message is None
            following.result()
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
            await pubsub.aclose()

    async def _follow(self, pubsub: Any) -> None:
        subscribed: set[str] = set()
        while True:
            self._changed.clear()
            wanted = {self._channel(user) for user in self._watchers.users()}
            if new := wanted - subscribed:
                await pubsub.subscribe(*new)
            if old := subscribed - wanted:
                await pubsub.unsubscribe(*old)
            subscribed = wanted
            await self._changed.wait()

    def _tell(self, message: dict[str, Any]) -> None:
        self.failed = 0
        head = f"{self._prefix}:grown:n".encode()
        if not message["channel"] or not message["channel"].startswith(head):
            return
        user = unquote(message["channel"][len(head) :].decode(), errors="surrogatepass")
        if message["type"] == "message":
            try:
                seq, epoch = message["data"].decode().split(" ")
                self._watchers.wake(user, int(seq), epoch)
            except ValueError:  # whoever may publish in this Redis can say anything
                logger.debug("a message on %s is none of the log's", message["channel"])
        elif message["type"] == "subscribe":
            # Whatever was written before this moment was not told of.
            self._watchers.wake(user, 0)

    def _channel(self, user: str) -> str:
        return f"{self._prefix}:grown:n{quote(user, safe='', errors='surrogatepass')}"


def pause(failed: int, random: float) -> float:
    """Give the seconds before the next attempt; `random` is drawn evenly from 0 to 1."""
    longest: float = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(failed, 10))
    return longest * (0.5 + random / 2)
