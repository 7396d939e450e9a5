"""Each promise of the log about writing and owning, held against every way of keeping one."""

from __future__ import annotations

import pytest

from hangup.bridge.log import (
    EventLog,
    MissingStepError,
    OpenRun,
    RunExistsError,
    RunOverError,
    TooManyRunsError,
)
from logs import Play


async def begin(
    log: EventLog, run: str = "r", *, owner: str = "p", now: float = 0.0, most: int = 9
) -> None:
    await log.begin("alice", run, owner, now=now, lease=10.0, most=most)


async def append(
    log: EventLog, step: int, run: str = "r", *, owner: str = "p", ends: bool = False
) -> int:
    body = b'{"step":%d}' % step
    return await log.append("alice", run, owner, step, body, now=0.0, ends=ends)


async def seqs(log: EventLog, after: int = 0, limit: int = 100) -> list[int]:
    return [entry.seq for entry in await log.read("alice", after, limit)]


def test_events_are_numbered_over_all_runs_of_a_user(play: Play) -> None:
    async def scene(log: EventLog) -> None:
        await begin(log, "r1")
        await begin(log, "r2")
        assert [await append(log, 1, "r1"), await append(log, 1, "r2")] == [1, 2]
        assert await append(log, 2, "r1") == 3
        entries = await log.read("alice", 0, 10)
        assert [(e.seq, e.run, e.step) for e in entries] == [
            (1, "r1", 1),
            (2, "r2", 1),
            (3, "r1", 2),
        ]

    play(scene)


def test_the_step_written_last_is_confirmed_with_its_number_and_kept_once(play: Play) -> None:
    async def scene(log: EventLog) -> None:
        await begin(log, "r")
        await begin(log, "other")
        first = await append(log, 1)
        await append(log, 1, "other")
        assert await append(log, 1) == first
        assert await append(log, 2) == 3
        assert await seqs(log) == [1, 2, 3]

    play(scene)


def test_the_end_may_be_written_again(play: Play) -> None:
    async def scene(log: EventLog) -> None:
        await begin(log)
        assert await append(log, 1, ends=True) == 1
        assert await append(log, 1, ends=True) == 1
        assert await seqs(log) == [1]

    play(scene)


@pytest.mark.parametrize("step", [0, 1, 4])
def test_a_step_that_is_neither_the_last_nor_the_next_is_refused(play: Play, step: int) -> None:
    async def scene(log: EventLog) -> None:
        await begin(log)
        await append(log, 1)
        await append(log, 2)
        with pytest.raises(MissingStepError) as refused:
            await append(log, step)
        assert refused.value.has == 2
        assert await seqs(log) == [1, 2]

    play(scene)


def test_there_is_no_step_before_the_first(play: Play) -> None:
    async def scene(log: EventLog) -> None:
        await begin(log)
        with pytest.raises(MissingStepError):
            await append(log, 0)
        assert await seqs(log) == []

    play(scene)


@pytest.mark.parametrize("step", [1, 3])
def test_nothing_comes_behind_the_end(play: Play, step: int) -> None:
    async def scene(log: EventLog) -> None:
        await begin(log)
        await append(log, 1)
        await append(log, 2, ends=True)
        with pytest.raises(RunOverError, match="has ended"):
            await append(log, step)
        assert await seqs(log) == [1, 2]

    play(scene)


def test_nobody_but_the_owner_writes_not_even_what_was_written(play: Play) -> None:
    async def scene(log: EventLog) -> None:
        await begin(log)
        await append(log, 1)
        for step in (1, 2):
            with pytest.raises(RunOverError, match="another owner"):
                await append(log, step, owner="q")
        assert await seqs(log) == [1]

    play(scene)


def test_a_run_that_was_not_begun_takes_nothing(play: Play) -> None:
    async def scene(log: EventLog) -> None:
        with pytest.raises(RunOverError, match="not known"):
            await append(log, 1)
        await begin(log)
        with pytest.raises(RunOverError, match="not known"):
            await log.append("bob", "r", "p", 1, b"{}", now=0.0, ends=False)
        assert await seqs(log) == []

    play(scene)


def test_a_run_begun_twice_by_its_owner_before_its_first_event_is_one_run(play: Play) -> None:
    async def scene(log: EventLog) -> None:
        await begin(log, now=0.0, most=1)
        await begin(log, now=5.0, most=1)
        assert await log.open_runs("alice") == ("r",)
        assert await log.orphans(now=14.0) == []
        assert await append(log, 1) == 1

    play(scene)


