"""A crowd is held only when it is ordered, comes last, and leaves a record that is small."""

from __future__ import annotations

import asyncio
import contextlib
import resource
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hangup.campaign import investigate
from hangup.diagnosis import Diagnosis
from hangup.ending import ending_of
from hangup.event import FrameReceived, Upgraded
from hangup.inquiry import Inquiry
from hangup.lab.peer import Client, Play, Request, echo, routed, scripted
from hangup.lab.running import Result, run
from hangup.lab.wire import close
from hangup.lab.world import Place, Start, World
from hangup.lab.worlds.capacity import limited
from hangup.lab.worlds.crowds import limits_in_windows
from hangup.lab.worlds.healthy import slow_handshake
from hangup.progress import Concluded
from hangup.signs.crowd import AFTER_ONE, AFTER_TWO, AGAIN, STILL
from hangup.trace import Trace

MOST_KEPT = 40

StartServer = Callable[..., str]


def of(play: Play, crowd: int | None, **options: object) -> Result:
    """Ask for a crowd at a scripted peer, and say hello."""
    asked = World(name="w", start=scripted(play), truth=None, crowd=crowd, budget=30.0)
    asked = replace(asked, sends=("hello",), expects=("hello",), **options)  # type: ignore[arg-type]
    return run(asked)


def crowd_of(result: Result) -> dict[str, Trace]:
    return {t.variant: t for t in result.traces if t.experiment == "crowd"}


def told(found: Diagnosis | None) -> list[str]:
    assert found
    return [e.outcome for e in found.experiments if e.name == "crowd"]


def outcome_of(result: Result) -> str:
    (words,) = told(result.diagnosis)
    return words


@pytest.fixture(scope="module")
def full() -> Result:
    """Forty-five connections on a peer that has no limit."""
    return of(routed(echo), 45)


@pytest.fixture(scope="module")
def cliff() -> Result:
    """A crowd at a peer that takes twelve."""
    return of(limited(12), 64)


def test_no_crowd_is_held_unless_it_is_ordered() -> None:
    result = of(routed(echo), None)
    assert result.diagnosis
    assert crowd_of(result) == {}
    limit = next(f for f in result.diagnosis.findings if f.cause == "capacity.fd-limit")
    assert limit.missing == "needs --crowd"


def test_no_crowd_is_held_where_one_alone_does_not_open() -> None:
    async def refuses(client: Client, request: Request) -> None:
        await client.respond(403)

    assert crowd_of(of(routed(refuses), 64)) == {}


def test_all_are_open_at_the_same_time_and_answer_a_ping(full: Result) -> None:
    assert outcome_of(full) == "45 were open at the same time and answered"
    traces = crowd_of(full).values()
    opened = [t.began + e.at for t in traces if (e := t.first(Upgraded))]
    pongs = [t.began + e.at for t in traces for e in t.all(FrameReceived) if e.opcode == "pong"]
    assert max(opened) < min(pongs)
    assert len(pongs) == len(traces)


def test_the_healthy_summary_says_how_many_there_were(full: Result) -> None:
    assert full.diagnosis
    assert full.diagnosis.verdict == "healthy"
    assert full.diagnosis.summary.endswith("; 45 were open at the same time and answered.")


def test_the_record_keeps_the_first_and_the_last_of_many_alike(full: Result) -> None:
    kept = crowd_of(full)
    assert list(kept) == [f"{n} of 45" for n in (1, 2, 3, 4, 44, 45)]
    assert full.diagnosis
    assert full.diagnosis.connections > 45 + len(full.traces) - len(kept) - 1


def test_all_are_closed_in_order(full: Result) -> None:
    assert {ending_of(t).kind for t in crowd_of(full).values()} == {"open"}


def test_the_crowd_comes_last(cliff: Result) -> None:
    began = [trace.began for trace in cliff.traces if trace.experiment == "crowd"]
    others = [t.began + t.events[-1].at for t in cliff.traces if t.experiment != "crowd"]
    assert max(others) < min(began)


def test_the_number_at_the_cliff_is_exact_although_they_come_in_waves(cliff: Result) -> None:
    assert outcome_of(cliff).startswith("the 13th of 64 is refused with 503")
    assert cliff.diagnosis
    assert cliff.diagnosis.cause == "capacity.conn-limit"
    assert "the 13th of 64" in cliff.diagnosis.summary


def test_one_is_let_in_after_one_has_left_and_not_before_nor_later(cliff: Result) -> None:
    kept = crowd_of(cliff)
    opened = [n for n in (AGAIN, AFTER_ONE, AFTER_TWO, STILL) if kept[n].first(Upgraded)]
    assert opened == [AFTER_ONE, AFTER_TWO]


def test_many_refusals_alike_are_kept_a_few_times(cliff: Result) -> None:
    assert len(crowd_of(cliff)) < MOST_KEPT
    assert sum(variant.endswith("in vain") for variant in crowd_of(cliff)) == 3


def test_a_limit_of_rate_lets_nobody_in_for_who_leaves() -> None:
    result = of(limits_in_windows(30, 60.0), 64)
    assert outcome_of(result).endswith("none is let in, not even after two have left")
    assert result.diagnosis
    assert result.diagnosis.cause == "capacity.rate-limit"


def evicting(most: int) -> Play:
    """End the oldest whenever one more comes than there is room for."""
    here: list[Client] = []

    async def play(client: Client, request: Request) -> None:
        await client.upgrade(request)
        here.append(client)
        if len(here) > most:
            with contextlib.suppress(OSError):
                await here.pop(0).raw(close(4000, b"make room"))
        while (message := await client.receive()) is not None:
            await client.send(message)

    return routed(play)


def test_those_who_are_ended_for_newcomers_are_told_from_newcomers_who_are_refused() -> None:
    assert "some of those before ended: closed 4000 'make room'" in outcome_of(of(evicting(12), 64))


async def _ordered(start: Start, **options: object) -> Diagnosis:
    world = World(name="w", start=start, truth=None, crowd=24, budget=20.0)
    async with world.start() as place:
        inquiry = world.inquiry(place)
        asked = {name: getattr(inquiry, name) for name in Inquiry.__struct_fields__}
        async for step in investigate(Inquiry(**{**asked, **options})):
            if isinstance(step, Concluded):
                return step.diagnosis
    raise AssertionError


def test_a_crowd_is_none_of_the_connections_that_are_counted() -> None:
    found = asyncio.run(_ordered(scripted(routed(echo)), max_connections=1))
    assert told(found) == ["24 were open at the same time and answered"]
    assert found.connections == 25


def test_the_budget_ends_a_crowd_that_is_not_there_yet() -> None:
    found = asyncio.run(
        _ordered(scripted(routed(slow_handshake)), budget=9.0, crowd=2000, max_connections=1)
    )
    assert found.elapsed_s < 12
    assert found.notes == ("crowd was cut: the budget ended",)
    assert found.cause is None


@pytest.fixture
def few_files(start_server: StartServer) -> Iterator[int]:
    """Give the port of a server, and leave this process so few files that it holds no crowd."""
    port = int(start_server("uvicorn").rpartition(":")[2].partition("/")[0])
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft = len(list(Path("/dev/fd").iterdir())) + 20
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, before[1]))
    yield port
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_our_own_limit_of_files_is_raised_for_the_crowd(few_files: int) -> None:
    @contextlib.asynccontextmanager
    async def there() -> AsyncIterator[Place]:
        yield Place(few_files)

    found = asyncio.run(_ordered(there))
    assert told(found) == ["24 were open at the same time and answered"]
