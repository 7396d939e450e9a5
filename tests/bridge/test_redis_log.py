"""What is Redis's own: it is killed, frozen, empties its scripts, and others have keys there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from redis import Redis
from redis_server import RedisServer

from hangup.bridge.log import LogError, LogUnavailableError, Retention
from hangup.bridge.redis_streams import RedisLog

DEADLINE = 8.0
BODY = b'{"type":"partial","text":"x"}'
Scene = Callable[[RedisLog], Awaitable[None]]


def play(redis: RedisServer, folder: Path, scene: Scene, *, deadline: float = 5.0) -> None:
    async def run() -> None:
        log = RedisLog(redis.url, prefix=folder.name, deadline=deadline)
        try:
            async with asyncio.timeout(4 * DEADLINE):
                await log.begin("alice", "r", "p", now=0.0, lease=9.0, most=9)
                await scene(log)
        finally:
            await log.close()

    asyncio.run(run())


async def append(log: RedisLog, step: int) -> int:
    return await log.append("alice", "r", "p", step, BODY, now=0.0, ends=False)


async def append_in_the_end(log: RedisLog, step: int) -> int:
    while True:
        try:
            return await append(log, step)
        except LogUnavailableError:
            continue


@pytest.fixture
def own(tmp_path: Path) -> RedisServer:
    return RedisServer(tmp_path)


def test_killed_and_begun_again_it_has_everything_and_wakes_again(
    own: RedisServer, tmp_path: Path
) -> None:
    async def scene(log: RedisLog) -> None:
        woken: asyncio.Queue[int] = asyncio.Queue()
        log.watch("alice", lambda seq, _: woken.put_nowait(seq))
        written = [await append(log, step) for step in range(1, 101)]
        own.kill()
        with pytest.raises(LogUnavailableError):
            await append(log, 101)
        own.start()
        while woken.qsize():
            woken.get_nowait()
        other = RedisLog(own.url, prefix=tmp_path.name)
        assert await append_in_the_end(other, 101) == 101
        async with asyncio.timeout(DEADLINE):
            while await woken.get() not in (0, 101):
                pass
        await other.close()
        entries = await log.read("alice", 0, 1000)
        assert [entry.seq for entry in entries] == [*written, 101]

    try:
        play(own, tmp_path, scene)
    finally:
        own.kill()


def test_frozen_it_is_unavailable_within_the_deadline(own: RedisServer, tmp_path: Path) -> None:
    async def scene(log: RedisLog) -> None:
        own.freeze()
        begun = time.monotonic()
        with pytest.raises(LogUnavailableError):
            await append(log, 1)
        assert time.monotonic() - begun < 5.0
        own.thaw()
        assert await append_in_the_end(log, 1) == 1
        assert await append(log, 2) == 2

    try:
        play(own, tmp_path, scene, deadline=0.4)
    finally:
        own.thaw()
        own.kill()


def test_of_whom_everything_is_forgotten_nothing_is_left(
    redis: RedisServer, tmp_path: Path
) -> None:
    async def scene(log: RedisLog) -> None:
        assert await append(log, 1) == 1
        assert await log.take("alice", "r", "q", now=9.0, lease=9.0)
        await log.append("alice", "r", "q", 2, BODY, now=9.0, ends=True)
        await log.prune(Retention(age=1.0), now=99.0)
        with Redis.from_url(redis.url) as other:
            left = {key.decode() for key in other.scan_iter(f"{tmp_path.name}:*")}
        assert left == {f"{tmp_path.name}:{own}" for own in ("count", "server", "term")}

    play(redis, tmp_path, scene)


def test_its_scripts_may_be_forgotten(redis: RedisServer, tmp_path: Path) -> None:
    async def scene(log: RedisLog) -> None:
        with Redis.from_url(redis.url) as other:
            other.script_flush()
        assert await append(log, 1) == 1

    play(redis, tmp_path, scene)


def test_a_key_of_somebody_else_is_an_error_and_no_crash(
    redis: RedisServer, tmp_path: Path
) -> None:
    async def scene(log: RedisLog) -> None:
        with Redis.from_url(redis.url) as other:
            other.set(f"{tmp_path.name}:log:nalice", "x")
        with pytest.raises(LogError, match="WRONGTYPE"):
            await append(log, 1)

    play(redis, tmp_path, scene)


def test_no_error_tells_the_password(tmp_path: Path) -> None:
    async def run() -> str:
        log = RedisLog("redis://user:open-sesame@127.0.0.1:9/0", deadline=0.5)
        with pytest.raises(LogUnavailableError) as refused:
            await log.position("alice", now=0.0)
        await log.close()
        return repr(refused.value) + repr(log) + str(refused.value.__cause__)

    assert "sesame" not in asyncio.run(run())
