"""Connections that are open together are opened only where they can decide something."""

from __future__ import annotations

import pytest

from hangup.event import FrameSent, Upgraded
from hangup.lab.running import Result, run
from hangup.lab.worlds import WORLDS
from hangup.trace import Trace

TOGETHER = ("listeners", "two-users")


def of(name: str) -> Result:
    (world,) = (world for world in WORLDS if world.name == name)
    return run(world)


def together(result: Result) -> dict[str, str]:
    """Give those of the experiments that ran, with what came of them."""
    assert result.diagnosis
    return {e.name: e.outcome for e in result.diagnosis.experiments if e.name in TOGETHER}


def span(trace: Trace) -> tuple[float, float]:
    """Give the time during which a connection was open and not closed by us."""
    opened, closing = trace.first(Upgraded), trace.last(FrameSent)
    assert opened
    assert closing
    return trace.began + opened.at, trace.began + closing.at


@pytest.mark.parametrize(
    "name", ["healthy: uvicorn", "healthy: private answers from two processes"]
)
def test_private_answers_cost_no_listeners(name: str) -> None:
    assert together(of(name)) == {}


def test_a_room_is_listened_to_while_nothing_else_is_open() -> None:
    result = of("healthy: a room in one process")
    assert together(result) == {"listeners": "all 6 listeners heard what one connection said"}
    spans = [span(t) for t in result.traces if t.first(Upgraded)]
    ours = [span(t) for t in result.traces if t.experiment == "listeners"]
    began, ended = min(ours)[0], max(end for _, end in ours)
    assert len(ours) == 7
    assert [
        each for each in spans if each not in ours and began < each[1] and each[0] < ended
    ] == []


def test_a_room_that_two_users_share_is_said_to_be_a_leak_or_not() -> None:
    assert together(of("healthy: a room for two users"))["two-users"] == (
        "everybody hears it, another user too: a broadcast by design, or a leak"
    )
