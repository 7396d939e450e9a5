"""Sees a client that connects again and again, and whose connections end as they began."""

from __future__ import annotations

import time
from collections import deque

BRIEF = 1.0
"""Seconds: a connection that lived longer was of use."""
MANY, WITHIN = 10, 2.0
"""How many brief connections with one credential, in how many seconds, are a storm."""
AGAIN_AFTER = 60.0
"""Seconds until a storm that goes on is told of again."""
MOST_KEYS = 1000


class Reconnects:
    """The ends of brief connections by their credential, of which only a hash is kept."""

    def __init__(self) -> None:
        self._ends: dict[int, deque[float]] = {}
        self._told: dict[int, float] = {}

    def ends(self, key: int) -> float:
        """Count the end of a brief connection; give in how many seconds many ended, or 0."""
        now = time.monotonic()
        ends = self._ends.pop(key, None) or deque(maxlen=MANY)
        self._ends[key] = ends
        ends.append(now)
        if len(self._ends) > MOST_KEYS:
            oldest = next(iter(self._ends))
            del self._ends[oldest]
            self._told.pop(oldest, None)
        took = now - ends[0]
        if (
            len(ends) < MANY
            or took > WITHIN
            or now - self._told.get(key, -AGAIN_AFTER) < AGAIN_AFTER
        ):
            return 0.0
        self._told[key] = now
        return max(took, 0.001)
