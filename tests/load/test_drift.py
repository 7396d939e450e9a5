"""What grows is told from what only wavers."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest
from load_examples import moment

from hangup.load.document import Drift, Moment
from hangup.load.drift import drifts


def found(moments: Sequence[Moment], what: str) -> Drift:
    (drift,) = (drift for drift in drifts(moments) if drift.what == what)
    return drift


def noisy(seed: int, growth: float, seconds: int, spread: float = 0.3) -> list[Moment]:
    rng = Random(seed)
    return [
        moment(t, p50=10 * (1 + growth * t / seconds) * rng.lognormvariate(0, spread))
        for t in range(seconds)
    ]


def test_a_level_run_has_no_growth() -> None:
    drift = found([moment(t) for t in range(20)], "latency p50")
    assert drift == Drift(what="latency p50", unit="ms", first=10.0, last=10.0, grows=False)


def test_growth_in_a_line_is_found() -> None:
    moments = [moment(t, p99=20.0 + t) for t in range(40)]
    drift = found(moments, "latency p99")
    assert (drift.first, drift.last, drift.grows) == (24.5, 54.5, True)


def test_falling_is_no_growth() -> None:
    assert not found([moment(t, p50=100.0 - t) for t in range(40)], "latency p50").grows


def test_noise_hardly_ever_counts_as_growth() -> None:
    runs = [(seed, seconds) for seed in range(60) for seconds in (12, 20, 60, 300)]
    wrong = sum(found(noisy(seed, 0, n), "latency p50").grows for seed, n in runs)
    assert wrong <= len(runs) * 0.02


@pytest.mark.parametrize("seconds", [24, 60, 300])
def test_what_trebles_is_found_in_noise(seconds: int) -> None:
    grown = sum(found(noisy(s, 2, seconds, 0.15), "latency p50").grows for s in range(50))
    assert grown >= 45


def test_four_per_cent_are_no_growth() -> None:
    moments = [moment(t, p50=100.0 if t < 10 else 104.0) for t in range(20)]
    assert not found(moments, "latency p50").grows


def test_one_bad_second_is_no_growth() -> None:
    moments = [moment(t, p50=900.0 if t == 18 else 10.0, broken=500 * (t == 18)) for t in range(20)]
    assert not found(moments, "latency p50").grows
    assert not found(moments, "broken connections").grows


def test_memory_that_leaks_is_found() -> None:
    drift = found([moment(t, server_mb=100.0 + t // 4) for t in range(120)], "server memory")
    assert drift.unit == "MB"
    assert drift.grows


def test_memory_that_nobody_measured_is_not_told() -> None:
    assert {d.what for d in drifts([moment(t) for t in range(12)])} == {
        "latency p50",
        "latency p99",
        "broken connections",
    }


def test_seconds_without_a_reply_have_no_latency() -> None:
    silent = [moment(t, received=0, p50=0.0, p99=0.0) for t in range(100)]
    moments = silent + [moment(100 + t) for t in range(12)]
    assert found(moments, "latency p50").first == 10.0


def test_connections_that_break_now_and_then_grow_too() -> None:
    seldom = [moment(t, broken=int(t % 30 == 0)) for t in range(600)]
    often = [moment(t, broken=int(t % 3 == 0)) for t in range(600, 1200)]
    drift = found(seldom + often, "broken connections")
    assert drift.grows
    assert drift.last == pytest.approx(1 / 3, rel=0.1)


def test_below_twelve_moments_nothing_is_said() -> None:
    assert drifts([moment(t, p50=10.0 * t) for t in range(11)]) == ()
    assert drifts([]) == ()
