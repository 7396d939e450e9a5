"""Who is told of a change, one after the other, without keeping any look waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

BACKOFF = (1.0, 5.0)
"""Seconds before the second and the third attempt, where another one can help."""
MOST_WAITING = 100
"""Changes that wait for one hook; what is more, is counted as failed."""


class HookFailedError(Exception):
    """A hook was not told; `again` says whether another attempt may help."""

    def __init__(self, why: str, *, again: bool = False) -> None:
        super().__init__(why)
        self.why, self.again = why, again


class News(Struct, frozen=True):
    """A change as hooks are told it: a JSON document, and the same in words for the environment."""

    body: bytes
    environ: Mapping[str, str]


class Hook(Protocol):
    """Something that is told; its name shows no credential."""

    @property
    def name(self) -> str:
        """How it is called in what is printed."""
        ...

    async def tell(self, news: News) -> None:
        """Tell it.

        Raises:
            HookFailedError: it was not told.
        """
        ...


class Counts(Struct):
    """How often a hook was told, and how often not."""

    delivered: int = 0
    failed: int = 0


class Deliveries:
    """What is to be told to one hook, in order; `failed` is called for each that was not."""

    def __init__(
        self,
        hook: Hook,
        failed: Callable[[str, str], None],
        backoff: Sequence[float] = BACKOFF,
    ) -> None:
        self.hook, self.counts = hook, Counts()
        self._failed, self._backoff = failed, tuple(backoff)
        self._queue: asyncio.Queue[News] = asyncio.Queue(MOST_WAITING)

    def put(self, news: News) -> None:
        """Let it be told as soon as those before it are."""
        try:
            self._queue.put_nowait(news)
        except asyncio.QueueFull:
            self._fail(f"{MOST_WAITING} changes wait for it already")

    async def run(self) -> None:
        """Tell what comes, until cancelled."""
        while True:
            news = await self._queue.get()
            try:
                await self._deliver(news)
            finally:
                self._queue.task_done()

    async def drain(self) -> None:
        """Wait until all was told that is there."""
        await self._queue.join()

    async def _deliver(self, news: News) -> None:
        for wait in (*self._backoff, None):
            try:
                await self.hook.tell(news)
            except HookFailedError as exc:
                if wait is None or not exc.again:
                    self._fail(exc.why)
                    return
                await asyncio.sleep(wait)
            else:
                self.counts.delivered += 1
                return

    def _fail(self, why: str) -> None:
        self.counts.failed += 1
        self._failed(self.hook.name, why)
