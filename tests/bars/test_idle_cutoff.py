"""A hop's idle timer is measured within 5 %, and named within 1.3 times its own length."""

from __future__ import annotations

import pytest

from hangup.closure import closure_of
from hangup.lab.parts import around, fronted
from hangup.lab.running import run
from hangup.lab.world import World

TIMER = 4.0
"""Seconds; what hangup needs beside the timer itself is a few tenths of one."""


@pytest.mark.parametrize("proxy", ["nginx", "haproxy"])
@pytest.mark.parametrize("said", [(), ("hello",)], ids=["silent", "talking"])
def test_an_idle_timer_is_found(proxy: str, said: tuple[str, ...]) -> None:
    world = World(
        name="idle",
        start=around(fronted(proxy, "uvicorn", read_timeout=TIMER)),
        truth="keepalive.proxy-idle",
        idle=3 * TIMER,
        budget=4 * TIMER,
        sends=said,
        expects=said,
    )
    # What else runs on a machine only adds to the time, so the quicker of two counts.
    assert any(_found_after(world) < 1.3 * TIMER for _ in range(2))


def _found_after(world: World) -> float:
    """Find the timer; give the seconds that it took."""
    result = run(world)
    assert result.outcome == "right", result.why
    assert result.diagnosis
    silent = "idle" if world.sends else "baseline"
    closure = closure_of(next(t for t in result.traces if t.experiment == silent))
    assert closure
    assert closure.elapsed_ms == pytest.approx(TIMER * 1000, rel=0.05)
    return result.diagnosis.elapsed_s
