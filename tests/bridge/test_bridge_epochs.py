"""A session whose user's log begins again does not take new numbers for old ones."""

from __future__ import annotations

import asyncio

from live import DEADLINE, bridge, play

from hangup.bridge import Bridge, MemoryLog
from hangup.bridge.client import Client, Gap, Received
from hangup.bridge.log import Retention

BODY = b'{"type":"partial","text":"%d"}'


async def write(log: MemoryLog, run: str, number: int) -> None:
    await log.begin("alice", run, "elsewhere", now=0.0, lease=9e9, most=9)
    for step in range(1, number + 1):
        ends = step == number
        await log.append("alice", run, "elsewhere", step, BODY % step, now=0.0, ends=ends)


def test_who_was_forgotten_and_has_more_events_than_before_misses_none() -> None:
    log = MemoryLog()

    async def scene(app: Bridge, url: str) -> None:
        heard: list[object] = []
        async with asyncio.timeout(DEADLINE), Client(url, "alice", from_start=True) as client:
            await write(log, "before", 3)
            while len(heard) < 3:
                heard.append(await anext(client))
            await log.prune(Retention(age=1.0), now=9.0)
            await write(log, "after", 5)  # at once: nothing wakes in between
            heard = [await anext(client) for _ in range(6)]
        assert isinstance(heard[0], Gap)
        got = [(item.run, item.seq) for item in heard[1:] if isinstance(item, Received)]
        assert got == [("after", seq) for seq in range(1, 6)]

    play(scene, bridge(log=log))
