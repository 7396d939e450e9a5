"""What Redis says when it cannot do something now, and what others say on its channels."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest
from redis import Redis
from redis_server import RedisServer

from hangup.bridge import redis_watch
from hangup.bridge.log import LogError, LogUnavailableError
from hangup.bridge.redis_streams import RedisLog
from hangup.bridge.watchers import Watchers

DEADLINE = 8.0
SAY = "return redis.error_reply(ARGV[1])"
PASSING = [
    "BUSY Redis is busy running a script.",
    "CLUSTERDOWN The cluster is down",
    "LOADING Redis is loading the dataset in memory",
    "MASTERDOWN Link with MASTER is down",
    "MISCONF Redis is configured to save RDB snapshots, but it cannot",
    "NOREPLICAS Not enough good replicas to write.",
    "OOM command not allowed when used memory > 'maxmemory'.",
    "READONLY You can't write against a read only replica.",
    "TRYAGAIN Multiple keys request during rehashing of slot",
]


def refusal(redis: RedisServer, said: str) -> LogError:
    """Give the error of the log for one of Redis."""

    async def run() -> LogError:
        log = RedisLog(redis.url)
        try:
            with pytest.raises(LogError) as refused:
                await log._done(log._redis.eval(SAY, 0, said))
            return refused.value
        finally:
            await log.close()

    return asyncio.run(run())


@pytest.mark.parametrize("said", PASSING, ids=lambda said: said.split()[0])
def test_what_passes_is_unavailable(redis: RedisServer, said: str) -> None:
    assert isinstance(refusal(redis, said), LogUnavailableError)


@pytest.mark.parametrize("said", ["ERR no such thing", "WRONGTYPE", "NOPERM no", "MOVED 1 h:1"])
def test_what_does_not_pass_is_an_error(redis: RedisServer, said: str) -> None:
    assert not isinstance(refusal(redis, said), LogUnavailableError)


@pytest.mark.parametrize(
    ("setting", "value"),
    [("maxmemory", "1"), ("min-replicas-to-write", "1"), ("replicaof", "127.0.0.1 9")],
)
def test_a_redis_that_takes_nothing_now_is_unavailable_and_later_is_not(
    tmp_path: Path, setting: str, value: str
) -> None:
    async def run() -> int:
        log = RedisLog(server.url)
        await log.begin("alice", "r", "p", now=0.0, lease=9.0, most=9)
        with Redis.from_url(server.url) as other:
            change(other, setting, value)
            with pytest.raises(LogUnavailableError):
                await log.append("alice", "r", "p", 1, b"{}", now=0.0, ends=False)
            change(other, setting, "no one" if setting == "replicaof" else "0")
        seq = await log.append("alice", "r", "p", 1, b"{}", now=0.0, ends=False)
        await log.close()
        return seq

    server = RedisServer(tmp_path)
    try:
        assert asyncio.run(run()) == 1
    finally:
        server.kill()


def change(other: Redis, setting: str, value: str) -> None:
    if setting == "replicaof":
        other.replicaof(*value.split())
    else:
        other.config_set(setting, value)


@pytest.mark.parametrize("said", [b"x", b"", b"1 2 3", b"\xff\xfe", b"12"])
def test_a_foreign_message_on_its_channel_is_ignored(
    redis: RedisServer, tmp_path: Path, said: bytes
) -> None:
    async def run() -> int:
        log = RedisLog(redis.url, prefix=tmp_path.name)
        woken: asyncio.Queue[int] = asyncio.Queue()
        log.watch("alice", lambda seq, *_: woken.put_nowait(seq))
        async with asyncio.timeout(DEADLINE):
            await woken.get()  # the subscription
            with Redis.from_url(redis.url) as other:
                assert other.publish(f"{tmp_path.name}:grown:nalice", said) == 1
            other_log = RedisLog(redis.url, prefix=tmp_path.name)
            await other_log.begin("alice", "r", "p", now=0.0, lease=9.0, most=9)
            await other_log.append("alice", "r", "p", 1, b"{}", now=0.0, ends=False)
            while (seq := await woken.get()) != 1:
                pass
        await log.close()
        await other_log.close()
        return seq

    assert asyncio.run(run()) == 1


def test_the_pause_before_another_connection_grows_to_a_bound_and_is_drawn() -> None:
    longest = [redis_watch.pause(attempt, 1.0) for attempt in range(100)]
    assert longest == sorted(longest)
    assert longest[0] <= 0.5
    assert longest[-1] == redis_watch.LONGEST_PAUSE
    assert 0 < redis_watch.pause(3, 0.0) < redis_watch.pause(3, 0.5) < longest[3]


def test_whatever_ends_a_connection_of_the_watch_another_is_made(redis: RedisServer) -> None:
    class Breaking(Watchers):
        broken = False

        def users(self) -> list[str]:
            if not self.broken:
                self.broken = True
                raise AttributeError("as redis-py says of a connection that another task has lost")
            return super().users()

    async def run() -> bool:
        watchers, woken = Breaking(), asyncio.Event()
        watch = redis_watch.RedisWatch(redis.url, "p", 1.0, watchers)
        watchers.add("alice", lambda *_: woken.set())
        watch.changed()
        async with asyncio.timeout(DEADLINE):
            await woken.wait()
        await watch.close()
        return watchers.broken

    assert asyncio.run(run())


async def a_while(woken: asyncio.Queue[int]) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.05):
            await woken.get()


def test_connections_that_fail_are_counted_until_one_is_heard(tmp_path: Path) -> None:
    async def run() -> tuple[int, int]:
        log = RedisLog(server.url)
        woken: asyncio.Queue[int] = asyncio.Queue()
        log.watch("alice", lambda seq, *_: woken.put_nowait(seq))
        async with asyncio.timeout(2 * DEADLINE):
            await woken.get()
            server.kill()
            while log._watch.failed < 3:
                await a_while(woken)
            failed = log._watch.failed
            server.start()
            while log._watch.failed:
                await a_while(woken)
        await log.close()
        return failed, log._watch.failed

    server = RedisServer(tmp_path)
    try:
        failed, after = asyncio.run(run())
        assert failed >= 3
        assert after == 0
    finally:
        server.kill()
