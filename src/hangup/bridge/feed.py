"""The newest events of one user in this process, from which all the user's sessions are served."""

from __future__ import annotations

import asyncio
import time
from collections import deque

from hangup.bridge.log import Entry, EpochChangedError, EventLog, Position

KEPT = 512
"""Events that a feed holds; a session that lags further behind reads from the log."""
KEPT_BYTES = 1 << 20
STEP = 256
"""Entries read at once."""


class Feed:
    """Holds a stretch of a user's log without gaps, up to the newest entry that is known here.

    What is published in this process comes by `offer`; what others write is fetched when the
    log says that there may be something.
    """

    def __init__(self, log: EventLog, user: str, position: Position) -> None:
        self._log, self.user, self.epoch = log, user, position.epoch
        self._entries: deque[Entry] = deque()
        self._bytes = 0
        self._last = position.last
        self._target = 0
        self._stale = True
        self._fetching = asyncio.Lock()
        self._grown: asyncio.Event = asyncio.Event()
        self._unwatch = log.watch(user, self._wake)
        self.sessions = 0

    def close(self) -> None:
        """Stop watching the log."""
        self._unwatch()

    def offer(self, entry: Entry) -> None:
        """Take an entry that has just been written; one that does not fit is fetched later."""
        if entry.seq == self._last + 1 and not self._stale:
            self._add(entry)
            self._tell()
        else:
            self._wake(0, "")

    async def after(self, seq: int, limit: int) -> list[Entry]:
        """Give up to `limit` entries behind `seq`, and wait until there is one.

        Raises:
            LogUnavailableError, EpochChangedError.
        """
        while True:
            grown = self._grown
            if self._behind_log:
                await self._fetch()
            if seq < self._last:
                found = await self._behind(seq, limit)
                if found:
                    return found
            if not self._behind_log:
                await grown.wait()

    async def _behind(self, seq: int, limit: int) -> list[Entry]:
        if self._entries and self._entries[0].seq <= seq + 1:
            start = seq + 1 - self._entries[0].seq
            return [
                self._entries[at] for at in range(start, min(start + limit, len(self._entries)))
            ]
        return await self._log.read(self.user, seq, limit, epoch=self.epoch)

    async def _fetch(self) -> None:
        async with self._fetching:
            if not self._behind_log:
                return
            self._stale = False  # before the reading: what comes meanwhile sets it again
            try:
                found = await self._log.read(self.user, self._last, STEP, epoch=self.epoch)
                if not found:
                    await self._check_last()
                    self._target = self._last
            except BaseException:
                self._stale = True
                raise
            for entry in found:
                self._take(entry)
            self._stale |= len(found) == STEP
            if found:
                self._tell()

    async def _check_last(self) -> None:
        known = self._last
        position = await self._log.position(self.user, now=time.time())
        if position.epoch != self.epoch or position.last < known:  # what was read has been lost
            raise EpochChangedError

    def _take(self, entry: Entry) -> None:
        if entry.seq > self._last + 1:  # retention was faster than this process
            self._entries.clear()
            self._bytes = 0
        if entry.seq > self._last:  # else it was offered while this was read
            self._add(entry)

    def _add(self, entry: Entry) -> None:
        self._entries.append(entry)
        self._last = entry.seq
        self._bytes += len(entry.body)
        while len(self._entries) > KEPT or (self._bytes > KEPT_BYTES and len(self._entries) > 1):
            self._bytes -= len(self._entries.popleft().body)

    def _wake(self, seq: int, epoch: str) -> None:
        if epoch in ("", self.epoch):
            self._target = max(self._target, seq)
        # A number of another epoch says nothing: the log is asked whether its epoch is the same.
        self._stale |= not seq or epoch not in ("", self.epoch)
        self._tell()

    @property
    def _behind_log(self) -> bool:
        # What was written in this process is offered in the same breath, and is not fetched.
        return self._stale or self._last < self._target

    def _tell(self) -> None:
        # Who waits holds the old event, who comes later gets the new one: nobody is missed.
        self._grown.set()
        self._grown = asyncio.Event()
