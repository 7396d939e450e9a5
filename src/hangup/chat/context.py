"""What one run of an agent knows of itself; nobody can change it."""

from __future__ import annotations

import asyncio
import time

from msgspec import Struct


class Cancellation:
    """Says that a run is to end, and lets its agent wait for that."""

    __slots__ = ("_asked",)

    def __init__(self) -> None:
        self._asked = asyncio.Event()

    @property
    def asked(self) -> bool:
        """Whether the run is to end."""
        return self._asked.is_set()

    async def wait(self) -> None:
        """Return when the run is to end."""
        await self._asked.wait()

    def ask(self) -> None:
        """Have the run end; for the one that runs it."""
        self._asked.set()


class Context(Struct, frozen=True, kw_only=True):
    """Whose run it is, what it belongs to, and until when it may take.

    `request` is the client's own name of its question, `connection` the session on which it came.
    `deadline` is in seconds since the epoch.
    """

    user: str
    thread: str
    run: str
    request: str
    connection: str
    deadline: float
    cancellation: Cancellation

    @property
    def remaining(self) -> float:
        """Seconds until the deadline, 0 when it has passed."""
        return max(0.0, self.deadline - time.time())
