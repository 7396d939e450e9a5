"""What the log promises of reading, of how far it goes and of what it forgets."""

from __future__ import annotations

import asyncio

import pytest

from hangup.bridge.log import EpochChangedError, EventLog, Position, Retention
from logs import Play


async def write(log: EventLog, times: list[float], run: str = "r", *, ends: bool = False) -> None:
    """Open a run, and write an event at each time."""
    await log.begin("alice", run, "p", now=times[0], lease=10.0, most=9)
    for step, now in enumerate(times, 1):
        last = ends and step == len(times)
        await log.append("alice", run, "p", step, b"{}", now=now, ends=last)


async def position(log: EventLog, user: str = "alice", now: float = 0.0) -> Position:
    return await log.position(user, now=now)


async def seqs(log: EventLog, after: int = 0, limit: int = 100) -> list[int]:
    return [entry.seq for entry in await log.read("alice", after, limit)]


def test_reading_begins_behind_a_number_and_ends_at_the_limit(play: Play) -> None:
    async def scene(log: EventLog) -> None:
        await write(log, [0.0] * 5)
        assert await seqs(log) == [1, 2, 3, 4, 5]
        assert await seqs(log, 2, 2) == [3, 4]
        assert await seqs(log, 4) == [5]
        assert await seqs(log, 5) == await seqs(log, 9) == []
        assert await log.read("bob", 0, 9) == []

    play(scene)


def test_a_reader_of_another_epoch_is_refused_also_when_there_is_something_to_read(
    play: Play,
) -> None:
    async def scene(log: EventLog) -> None:
        await write(log, [0.0] * 3)
        epoch = (await position(log)).epoch
        assert len(await log.read("alice", 1, 9, epoch=epoch)) == 2
        other = (await position(log, "bob")).epoch
        for user, named in (("alice", other), ("bob", epoch), ("nobody", epoch)):
            with pytest.raises(EpochChangedError):
                await log.read(user, 1, 9, epoch=named)

    play(scene)


def test_an_event_is_read_as_it_was_written(play: Play) -> None:
    async def scene(log: EventLog) -> None:
        await log.begin("a b:c", "r {x}", "p", now=0.0, lease=9.0, most=9)
        body = '{"text":"\u00e4\\u0000"}'.encode()
        await log.append("a b:c", "r {x}", "p", 1, body, now=1234567890.123456, ends=False)
        (entry,) = await log.read("a b:c", 0, 9)
        assert (entry.run, entry.step, entry.body) == ("r {x}", 1, body)
        assert entry.at == 1234567890.123456

    play(scene)


def test_a_log_begins_empty_when_it_is_asked_for_and_stays_the_same(play: Play) -> None:
    async def scene(log: EventLog) -> None:
        found = await position(log, now=5.0)
        assert (found.first, found.last, found.acked) == (1, 0, 0)
        assert await position(log, now=6.0) == found
        await write(log, [7.0])
        assert (await position(log)).epoch == found.epoch

    play(scene)


def test_two_users_have_two_epochs(play: Play) -> None:
    async def scene(log: EventLog) -> None:
        assert (await position(log, "alice")).epoch != (await position(log, "bob")).epoch

    play(scene)


def test_a_user_who_only_asked_is_known_for_as_long_as_any_other(play: Play) -> None:
    async def scene(log: EventLog) -> None:
        found = await position(log, now=1000.0)
        await log.prune(Retention(age=60.0), now=1060.0)
        assert (await position(log, now=1060.0)).epoch == found.epoch
        await log.prune(Retention(age=60.0), now=1061.0)
        assert (await position(log, now=1061.0)).epoch != found.epoch

    play(scene)


def test_acknowledgements_rise_and_never_pass_the_last_event(play: Play) -> None:
    async def scene(log: EventLog) -> None:
        await write(log, [0.0] * 4)
        for seq, acked in ((2, 2), (1, 2), (5, 2), (4, 4), (0, 4), (9, 4)):
            await log.acknowledge("alice", seq)
            assert (await position(log)).acked == acked
        await log.acknowledge("bob", 1)
        assert (await position(log, "bob")).acked == 0

    play(scene)


