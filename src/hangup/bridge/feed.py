"""The newest events of one user in this process, from which all the user's sessions are served."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterable
from typing import NamedTuple, Protocol

from hangup.bridge.log import Entry, EpochChangedError, EventLog, Position
from hangup.bridge.words import frame

KEPT = 512
"""Events that a feed holds; a session that lags further behind reads from the log."""
KEPT_BYTES = 1 << 20
STEP = 256
"""Entries read at once."""


class Follower(Protocol):
    """Who wants to know that there may be more: called often, and for nothing at times."""

    def grown(self) -> None: ...


class Stretch(NamedTuple):
    """Framed events without gaps, the first of which has the number `first`."""

    first: int
    frames: list[bytes]

    @property
    def last(self) -> int:
        """The number of the last one, or the one before the first where there is none."""
        return self.first + len(self.frames) - 1


class Feed:
    """Holds a stretch of a user's log without gaps, up to the newest entry that is known here.

    What is published in this process comes by `offer`; what others write is fetched when the
    log says that there may be something. An event is framed once for all sessions.
    """

    __slots__ = (
        "_bytes",
        "_fetching",
        "_frames",
        "_last",
        "_log",
        "_stale",
        "_target",
        "_unwatch",
        "epoch",
        "followers",
        "sessions",
        "user",
    )

    def __init__(self, log: EventLog, user: str, position: Position) -> None:
        self._log, self.user, self.epoch = log, user, position.epoch
        self._frames: deque[bytes] | None = None  # most users are quiet, and a deque is large
        self._bytes = 0
        self._last = position.last
        self._target = 0
        self._stale = True
        self._fetching: asyncio.Lock | None = None
        self._unwatch = log.watch(user, self._wake)
        self.followers: list[Follower] = []
        self.sessions = 0

    def close(self) -> None:
        """Stop watching the log."""
        self._unwatch()

    def offer(self, entries: Iterable[Entry]) -> None:
        """Take entries that have just been written; those that do not fit are fetched later."""
        for entry in entries:
            if entry.seq == self._last + 1 and not self._stale:
                self._add(entry)
            else:
                self._stale = True
        self._tell()

    async def after(self, seq: int, limit: int) -> Stretch:
        """Give up to `limit` events behind `seq`; none when there is nothing new.

        Raises:
            LogUnavailableError, EpochChangedError.
        """
        while self._lags():
            await self._fetch()
            if seq < self._last:
                break
        return await self._behind(seq, limit) if seq < self._last else Stretch(seq + 1, [])

    async def _behind(self, seq: int, limit: int) -> Stretch:
        frames = self._frames
        if frames and self._last - len(frames) <= seq:
            start = seq - self._last + len(frames)
            end = min(start + limit, len(frames))
            return Stretch(seq + 1, [frames[at] for at in range(start, end)])
        found = await self._log.read(self.user, seq, limit, epoch=self.epoch)
        return Stretch(found[0].seq if found else seq + 1, [frame(entry) for entry in found])

    async def _fetch(self) -> None:
        lock = self._fetching = self._fetching or asyncio.Lock()
        async with lock:
            if not self._lags():
                return
            self._stale, wanted = False, self._target  # what comes meanwhile is not overlooked
            try:
                found = await self._log.read(self.user, self._last, STEP, epoch=self.epoch)
                if not found:
                    await self._check_last()
            except BaseException:  # also when cancelled: what was to be fetched still is
                self._stale = True
                raise
            if not found and self._target == wanted:
                self._target = self._last
            for entry in found:
                self._take(entry)
            self._stale |= len(found) == STEP
            if found:
                self._tell()
        if not self._lags():
            self._fetching = None  # most users are quiet from here on

    async def _check_last(self) -> None:
        known = self._last
        position = await self._log.position(self.user, now=time.time())
        if position.epoch != self.epoch or position.last < known:  # what was read has been lost
            raise EpochChangedError

    def _take(self, entry: Entry) -> None:
        if entry.seq > self._last + 1:  # retention was faster than this process
            self._frames, self._bytes = None, 0
        if entry.seq > self._last:  # else it was offered while this was read
            self._add(entry)

    def _add(self, entry: Entry) -> None:
        if self._frames is None:
            self._frames = deque()
        framed = frame(entry)
        self._frames.append(framed)
        self._last = entry.seq
        self._bytes += len(framed)
        while len(self._frames) > KEPT or (self._bytes > KEPT_BYTES and len(self._frames) > 1):
            self._bytes -= len(self._frames.popleft())

    def _wake(self, seq: int, epoch: str) -> None:
        if epoch in ("", self.epoch):
            self._target = max(self._target, seq)
        # A number of another epoch says nothing: the log is asked whether its epoch is the same.
        self._stale |= not seq or epoch not in ("", self.epoch)
        self._tell()

    def _lags(self) -> bool:
        # What was written in this process is offered in the same breath, and is not fetched.
        return self._stale or self._last < self._target

    def _tell(self) -> None:
        for follower in self.followers:
            follower.grown()
