"""A Redis that has lost its newest events is noticed, and one that has not is not taken for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from live import DEADLINE, SWIFT, by_name, serving
from redis import Redis
from redis_server import RedisServer

from hangup.bridge import AgentCompleted, Bridge, Partial, Run
from hangup.bridge.client import Client, Gap, Received
from hangup.bridge.log import EpochChangedError, LogUnavailableError, MissingStepError
from hangup.bridge.redis_streams import RedisLog


@pytest.fixture
def own(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path)
    yield server
    server.kill()


def play(scene: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        async with asyncio.timeout(3 * DEADLINE):
            await scene()

    asyncio.run(run())


async def insist(action: Callable[[], Awaitable[Any]]) -> Any:
    while True:
        try:
            return await action()
        except LogUnavailableError:
            continue


async def write(log: RedisLog, run: str, steps: range) -> None:
    if steps.start == 1:
        await insist(lambda: log.begin("alice", run, run, now=0.0, lease=9.0, most=9))
    for step in steps:
        await insist(lambda at=step: log.append("alice", run, run, at, b"{}", now=0.0, ends=False))


def test_a_loss_begins_another_epoch_for_whoever_has_seen_what_was_lost(own: RedisServer) -> None:
    async def scene() -> None:
        one, two = RedisLog(own.url), RedisLog(own.url)
        await write(one, "r", range(1, 4))
        before = await one.position("alice", now=0.0)
        own.keep()
        await write(one, "r", range(4, 7))
        own.lose()
        await write(two, "other", range(1, 6))  # as many, so that the numbers say nothing
        after = await insist(lambda: one.position("alice", now=0.0))
        assert after.last == 8 > 6
        assert after.epoch != before.epoch
        assert [after.holds(before.epoch, seq) for seq in (3, 4, 6)] == [True, False, False]
        with pytest.raises(EpochChangedError):
            await one.read("alice", 6, 99, epoch=before.epoch)
        assert [e.seq for e in await one.read("alice", 6, 99, epoch=after.epoch)] == [7, 8]
        with pytest.raises(MissingStepError) as lost:
            await write(one, "r", range(7, 8))
        assert lost.value.has == 3
        await one.close()
        await two.close()

    play(scene)


def test_an_epoch_that_was_lost_itself_holds_nothing(own: RedisServer) -> None:
    async def scene() -> None:
        log = RedisLog(own.url)
        await write(log, "r", range(1, 4))
        own.keep()
        own.kill()
        own.start()
        await write(log, "r", range(4, 5))
        lost = await log.position("alice", now=0.0)
        own.lose()
        await write(log, "other", range(1, 5))
        after = await log.position("alice", now=0.0)
        assert [after.holds(lost.epoch, seq) for seq in (1, 3, 4)] == [False] * 3
        await log.close()

    play(scene)


def test_after_a_restart_without_loss_every_number_of_before_holds(own: RedisServer) -> None:
    async def scene() -> None:
        log = RedisLog(own.url)
        await write(log, "r", range(1, 4))
        epochs = {(await log.position("alice", now=0.0)).epoch: 3}
        for step in range(4, 24):
            own.kill()
            own.start()
            assert (await insist(lambda: log.position("alice", now=0.0))).epoch in epochs
            await write(log, "r", range(step, step + 1))
            found = await log.position("alice", now=0.0)
            epochs[found.epoch] = step
        assert len(epochs) == 21
        held = [found.holds(epoch, last) for epoch, last in epochs.items()]
        assert held == [False] * 4 + [True] * 17  # the oldest are not kept
        assert not any(found.holds(epoch, last + 1) for epoch, last in epochs.items())
        await log.close()

    play(scene)


def test_a_server_that_was_a_replica_meanwhile_is_another(own: RedisServer) -> None:
    async def scene() -> None:
        log = RedisLog(own.url)
        await write(log, "r", range(1, 3))
        before = await log.position("alice", now=0.0)
        with Redis.from_url(own.url) as other:
            other.replicaof("127.0.0.1", 9)
            with pytest.raises(LogUnavailableError):
                await log.append("alice", "r", "r", 3, b"{}", now=0.0, ends=False)
            other.replicaof("no", "one")
        await write(log, "r", range(3, 4))
        after = await log.position("alice", now=0.0)
        assert after.epoch != before.epoch
        assert (after.holds(before.epoch, 2), after.holds(before.epoch, 3)) == (True, False)
        await log.close()

    play(scene)


async def hear(client: Client, until: int) -> list[int | str]:
    """Give the numbers up to one, and the reasons of gaps between them."""
    found: list[int | str] = []
    while not found or found[-1] != until:
        match await anext(client):
            case Received(seq=seq):
                found.append(seq)
            case Gap(reason=reason):
                found.append(reason)
    return found


def test_a_client_is_told_of_a_loss_and_gets_what_came_in_place_of_it(own: RedisServer) -> None:
    async def scene() -> None:
        logs = RedisLog(own.url), RedisLog(own.url)
        here, there = (Bridge(log, by_name, limits=SWIFT) for log in logs)
        async with serving(here) as url, Client(url, "alice", from_start=True) as client:
            run = await here.run("alice", "r")
            await run.publish(Partial(text="1"))
            own.keep()
            for text in "234":
                await run.publish(Partial(text=text))
            assert await hear(client, 4) == [1, 2, 3, 4]
            own.lose()
            async with await insist(lambda: there.run("alice", "other")) as other:
                for text in "2345678":
                    await other.publish(Partial(text=text))
                await other.publish(AgentCompleted())
            found = await hear(client, 9)
            assert found[0] in ("epoch", "future")
            assert found[-9:] == [1, 2, 3, 4, 5, 6, 7, 8, 9]
        await there.drain()
        for log in logs:
            await log.close()

    play(scene)


def test_a_client_hears_nothing_of_a_restart_without_loss(own: RedisServer) -> None:
    async def scene() -> None:
        app = Bridge(RedisLog(own.url), by_name, limits=SWIFT)
        async with serving(app) as url, Client(url, "alice", from_start=True) as client:
            run = await app.run("alice", "r")
            for first in (1, 4, 7):
                for text in "abc":
                    await run.publish(Partial(text=text))
                assert await hear(client, first + 2) == [first, first + 1, first + 2]
                own.kill()
                own.start()
            await run.publish(AgentCompleted())
            assert await hear(client, 10) == [10]
        await app.log.close()

    play(scene)


def test_a_run_that_has_lost_events_ends_and_says_so(own: RedisServer) -> None:
    async def scene() -> None:
        app = Bridge(RedisLog(own.url), by_name, limits=SWIFT)
        async with app:
            with pytest.raises(MissingStepError):
                await lose_and_publish(await app.run("alice", "r"))
            entries = await app.log.read("alice", 0, 9)
            assert [entry.step for entry in entries] == [1, 2]
            assert b'"lost"' in entries[-1].body
            assert await app.log.open_runs("alice") == ()
        await app.log.close()

    async def lose_and_publish(run: Run) -> None:
        async with run:
            await run.publish(Partial(text="1"))
            own.keep()
            await run.publish(Partial(text="2"))
            own.lose()
            await run.publish(Partial(text="3"))

    play(scene)
