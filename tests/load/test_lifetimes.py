"""Many ends at one age are a timer; ends at any age are none."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from load_examples import closures

from hangup.load.lifetimes import timers


def test_a_timer_is_named_with_its_second() -> None:
    (peak,) = timers([closures(count=1024, lifetimes={60: 1020, 3: 1, 17: 2, 44: 1})])
    assert (peak.second, peak.count, peak.of) == (60, 1020, 1024)
    assert peak.words == "1,020 of 1,024 lived 60 s: a timer"
    assert peak.share == pytest.approx(0.996, abs=0.001)


def test_ticks_on_both_sides_of_a_second_are_one_timer() -> None:
    (peak,) = timers([closures(lifetimes={59: 40, 60: 50, 20: 3, 31: 2})])
    assert (peak.second, peak.count) == (60, 90)


def test_two_timers_are_two_peaks() -> None:
    spread = dict.fromkeys(range(5, 90, 6), 1)
    peaks = timers([closures(lifetimes={**spread, 30: 100, 60: 200})])
    assert [peak.second for peak in peaks] == [60, 30]


def test_what_died_at_once_waited_for_no_timer() -> None:
    assert timers([closures(lifetimes={0: 500, 1: 20})]) == ()


def test_the_ends_that_we_asked_for_are_no_timer() -> None:
    assert timers([closures(wanted=True, lifetimes={60: 500})]) == ()


@pytest.mark.parametrize("closed_by", ["local", "neither"])
def test_our_own_patience_is_no_timer(closed_by: str) -> None:
    assert timers([closures(closed_by=closed_by, lifetimes={10: 500})]) == ()


def test_a_few_are_too_few() -> None:
    assert timers([closures(lifetimes={60: 4})]) == ()


def test_a_small_part_at_one_age_is_not_worth_telling() -> None:
    spread = dict.fromkeys(range(100, 1100), 1)
    assert timers([closures(lifetimes={**spread, 60: 30})]) == ()
    assert [peak.second for peak in timers([closures(lifetimes={**spread, 60: 150})])] == [60]


def test_all_that_end_together_may_have_ended_by_one_event() -> None:
    (peak,) = timers([closures(lifetimes={60: 500}, together=480)])
    assert peak.at_once
    assert peak.words == "500 of 500 lived 60 s: they ended together"


@pytest.mark.parametrize("longest", [15, 60, 600])
@pytest.mark.parametrize("count", [20, 50, 200, 5000])
def test_ends_at_any_age_show_no_timer(count: int, longest: int) -> None:
    for seed in range(100):
        rng = Random(seed)
        ages = Counter(rng.randrange(longest) for _ in range(count))
        assert timers([closures(lifetimes=dict(ages))]) == ()


def test_nothing_ended_is_no_timer() -> None:
    assert timers([closures(lifetimes={})]) == ()
    assert timers([]) == ()
