"""What is done with a look: remembered, kept, and told to whom it concerns."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from hangup.errors import UsageError
from hangup.watching.documents import news_of
from hangup.watching.hooks import Deliveries
from hangup.watching.memory import Memory, remember
from hangup.watching.order import Order
from hangup.watching.standing import Standing
from hangup.watching.words import Change, Look

Keep = Callable[[Look, Memory, Sequence[Change]], None]
"""Keeps a look, or raises UsageError; it may block, and is called on a thread."""


class Teller(Protocol):
    """Who is told what happens, as it happens."""

    def looked(self, look: Look) -> None:
        """A round is over."""
        ...

    def changed(self, change: Change) -> None:
        """Something is otherwise."""
        ...

    def not_kept(self, why: str) -> None:
        """The history cannot be written, for the first time since it could."""
        ...


class Notes:
    """What is known of all endpoints; `standings` tells at any time how they stand."""

    def __init__(
        self,
        memories: Mapping[str, Memory],
        order: Order,
        teller: Teller,
        keep: Keep,
        hooks: Sequence[Deliveries] = (),
    ) -> None:
        self._memories, self._order, self._teller = dict(memories), order, teller
        self._keep, self._hooks = keep, tuple(hooks)
        self._trouble, self._one_at_a_time = "", asyncio.Lock()
        self.not_kept = 0
        self.standings = {
            url: Standing(state=memory.state) for url, memory in self._memories.items()
        }

    async def note(self, look: Look) -> bool:
        """Take a look in, and say whether what it found waits for another one to confirm it."""
        async with self._one_at_a_time:
            memory, changes = remember(
                self._memories[look.url],
                look,
                confirm=self._order.confirm,
                certificate_days=self._order.certificate_days,
            )
            self._memories[look.url] = memory
            standing = self.standings[look.url]
            now = time.monotonic()
            self.standings[look.url] = standing.after(look, memory, len(changes), now)
            # First kept, then told: a restart in between must not tell it twice.
            self._kept_or_not(await asyncio.to_thread(self._try_to_keep, look, memory, changes))
            self._tell(look, changes)
        return memory.waiting is not None

    def left_out(self, url: str, rounds: int) -> None:
        """Count rounds that came too late."""
        self.standings[url] = self.standings[url].without(rounds)

    def _try_to_keep(self, look: Look, memory: Memory, changes: Sequence[Change]) -> str:
        try:
            self._keep(look, memory, changes)
        except UsageError as exc:
            return str(exc)
        return ""

    def _kept_or_not(self, problem: str) -> None:
        """Tell of a trouble once: a full disk would be told with each round."""
        if problem and not self._trouble:
            self._teller.not_kept(problem)
        self.not_kept += bool(problem)
        self._trouble = problem

    def _tell(self, look: Look, changes: Sequence[Change]) -> None:
        self._teller.looked(look)
        for change in changes:
            self._teller.changed(change)
            if change.is_news:
                for hook in self._hooks:
                    hook.put(news_of(change))
