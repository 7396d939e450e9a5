"""Where what was seen goes when nobody says: what HANGUP_RECORD names, else failures to stderr."""

from __future__ import annotations

import os
from collections import deque

from hangup.incident import Caught, ConnectionSeen, Seen, Sink
from hangup.store.chosen import NOWHERE, RECORD, sink_of
from hangup.store.lines import JsonLines

MOST_KEPT = 10_000


class MemorySink:
    """Keeps the last of what was seen, for tests."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._seen: deque[Seen] = deque(maxlen=most)

    def put(self, seen: Seen) -> None:
        """Keep it."""
        self._seen.append(seen)

    @property
    def caught(self) -> list[Caught]:
        """The failures, in the order in which they were caught."""
        return [seen for seen in tuple(self._seen) if isinstance(seen, Caught)]

    @property
    def connections(self) -> list[ConnectionSeen]:
        """The connections, in the order in which they ended."""
        return [seen for seen in tuple(self._seen) if isinstance(seen, ConnectionSeen)]


class Nowhere:
    """Forgets what was seen, where recording is switched off."""

    def put(self, seen: Seen) -> None:
        """Forget it."""


def sink_from_environment() -> Sink:
    """Give the sink that HANGUP_RECORD names; without it, failures go to stderr as JSON lines.

    Raises:
        UsageError: when a limit of the store is no size or no duration.
    """
    if os.environ.get(RECORD) in NOWHERE:
        return Nowhere()
    return sink_of() or JsonLines(connections=False)