def test_a_run_that_another_has_begun_exists(play: Play) -> None:
    async def scene(log: EventLog) -> None:
        await begin(log)
        with pytest.raises(RunExistsError):
            await begin(log, owner="q")
        assert await append(log, 1) == 1

    play(scene)


def test_a_run_that_has_an_event_exists_for_its_owner_too(play: Play) -> None:
    async def scene(log: EventLog) -> None:
        await begin(log)
        await append(log, 1)
        with pytest.raises(RunExistsError):
            await begin(log)
        await append(log, 2, ends=True)
        with pytest.raises(RunExistsError):
            await begin(log)
        assert await seqs(log) == [1, 2]

    play(scene)


def test_as_many_runs_as_are_allowed_are_open_at_once(play: Play) -> None:
    async def scene(log: EventLog) -> None:
        await begin(log, "r1", most=2)
        await begin(log, "r2", most=2)
        with pytest.raises(TooManyRunsError):
            await begin(log, "r3", most=2)
        await log.begin("bob", "r3", "p", now=0.0, lease=9.0, most=2)
        await append(log, 1, "r1", ends=True)
        await begin(log, "r3", most=2)
        assert await log.open_runs("alice") == ("r2", "r3")

    play(scene)


def test_runs_come_in_the_order_in_which_they_began(play: Play) -> None:
    async def scene(log: EventLog) -> None:
        names = [f"r{number}" for number in (3, 1, 2, 11, 10)]
        for name in names:
            await begin(log, name)
        assert await log.open_runs("alice") == tuple(names)

    play(scene)


def test_a_lease_ends_at_its_time_and_not_before(play: Play) -> None:
    async def scene(log: EventLog) -> None:
        await begin(log)
        await append(log, 1)
        assert await log.orphans(now=9.5) == []
        assert await log.take("alice", "r", "q", now=9.5, lease=1.0) is None
        assert await log.orphans(now=10.0) == [OpenRun("alice", "r", 1)]
        assert await log.take("alice", "r", "q", now=10.0, lease=1.0) == OpenRun("alice", "r", 1)

    play(scene)


def test_a_run_is_taken_by_one_alone_and_the_one_before_writes_no_more(play: Play) -> None:
    async def scene(log: EventLog) -> None:
        await begin(log)
        await append(log, 1)
        assert await log.take("alice", "r", "q", now=10.0, lease=5.0)
        assert await log.take("alice", "r", "s", now=10.0, lease=5.0) is None
        with pytest.raises(RunOverError):
            await append(log, 2)
        await log.renew("p", [("alice", "r")], now=14.0, lease=50.0)
        await log.release("p", now=12.0)
        assert await log.orphans(now=14.5) == []
        assert await append(log, 2, owner="q") == 2
        assert [run.run for run in await log.orphans(now=15.0)] == ["r"]

    play(scene)


def test_what_is_renewed_is_kept_and_what_is_not_runs_out(play: Play) -> None:
    async def scene(log: EventLog) -> None:
        for run in ("kept", "left"):
            await begin(log, run)
        await log.renew("p", [("alice", "kept"), ("bob", "kept")], now=8.0, lease=10.0)
        assert [run.run for run in await log.orphans(now=17.0)] == ["left"]
        assert {run.run for run in await log.orphans(now=18.0)} == {"kept", "left"}

    play(scene)


def test_what_is_released_can_be_taken_at_once(play: Play) -> None:
    async def scene(log: EventLog) -> None:
        await begin(log)
        await begin(log, "other", owner="q")
        await log.release("p", now=3.0)
        assert [run.run for run in await log.orphans(now=3.0)] == ["r"]

    play(scene)


def test_a_run_that_has_ended_is_nobodys_to_take(play: Play) -> None:
    async def scene(log: EventLog) -> None:
        await begin(log)
        await append(log, 1, ends=True)
        await log.renew("p", [("alice", "r")], now=0.0, lease=1.0)
        await log.release("p", now=0.0)
        assert await log.orphans(now=99.0) == []
        assert await log.take("alice", "r", "q", now=99.0, lease=9.0) is None

    play(scene)


def test_no_more_orphans_are_given_than_are_asked_for(play: Play) -> None:
    async def scene(log: EventLog) -> None:
        for number in range(5):
            await begin(log, f"r{number}")
        assert len(await log.orphans(now=10.0, limit=3)) == 3
        assert len(await log.orphans(now=10.0)) == 5

    play(scene)
