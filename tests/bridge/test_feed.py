"""A feed overlooks nothing that is written while it reads."""

from __future__ import annotations

import asyncio

from hangup.bridge.feed import Feed, Stretch
from hangup.bridge.log import Position
from hangup.bridge.memory import MemoryLog

BODY = b'{"type":"partial","text":"x"}'


class Busy(MemoryLog):
    """A log to which another process writes whenever its position is asked for."""

    async def position(self, user: str, *, now: float) -> Position:
        found = await super().position(user, now=now)
        await self.begin(user, f"r{found.last}", "other", now=0.0, lease=9.0, most=9)
        await self.append(user, f"r{found.last}", "other", 1, BODY, now=0.0, ends=True)
        return found


class Counting:
    """A follower that counts how often it was told."""

    told = 0

    def grown(self) -> None:
        self.told += 1


def test_what_is_written_between_two_looks_at_the_log_is_seen() -> None:
    async def scene() -> Stretch:
        log = Busy()
        feed = Feed(log, "alice", await MemoryLog.position(log, "alice", now=0.0))
        async with asyncio.timeout(5):
            return await feed.after(0, 10)

    assert asyncio.run(scene()).last == 1


def test_several_who_fetch_at_once_get_the_same() -> None:
    async def scene() -> list[Stretch]:
        log = MemoryLog()
        feed = Feed(log, "alice", await log.position("alice", now=0.0))
        await log.begin("alice", "r", "p", now=0.0, lease=9.0, most=9)
        await log.append("alice", "r", "p", 1, BODY, BODY, now=0.0, ends=True)
        return await asyncio.gather(*(feed.after(0, 10) for _ in range(5)))

    stretches = asyncio.run(scene())
    assert [(each.first, each.last) for each in stretches] == [(1, 2)] * 5
    assert len({frame for each in stretches for frame in each.frames}) == 2


def test_followers_are_told_of_what_another_process_writes() -> None:
    async def scene() -> int:
        log, follower = MemoryLog(), Counting()
        feed = Feed(log, "alice", await log.position("alice", now=0.0))
        feed.followers.append(follower)
        await log.begin("alice", "r", "p", now=0.0, lease=9.0, most=9)
        await log.append("alice", "r", "p", 1, BODY, now=0.0, ends=True)
        feed.close()
        told = follower.told
        await log.begin("alice", "q", "p", now=0.0, lease=9.0, most=9)
        await log.append("alice", "q", "p", 1, BODY, now=0.0, ends=True)
        assert follower.told == told
        return told

    assert asyncio.run(scene()) == 1
