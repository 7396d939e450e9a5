"""What is published reaches every connection of its user, in order, once, and nobody else."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from live import DEADLINE, SWIFT, Talk, bridge, play, talk
from msgspec.structs import replace

from hangup.bridge import (
    AgentCompleted,
    AgentError,
    AgentStarted,
    Bridge,
    Partial,
    Retention,
    RunOverError,
    TooManyRunsError,
)


async def count_to(app: Bridge, user: str, number: int) -> str:
    async with await app.run(user) as run:
        for each in range(number - 1):
            await run.publish(Partial(text=str(each)))
        await run.publish(AgentCompleted())
    return run.id


async def fail(app: Bridge, user: str) -> None:
    async with await app.run(user) as run:
        await run.publish(AgentStarted())
        raise KeyError("secret")


async def hear_until(talked: Talk, seq: int) -> list[int]:
    heard: list[int] = []
    while not heard or heard[-1] != seq:
        heard.append((await talked.hear())["seq"])
    return heard


def test_welcome_comes_before_the_first_event() -> None:
    async def scene(app: Bridge, url: str) -> None:
        async with talk(url) as alice:
            welcome = await alice.hear()
            run = await count_to(app, "alice", 2)
            events = [await alice.hear(), await alice.hear()]
            assert (welcome["type"], welcome["user"], welcome["seq"]) == ("welcome", "alice", 0)
            assert [(e["type"], e["seq"], e["run"], e["step"]) for e in events] == [
                ("partial", 1, run, 1),
                ("agent_completed", 2, run, 2),
            ]

    play(scene)


def test_every_tab_of_a_user_hears_everything_and_another_user_nothing() -> None:
    async def scene(app: Bridge, url: str) -> None:
        async with talk(url) as one, talk(url) as two, talk(url, "bob") as bob:
            for each in (one, two, bob):
                await each.hear("welcome")
            await count_to(app, "alice", 30)
            await count_to(app, "bob", 1)
            assert await hear_until(one, 30) == await hear_until(two, 30) == list(range(1, 31))
            assert (await bob.hear())["seq"] == 1

    play(scene)


def test_a_client_goes_on_behind_what_it_has() -> None:
    async def scene(app: Bridge, url: str) -> None:
        await count_to(app, "alice", 5)
        async with talk(url, query="after=3") as alice:
            assert (await alice.hear())["seq"] == 5
            assert await hear_until(alice, 5) == [4, 5]

    play(scene)


def test_a_client_of_the_whole_protocol_gets_batches() -> None:
    async def scene(app: Bridge, url: str) -> None:
        await count_to(app, "alice", 40)
        async with talk(url, query="after=0&v=1") as alice:
            events = (await alice.hear("events"))["events"]
            assert [event["seq"] for event in events] == list(range(1, 41))

    play(scene)


@pytest.mark.parametrize(
    ("query", "reason", "goes_on_from"),
    [("after=99", "future", 1), ("after=2&epoch=other", "epoch", 1)],
)
def test_what_cannot_be_resumed_is_said(query: str, reason: str, goes_on_from: int) -> None:
    async def scene(app: Bridge, url: str) -> None:
        await count_to(app, "alice", 4)
        async with talk(url, query=query) as alice:
            failed = await alice.hear("resume_failed")
            assert (failed["reason"], failed["first"], failed["seq"]) == (reason, 1, 4)
            assert (await alice.hear())["seq"] == goes_on_from

    play(scene)


def test_what_is_kept_no_longer_is_said_as_expired() -> None:
    async def scene(app: Bridge, url: str) -> None:
        await count_to(app, "alice", 10)
        await app.log.prune(Retention(events=3), now=0.0)
        async with talk(url, query="after=4") as alice:
            failed = await alice.hear("resume_failed")
            assert (failed["reason"], failed["after"], failed["first"]) == ("expired", 4, 8)
            assert await hear_until(alice, 10) == [8, 9, 10]

    play(scene)


def test_a_message_resumes_in_the_middle_of_a_connection() -> None:
    async def scene(app: Bridge, url: str) -> None:
        async with talk(url) as alice:
            await alice.hear("welcome")
            await count_to(app, "alice", 3)
            await hear_until(alice, 3)
            await alice.say({"type": "resume", "after": 1})
            assert await alice.hear() == {"type": "resumed", "after": 1}
            assert await hear_until(alice, 3) == [2, 3]

    play(scene)


def test_an_acknowledgement_reaches_the_log_and_one_from_the_future_does_not() -> None:
    async def scene(app: Bridge, url: str) -> None:
        async with talk(url) as alice:
            await alice.hear("welcome")
            await count_to(app, "alice", 3)
            await hear_until(alice, 3)
            await alice.say({"type": "ack", "seq": 77})
            await alice.say({"type": "ack", "seq": 2})
            async with asyncio.timeout(DEADLINE):
                while (await app.position("alice")).acked != 2:
                    await alice.say({"type": "ping"})
                    await alice.hear("pong")
            assert (await app.position("alice")).acked == 2

    play(scene, bridge(limits=replace(SWIFT, messages=1e6, burst=1_000_000)))


def test_a_run_whose_agent_raises_ends_in_an_error_with_an_incident() -> None:
    async def scene(app: Bridge, url: str) -> None:
        async with talk(url) as alice:
            await alice.hear("welcome")
            with pytest.raises(KeyError):
                await fail(app, "alice")
            error = await alice.hear("agent_error")
            assert (error["code"], error["step"]) == ("failed", 2)
            assert error["incident"].startswith("i-")
            assert "secret" not in str(error)

    play(scene)


def test_a_run_that_just_returns_says_so() -> None:
    async def scene(app: Bridge, url: str) -> None:
        async with talk(url) as alice:
            await alice.hear("welcome")
            async with await app.run("alice"):
                pass
            assert (await alice.hear())["code"] == "no_end"

    play(scene)


def test_nothing_is_published_after_the_end() -> None:
    async def scene(app: Bridge, url: str) -> None:
        async with await app.run("alice") as run:
            await run.publish(AgentCompleted())
            with pytest.raises(RunOverError):
                await run.publish(Partial(text="more"))

    play(scene)


def test_a_cancelled_publish_is_neither_lost_nor_doubled() -> None:
    async def scene(app: Bridge, url: str) -> None:
        async with await app.run("alice") as run:
            publishing = asyncio.ensure_future(run.publish(Partial(text="a")))
            await asyncio.wait((publishing,), timeout=0)
            publishing.cancel()
            await asyncio.wait((publishing,))
            await run.publish(Partial(text="b"))
            await run.publish(AgentCompleted())
        entries = await app.log.read("alice", 0, 10)
        assert [entry.step for entry in entries] == list(range(1, len(entries) + 1))
        assert b'"b"' in entries[-2].body

    play(scene)


def test_events_published_at_once_are_one_message_and_numbered_as_any() -> None:
    async def scene(app: Bridge, url: str) -> None:
        async with talk(url, query="v=1") as alice:
            await alice.hear("welcome")
            async with await app.run("alice") as run:
                seq = await run.publish(AgentStarted(), Partial(text="a"), AgentCompleted())
            events = (await alice.hear())["events"]
            assert [(event["seq"], event["step"]) for event in events] == [(1, 1), (2, 2), (3, 3)]
            assert (seq, run.ended) == (3, True)

    play(scene)


def test_of_events_published_at_once_the_last_alone_may_end_the_run() -> None:
    async def scene(app: Bridge, url: str) -> None:
        async with await app.run("alice") as run:
            with pytest.raises(RunOverError):
                await run.publish(AgentCompleted(), Partial(text="more"))
            assert await app.log.read("alice", 0, 10) == []

    play(scene)


def test_a_reader_that_does_not_read_is_closed_while_another_hears_everything() -> None:
    async def scene(app: Bridge, url: str) -> None:
        big = [Partial(text="x" * 60_000)] * 8
        async with talk(url, query="v=1"), talk(url) as other, await app.run("alice") as run:
            await other.hear("welcome")
            heard = 0
            async with asyncio.timeout(DEADLINE):
                while app.sessions == 2:
                    last = await run.publish(*big)
                    while heard < last:
                        heard = (await other.hear())["seq"]
            assert app.sessions == 1

    play(scene, bridge(limits=replace(SWIFT, sending=0.2, heartbeat=2.0)))


def test_runs_of_one_user_are_bounded() -> None:
    async def scene(app: Bridge, url: str) -> None:
        async with await app.run("alice"), await app.run("bob"):
            with pytest.raises(TooManyRunsError):
                await app.run("alice")

    play(scene, bridge(limits=replace(SWIFT, runs_of_user=1)))


def test_a_run_whose_process_died_ends_as_lost_in_another() -> None:
    async def scene(app: Bridge, url: str) -> None:
        dead = bridge(log=app.log)  # it opens a run, and never renews its lease
        await app.log.begin("alice", "r", dead.owner, now=0.0, lease=1.0, most=9)
        async with talk(url) as alice:
            welcome = await alice.hear("welcome")
            error = await alice.hear("agent_error")
            assert welcome["runs"] == ["r"]
            assert (error["run"], error["code"], error["step"]) == ("r", "lost", 1)

    play(scene)


def test_an_orphaned_run_goes_on_where_it_can() -> None:
    async def go_on(run: Any) -> None:
        await run.publish(Partial(text="taken up"))
        await run.publish(AgentCompleted())

    async def scene(app: Bridge, url: str) -> None:
        await app.log.begin("alice", "r", "dead", now=0.0, lease=1.0, most=9)
        async with talk(url) as alice:
            await alice.hear("welcome")
            events = [await alice.hear(), await alice.hear()]
            assert [event["type"] for event in events] == ["partial", "agent_completed"]

    play(scene, bridge(adopt=go_on))


def test_a_run_that_another_process_took_over_takes_no_more_of_this_one() -> None:
    async def scene(app: Bridge, url: str) -> None:
        run = await app.run("alice")
        await app.log.release(app.owner, now=0.0)
        await app.log.take("alice", run.id, "another", now=1.0, lease=9.0)
        with pytest.raises(RunOverError):
            await run.publish(AgentError(code="x", message="y"))

    play(scene)
