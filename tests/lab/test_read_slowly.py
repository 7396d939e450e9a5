"""A reader reads nothing only where the user asked for it, and while nothing else is open."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hangup.event import FrameSent, ReadingPaused, ReadingResumed, Upgraded
from hangup.lab.running import Result, run
from hangup.lab.worlds import WORLDS
from hangup.signs.slow_reader import LATE, SLOW, WITNESS
from hangup.trace import Trace

HEALTHY, ENDS = (
    "healthy: Node lets everything wait for a slow reader",
    "a slow reader is closed with 1013",
)


@pytest.fixture(autouse=True)
def _node(node_modules: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in node_modules.items():
        monkeypatch.setenv(name, value)


def of(name: str, **changes: object) -> Result:
    (world,) = (world for world in WORLDS if world.name == name)
    return run(replace(world, **changes))


def ours(result: Result) -> dict[str, Trace]:
    return {t.variant: t for t in result.traces if t.experiment == "slow-reader"}


def span(trace: Trace) -> tuple[float, float]:
    """Give the time during which a connection was open and not closed by us."""
    opened, closing = trace.first(Upgraded), trace.last(FrameSent)
    assert opened
    assert closing
    return trace.began + opened.at, trace.began + closing.at


def test_without_the_option_nobody_reads_slowly_and_the_cause_says_what_it_needs() -> None:
    result = of(ENDS, read_slowly=None)
    assert ours(result) == {}
    assert result.diagnosis
    assert result.diagnosis.verdict == "healthy"
    (finding,) = (f for f in result.diagnosis.findings if f.cause == "client.slow-consumer")
    assert finding.missing == "needs --read-slowly"


def test_with_it_one_reads_nothing_for_so_long_beside_two_that_read() -> None:
    result = of(HEALTHY, read_slowly=1.5)
    traces = ours(result)
    assert set(traces) == {SLOW, WITNESS, LATE}
    assert [name for name, trace in traces.items() if trace.first(ReadingPaused)] == [SLOW]
    resumed = traces[SLOW].first(ReadingResumed)
    assert resumed
    assert 1.5 <= resumed.paused < 4


def test_nothing_else_is_open_meanwhile() -> None:
    result = of(HEALTHY, read_slowly=1.0)
    mine = [span(trace) for trace in ours(result).values()]
    began, ended = min(mine)[0], max(end for _, end in mine)
    others = [span(t) for t in result.traces if t.first(Upgraded) and span(t) not in mine]
    assert [each for each in others if began < each[1] and each[0] < ended] == []


def test_a_server_that_never_opens_is_not_read_slowly() -> None:
    result = of("FastAPI sends to each reader in turn", path="/nowhere")
    assert ours(result) == {}


def test_a_feed_too_small_to_tell_anything_is_said_to_be_so() -> None:
    result = of("healthy: a feed too small to fill a buffer", read_slowly=1.0)
    assert result.diagnosis
    assert result.diagnosis.verdict == "healthy"
    (note,) = (note for note in result.diagnosis.notes if "slow reader" in note)
    assert "too little to fill the buffers on the way" in note


def test_a_healthy_verdict_tells_that_a_slow_reader_got_all() -> None:
    result = of(HEALTHY)
    assert result.diagnosis
    assert "a slow reader got all in the end" in result.diagnosis.summary
