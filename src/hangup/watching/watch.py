"""Endpoints looked at again and again: each one look at a time, and few of all at once."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any

from hangup.campaign import investigate as usual
from hangup.watching.hooks import Deliveries
from hangup.watching.looking import Investigate, Watched, look_at
from hangup.watching.noting import Notes
from hangup.watching.order import Order
from hangup.watching.timing import Grid, spread

AT_ONCE = 4
"""Diagnoses that run at the same time, at most."""


async def watch(
    endpoints: Sequence[Watched],
    order: Order,
    notes: Notes,
    stop: asyncio.Event,
    *,
    hooks: Sequence[Deliveries] = (),
    investigate: Investigate = usual,
) -> bool:
    """Watch until the order is done or `stop` is set, and say whether it was done.

    When it is stopped, a look that is under way is given up and is no verdict, and what hooks were
    not told yet they are not. Each endpoint must have a URL of its own.
    """
    rounds = _Rounds(order, notes, investigate)
    delivering = [asyncio.create_task(each.run()) for each in hooks]
    try:
        done = await _unless(stop, rounds.all(endpoints))
        if done:
            done = await _unless(stop, _drained(hooks))
    finally:
        await rounds.noted()
        for task in delivering:
            task.cancel()
        await asyncio.gather(*delivering, return_exceptions=True)
    return done


class _Rounds:
    """The rounds of one watch; times are in seconds since it began."""

    def __init__(self, order: Order, notes: Notes, investigate: Investigate) -> None:
        self._order, self._notes, self._investigate = order, notes, investigate
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._noting: set[asyncio.Task[bool]] = set()
        self._began = time.monotonic()

    @property
    def _now(self) -> float:
        return time.monotonic() - self._began

    async def all(self, endpoints: Sequence[Watched]) -> None:
        order, urls = self._order, tuple(each.url for each in endpoints)
        grids = spread(urls, every=order.every, jitter=order.jitter, seed=order.seed)
        async with asyncio.TaskGroup() as group:
            for each, grid in zip(endpoints, grids, strict=True):
                group.create_task(self._follow(each, grid))

    async def noted(self) -> None:
        """Wait until what was found is kept and told; it takes no longer than the history does."""
        await asyncio.gather(*self._noting, return_exceptions=True)

    async def _follow(self, one: Watched, grid: Grid) -> None:
        number, rounds = 0, 0
        while self._more(rounds) and await self._until(grid.due(number)):
            waiting = await self._round(one)
            rounds += 1
            late = grid.after(number, self._now) - number - 1
            self._notes.left_out(one.url, late)
            # The second look is soon, and beside the grid.
            while waiting and self._more(rounds) and await self._until(self._now + grid.soon):
                waiting = await self._round(one)
                rounds += 1
            if self._order.once:
                return
            number = grid.after(number, self._now)

    def _more(self, rounds: int) -> bool:
        return self._order.rounds is None or rounds < self._order.rounds

    async def _until(self, due: float) -> bool:
        """Wait until a time, and say whether a round may still begin then."""
        longest = self._order.longest
        if longest is not None and due > longest:
            return False
        await asyncio.sleep(due - self._now)
        return True

    async def _round(self, one: Watched) -> bool:
        async with self._slots:
            look = await look_at(one, self._investigate)
            # Its tasks and exceptions hold each other, and with them what was received; the
            # collector, which counts objects and not bytes, would come for them much later.
            gc.collect()
        noting = asyncio.create_task(self._notes.note(look))
        self._noting.add(noting)
        noting.add_done_callback(self._noting.discard)
        return await asyncio.shield(noting)


async def _drained(hooks: Iterable[Deliveries]) -> None:
    await asyncio.gather(*(each.drain() for each in hooks))


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Do some work, or cancel it when `stop` is set; say whether it came to its end."""
    working, stopped = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((working, stopped), return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()
        over = working.done()
        if not over:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
    if over:
        working.result()
    return over