def test_the_newest_events_are_kept(play: Play) -> None:
    async def scene(log: EventLog) -> None:
        await write(log, [0.0] * 5)
        assert await log.prune(Retention(events=5), now=0.0) == 0
        assert await log.prune(Retention(events=4), now=0.0) == 1
        assert await log.prune(Retention(events=2), now=0.0) == 2
        assert await seqs(log) == [4, 5]
        found = await position(log)
        assert (found.first, found.last) == (4, 5)

    play(scene)


def test_events_are_kept_until_they_are_older_than_the_age(play: Play) -> None:
    async def scene(log: EventLog) -> None:
        await write(log, [0.0, 10.0, 20.0])
        assert await log.prune(Retention(age=20.0), now=20.0) == 0
        assert await log.prune(Retention(age=20.0), now=30.0) == 1
        assert await seqs(log) == [2, 3]

    play(scene)


def test_an_open_run_goes_on_when_all_its_events_are_forgotten(play: Play) -> None:
    async def scene(log: EventLog) -> None:
        await write(log, [0.0, 0.0])
        before = await position(log)
        assert await log.prune(Retention(age=1.0), now=99.0) == 2
        found = await position(log)
        assert (found.epoch, found.first, found.last) == (before.epoch, 3, 2)
        assert await log.append("alice", "r", "p", 3, b"{}", now=99.0, ends=False) == 3

    play(scene)


def test_a_name_is_free_when_nothing_of_its_run_is_kept(play: Play) -> None:
    async def scene(log: EventLog) -> None:
        await write(log, [0.0, 0.0], "r", ends=True)
        await write(log, [0.0], "other")
        await log.prune(Retention(events=2), now=0.0)
        assert await log.append("alice", "r", "p", 2, b"{}", now=0.0, ends=True) == 2
        await log.prune(Retention(events=1), now=0.0)
        await write(log, [0.0], "r")
        assert await seqs(log) == [3, 4]

    play(scene)


def test_a_user_with_an_event_or_an_open_run_or_something_new_is_not_forgotten(play: Play) -> None:
    async def scene(log: EventLog) -> None:
        await write(log, [0.0], ends=True)
        epoch = (await position(log)).epoch
        await log.begin("alice", "open", "p", now=50.0, lease=1.0, most=9)
        assert await log.prune(Retention(age=10.0), now=99.0) == 1
        assert (await position(log, now=99.0)).epoch == epoch
        await log.append("alice", "open", "p", 1, b"{}", now=99.0, ends=True)
        await log.prune(Retention(events=0, age=10.0), now=109.0)
        assert (await position(log, now=109.0)).epoch == epoch
        await log.prune(Retention(events=0, age=10.0), now=110.0)
        found = await position(log, now=110.0)
        assert found.epoch != epoch
        assert (found.first, found.last, found.acked) == (1, 0, 0)

    play(scene)


def test_what_is_much_is_forgotten_whole(play: Play) -> None:
    async def scene(log: EventLog) -> None:
        await write(log, [0.0] * 700)
        assert await log.prune(Retention(events=10), now=0.0) == 690
        assert await seqs(log) == list(range(691, 701))
        assert await log.prune(Retention(age=1.0), now=9.0) == 10

    play(scene)


def test_whoever_watches_is_woken_and_nobody_after_that(play: Play) -> None:
    async def scene(log: EventLog) -> None:
        woken: asyncio.Queue[int] = asyncio.Queue()
        epochs: set[str] = {""}
        unwatch = log.watch("alice", lambda seq, epoch: (woken.put_nowait(seq), epochs.add(epoch)))
        await write(log, [0.0] * 3)
        while await woken.get() != 3:
            pass
        unwatch()
        assert epochs <= {"", (await position(log)).epoch}
        other: asyncio.Queue[int] = asyncio.Queue()
        log.watch("alice", lambda seq, _: other.put_nowait(seq))
        await log.append("alice", "r", "p", 4, b"{}", now=0.0, ends=False)
        while await other.get() != 4:
            pass
        assert 4 not in {woken.get_nowait() for _ in range(woken.qsize())}

    play(scene)
