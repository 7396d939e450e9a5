"""Rounds never overlap, never queue, and what was given up is no verdict."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest
from scripted_looks import TOKEN, Watching, diagnosis, endpoint, saying

from hangup.diagnosis import Diagnosis
from hangup.errors import UsageError
from hangup.inquiry import Inquiry
from hangup.watching.hooks import Deliveries, News
from hangup.watching.standing import worst
from hangup.watching.watch import AT_ONCE

pytestmark = pytest.mark.asyncio


@pytest.fixture(autouse=True)
def _little_to_collect() -> Iterator[None]:
    """Leave out of collections what all the other tests have loaded, which takes its time."""
    gc.freeze()
    yield
    gc.unfreeze()


async def test_a_watch_ends_after_its_rounds() -> None:
    watching = Watching(saying("healthy"), rounds=3)
    assert await watching.run()
    assert [each.state.words for each in watching.heard.looks] == ["healthy"] * 3


async def test_once_looks_again_at_what_it_found() -> None:
    watching = Watching(saying("fault"), once=True)
    await watching.run()
    (change,) = watching.heard.changes
    assert (len(watching.heard.looks), change.confirmed_by) == (2, 2)


async def test_once_is_enough_when_all_is_well() -> None:
    watching = Watching(saying("healthy"), once=True)
    await watching.run()
    assert len(watching.heard.looks) == 1


async def test_no_round_begins_after_the_longest_time() -> None:
    watching = Watching(saying("healthy"), every=0.2, longest=0.5)
    await watching.run()
    assert len(watching.heard.looks) in (2, 3)
    assert all(at - watching.looks.began[0][1] < 0.6 for _, at in watching.looks.began)


async def test_the_second_look_is_soon_and_beside_the_grid() -> None:
    watching = Watching(saying("healthy", "fault"), every=0.3, rounds=4)
    await watching.run()
    (_, first), (_, second), (_, third), (_, fourth) = watching.looks.began
    assert third - second >= 0.3
    assert fourth - first == pytest.approx(0.9, abs=0.25)


async def test_a_round_that_is_late_is_left_out() -> None:
    watching = Watching(saying("healthy", takes=0.4), every=0.3, rounds=3)
    await watching.run()
    began = [at - watching.looks.began[0][1] for _, at in watching.looks.began]
    assert began == pytest.approx([0.0, 0.6, 1.2], abs=0.18)
    (standing,) = watching.notes.standings.values()
    assert standing.skipped >= 2
    assert watching.looks.most_of_one == 1


async def test_few_of_many_endpoints_are_looked_at_together() -> None:
    endpoints = [endpoint(f"e{number}") for number in range(3 * AT_ONCE)]
    watching = Watching(saying("healthy", takes=0.05), *endpoints, once=True, every=0.1)
    await watching.run()
    assert len(watching.heard.looks) == len(endpoints)
    assert 1 < watching.looks.at_once <= AT_ONCE


async def test_a_look_that_crashed_is_unknown_and_tells_no_secret() -> None:
    watching = Watching(saying("crash"), once=True)
    await watching.run()
    (change,) = watching.heard.changes
    assert change.after == watching.heard.looks[0].state
    assert watching.heard.looks[0].state.verdict == "unknown"
    assert "a bug, met with" in change.summary
    assert TOKEN not in repr((watching.heard.looks, watching.heard.changes))
    assert worst(watching.notes.standings.values()) == "unknown"


async def test_a_diagnosis_without_end_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hangup.watching.looking.GRACE", -4.9)
    watching = Watching(saying("healthy", takes=60.0), rounds=1)
    await watching.run()
    assert watching.heard.looks[0].state.verdict == "unknown"


class Received:
    """Something of a look that holds itself, as tasks and their exceptions do."""

    def __init__(self) -> None:
        self.itself = self


async def test_what_a_look_received_is_gone_after_it() -> None:
    left: list[weakref.ref[Received]] = []

    async def step(inquiry: Inquiry) -> Diagnosis:
        left.append(weakref.ref(Received()))
        return diagnosis()

    gc.disable()
    try:
        await Watching(step, rounds=2).run()
    finally:
        gc.enable()
    assert [each() for each in left] == [None, None]


async def test_what_is_stopped_is_no_verdict() -> None:
    inside = asyncio.Event()

    async def endless(inquiry: Inquiry) -> Diagnosis:
        inside.set()
        await asyncio.Event().wait()
        return diagnosis()

    watching = Watching(endless)
    running = asyncio.create_task(watching.run())
    await inside.wait()
    watching.stop.set()
    assert not await running
    assert (watching.heard.looks, watching.heard.kept) == ([], [])
    assert watching.looks.cancelled == 1


async def test_what_was_found_before_the_end_is_kept_and_told() -> None:
    watching = Watching(saying("healthy"), most=1)
    assert not await watching.run()
    assert [len(changes) for _, _, changes in watching.heard.kept] == [1]
    assert len(watching.heard.changes) == 1


async def test_a_history_that_cannot_be_written_is_told_once_and_ends_nothing() -> None:
    watching = Watching(saying("healthy", "fault"), rounds=4)
    failing = [True, True, False, True]

    def keep(*args: object) -> None:
        if failing.pop(0):
            raise UsageError("the disk is full")

    watching.keep = keep  # type: ignore[assignment]
    await watching.run()
    assert watching.heard.troubles == ["the disk is full", "the disk is full"]
    assert [each.after.words for each in watching.heard.changes] == [  # type: ignore[union-attr]
        "healthy",
        "fault session.masked-exception",
    ]
    assert watching.notes.not_kept == 3


class Listening:
    """A hook that is told all."""

    name = "a hook that listens"

    def __init__(self) -> None:
        self.told: list[str] = []

    async def tell(self, news: News) -> None:
        self.told.append(news.environ["HANGUP_AFTER"])


async def test_hooks_are_told_of_changes_and_not_of_the_first_health() -> None:
    watching = Watching(saying("healthy", "fault", "healthy"), rounds=4, confirm=1)
    hook = Listening()
    watching.hooks = [Deliveries(hook, lambda *_: None)]
    await watching.run()
    assert hook.told == ["fault session.masked-exception", "healthy"]


class Hanging:
    """A hook that is never done."""

    name = "a hook that hangs"

    def __init__(self) -> None:
        self.cancelled = False

    async def tell(self, news: News) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            self.cancelled = True


async def test_a_hook_that_hangs_keeps_no_round_waiting() -> None:
    watching = Watching(saying("fault"), most=5, confirm=1)
    hook = Hanging()
    watching.hooks = [Deliveries(hook, lambda *_: None)]
    await watching.run()
    assert len(watching.heard.looks) == 5
    assert hook.cancelled
