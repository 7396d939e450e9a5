"""Counts connections that have ended and that something in the process still holds."""

from __future__ import annotations

import gc
from collections import Counter
from typing import NamedTuple, Protocol
from weakref import WeakKeyDictionary

FEWEST = 5
"""Fewer may be held by what an application keeps of the last ones, or by a task that goes on."""
MOST_LOOKED_AT = 2000


class Endable(Protocol):
    """A connection: where its handler is defined."""

    def endpoint(self) -> str: ...


class Kept(NamedTuple):
    """How many of a handler's connections are held after their end, and how many are open."""

    endpoint: str
    held: int
    open: int


class Held:
    """Looks after each full garbage collection: what has outlived one is no mere cycle.

    Nothing is collected for this, and nobody is asked who holds what: both would stop the process.
    """

    def __init__(self) -> None:
        self.open = 0
        self._ended: WeakKeyDictionary[Endable, int] = WeakKeyDictionary()
        self._looked = 0
        self._told: Counter[str] = Counter()

    def ends(self, connection: Endable) -> list[Kept]:
        """Count a connection out, and give the handlers whose held ones have doubled."""
        self.open -= 1
        now = gc.get_stats()[-1]["collections"]
        self._ended[connection] = now
        if now == self._looked:
            return []
        self._looked = now
        return [kept for kept in self._outlived(now) if self._is_news(kept)]

    def _outlived(self, now: int) -> list[Kept]:
        old = [each for each, ended in list(self._ended.items()) if ended < now]
        counts = Counter(each.endpoint() for each in old[:MOST_LOOKED_AT])
        return [Kept(endpoint, count, self.open) for endpoint, count in counts.items()]

    def _is_news(self, kept: Kept) -> bool:
        if kept.held < max(FEWEST, 2 * self._told[kept.endpoint]):
            return False
        self._told[kept.endpoint] = kept.held
        return True
