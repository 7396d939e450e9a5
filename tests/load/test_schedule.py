"""Arrivals come when and as often as the stages say, to the last one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise
from statistics import fmean, pvariance

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hangup.errors import UsageError
from hangup.load.order import Stage
from hangup.load.schedule import MOST_RATE, arrivals, planned, stages_of

ALL = 10**6
RATES = st.one_of(st.just(0.0), st.floats(0.01, 300, allow_nan=False))
LONG = st.builds(Stage, st.floats(0.01, 60), RATES, RATES)
JUMPS = st.builds(lambda n: Stage(0.0, float(n), float(n)), st.integers(1, 50))
STAGES = st.lists(st.one_of(LONG, LONG, JUMPS), min_size=1, max_size=4)


def integral(stages: Sequence[Stage], until: float) -> float:
    """The number that should have arrived, counted the plain way."""
    reached = begin = 0.0
    for stage in stages:
        if stage.seconds == 0:
            reached += stage.end if until >= begin else 0
            continue
        inside = min(max(until - begin, 0.0), stage.seconds)
        rate = stage.start + (stage.end - stage.start) * inside / stage.seconds
        reached += inside * (stage.start + rate) / 2
        begin += stage.seconds
    return reached


def test_an_even_rate_spaces_evenly_and_a_half_fills_up() -> None:
    assert list(arrivals((Stage(2, 2, 2),), ALL, 0)) == [0.5, 1.0, 1.5, 2.0]


def test_a_ramp_is_the_inverse_of_a_square() -> None:
    times = list(arrivals((Stage(10, 0, 20),), ALL, 0))
    assert times == pytest.approx([math.sqrt(k) for k in range(1, 101)])


def test_a_falling_ramp_mirrors_a_rising_one() -> None:
    rising = [0.0, *arrivals((Stage(10, 0, 20),), ALL, 0)]
    falling = [0.0, *arrivals((Stage(10, 20, 0),), ALL, 0)]
    assert falling == pytest.approx([10 - t for t in reversed(rising)], abs=1e-6)


def test_a_stage_without_seconds_is_a_jump() -> None:
    stages = (Stage(1, 2, 2), Stage(0, 3, 3), Stage(1, 1, 1))
    assert list(arrivals(stages, ALL, 0)) == [0.5, 1.0, 1.0, 1.0, 1.0, 2.0]


def test_a_jump_after_seconds_that_do_not_add_up_in_binary_is_not_early() -> None:
    times = list(arrivals((Stage(0.1, 10, 10), Stage(0.2, 10, 10), Stage(0, 1, 1)), ALL, 0))
    assert times == sorted(times)
    assert len(times) == 4


def test_a_pause_passes() -> None:
    assert list(arrivals((Stage(1, 1, 1), Stage(5, 0, 0), Stage(1, 1, 1)), ALL, 0)) == [1.0, 7.0]


@pytest.mark.parametrize(("rate", "seconds"), [(0.7, 10), (0.1, 30), (1.1, 10), (33.3, 1000)])
def test_the_count_is_that_of_the_decimals_written(rate: float, seconds: float) -> None:
    assert planned((Stage(seconds, rate, rate),), ALL) == round(rate * seconds)


def test_a_million_arrivals_do_not_drift() -> None:
    times = list(arrivals((Stage(400.0, 250.0, 250.0), Stage(900.0, 1000.0, 1000.0)), ALL, 0))
    assert len(times) == 10**6
    assert times[-1] == pytest.approx(1300, abs=1e-9)
    assert (
        max(abs(times[100_000 + k] - 400 - (k + 1) / 1000) for k in range(0, 900_000, 997)) < 1e-6
    )


@given(STAGES, st.integers(1, 3000), st.integers(0, 99), st.booleans())
def test_arrivals_are_in_order_as_many_as_planned_and_within_the_stages(
    stages: list[Stage], connections: int, seed: int, poisson: bool
) -> None:
    times = list(arrivals(stages, connections, seed, poisson=poisson))
    assert len(times) == planned(stages, connections)
    assert all(a <= b for a, b in pairwise(times))
    assert all(0 <= t <= sum(s.seconds for s in stages) + 1e-9 for t in times)


@given(STAGES)
def test_each_stage_gets_its_integral_within_one(stages: list[Stage]) -> None:
    times = list(arrivals(stages, ALL, 0))
    for end in accumulate(stage.seconds for stage in stages):
        come = sum(t <= end + 1e-9 for t in times)
        assert abs(come - integral(stages, end + 1e-9)) <= 1 + 1e-5


@given(STAGES)
def test_every_arrival_is_where_the_integral_reaches_its_number(stages: list[Stage]) -> None:
    for k, t in enumerate(arrivals(stages, ALL, 0), start=1):
        assert integral(stages, t - 1e-7) <= k + 1e-6
        assert integral(stages, t + 1e-7) >= k - 1e-6


@given(STAGES, st.integers(0, 2**64))
def test_the_same_seed_gives_the_same_times(stages: list[Stage], seed: int) -> None:
    once = list(arrivals(stages, 500, seed, poisson=True))
    assert once == list(arrivals(stages, 500, seed, poisson=True))


def test_another_seed_gives_other_times() -> None:
    first, second = (list(arrivals((Stage(9, 9, 9),), ALL, s, poisson=True)) for s in (1, 2))
    assert first != second


def test_gaps_of_a_poisson_process_are_exponential() -> None:
    times = list(arrivals((Stage(100, 500, 500),), ALL, 7, poisson=True))
    gaps = [b - a for a, b in pairwise(times)]
    assert fmean(gaps) == pytest.approx(1 / 500, rel=0.01)
    assert math.sqrt(pvariance(gaps)) == pytest.approx(1 / 500, rel=0.03)
    assert sum(gap > 2 / 500 for gap in gaps) / len(gaps) == pytest.approx(math.exp(-2), rel=0.05)


def test_a_poisson_process_follows_the_ramp() -> None:
    times = list(arrivals((Stage(10, 0, 2000),), ALL, 3, poisson=True))
    assert sum(t <= 5 for t in times) / len(times) == pytest.approx(0.25, abs=0.02)


def test_all_at_once_is_one_stage_without_seconds() -> None:
    assert stages_of(1000, None, None) == (Stage(0.0, 1000.0, 1000.0),)
    assert set(arrivals(stages_of(1000, None, None), 1000, 0)) == {0.0}


@given(
    st.integers(1, 3000),
    st.none() | st.floats(0.001, 5000),
    st.none() | st.floats(0.001, 5000),
    st.booleans(),
)
def test_as_many_arrive_as_were_asked_for(
    connections: int, rate: float | None, ramp: float | None, poisson: bool
) -> None:
    stages = stages_of(connections, rate, ramp)
    assert planned(stages, connections) == connections
    assert len(list(arrivals(stages, connections, 0, poisson=poisson))) == connections


@given(st.integers(1, 3000), st.floats(0.001, 5000))
def test_a_rate_alone_takes_their_number_over_it(connections: int, rate: float) -> None:
    *_, last = arrivals(stages_of(connections, rate, None), connections, 0)
    assert last == pytest.approx(connections / rate)


@given(st.integers(1, 3000), st.floats(0.001, 5000))
def test_a_ramp_alone_is_as_long_as_it_says(connections: int, ramp: float) -> None:
    *_, last = arrivals(stages_of(connections, None, ramp), connections, 0)
    assert last == pytest.approx(ramp)
    assert last <= ramp


def test_a_ramp_grows_to_its_rate_and_stays_there() -> None:
    rise, level = stages_of(100, 10.0, 4.0)
    assert (rise, level) == (Stage(4.0, 0.0, 10.0), Stage(8.0, 10.0, 10.0))


def test_a_ramp_that_is_too_long_is_not_played_to_its_end() -> None:
    stages = stages_of(5, 10.0, 10.0)
    assert stages == (Stage(10.0, 0.0, 10.0),)
    *_, last = arrivals(stages, 5, 0)
    assert last == pytest.approx(math.sqrt(10))


@pytest.mark.parametrize(
    ("connections", "rate", "ramp", "option"),
    [
        (0, None, None, "--connections"),
        (10**9, None, None, "--connections"),
        (1, 0.0, None, "--rate"),
        (1, -1.0, None, "--rate"),
        (1, math.nan, None, "--rate"),
        (1, MOST_RATE * 2, None, "--rate"),
        (1, None, 0.0, "--ramp"),
        (1, None, math.inf, "--ramp"),
    ],
)
def test_unusable_numbers_are_named(
    connections: int, rate: float | None, ramp: float | None, option: str
) -> None:
    with pytest.raises(UsageError, match=f"^{option} takes a number above 0 and up to"):
        stages_of(connections, rate, ramp)


@given(st.floats(1e-3, 1e6), st.floats(1e-3, 1e5))
def test_no_rate_is_lost_by_rounding(rate: float, ramp: float) -> None:
    count = round(rate * ramp)
    assume(0 < count <= 10**7 and rate <= MOST_RATE)
    assert planned(stages_of(count, None, ramp), ALL * 100) >= count
