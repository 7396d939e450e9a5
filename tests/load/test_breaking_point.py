"""The search ends at the level that breaks, whatever the endpoint does."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hangup.load.breaking_point import BreakingPoint, Found

LEVELS = st.integers(1, 10**6)


def driven(search: BreakingPoint, breaks: Callable[[int], bool]) -> list[tuple[int, bool]]:
    tried = []
    while (level := search.next_level()) is not None:
        assert search.next_level() == level
        tried.append((level, breaks(level)))
        search.learn(*tried[-1])
        assert len(tried) < 200, "the search does not end"
    return tried


@given(LEVELS, LEVELS)
def test_the_exact_level_is_found(limit: int, high: int) -> None:
    search = BreakingPoint(0, high, 0)
    driven(search, lambda level: level >= limit)
    assert search.found == (Found(limit - 1, limit) if limit <= high else Found(high, None))


@given(LEVELS, LEVELS, st.floats(0, 0.5))
def test_the_level_is_found_within_the_tolerance(limit: int, high: int, share: float) -> None:
    search = BreakingPoint(0, high, share)
    driven(search, lambda level: level >= limit)
    found = search.found
    if limit > high:
        assert found == Found(high, None)
    else:
        assert found.broke is not None
        assert found.held < limit <= found.broke
        assert found.broke - found.held <= max(1, share * found.held)


@given(LEVELS)
def test_a_level_known_to_break_is_not_tried(limit: int) -> None:
    search = BreakingPoint(0, limit, 0, breaks=True)
    tried = driven(search, lambda level: level >= limit)
    assert search.found == Found(limit - 1, limit)
    assert limit not in {level for level, _ in tried}


@given(LEVELS)
def test_few_levels_are_tried_and_none_far_above_the_limit(limit: int) -> None:
    tried = driven(BreakingPoint(0, 10**6, 0), lambda level: level >= limit)
    assert len(tried) <= 4 * math.ceil(math.log2(limit + 1)) + 3
    assert max(level for level, _ in tried) <= max(2, 2 * limit)


@given(LEVELS)
def test_each_level_that_broke_was_repeated(limit: int) -> None:
    tried = driven(BreakingPoint(0, 10**6, 0.01), lambda level: level >= limit)
    broken = [level for level, broke in tried if broke]
    assert all(broken.count(level) == 2 for level in broken)


@given(st.integers(0, 2**32), LEVELS, st.floats(0, 0.3), st.floats(0, 1))
def test_any_noise_comes_to_an_end_that_was_seen(
    seed: int, high: int, share: float, odds: float
) -> None:
    rng, search = Random(seed), BreakingPoint(0, high, share)
    tried = driven(search, lambda _: rng.random() < odds)
    found = search.found
    assert found.held == 0 or (found.held, False) in tried
    assert found.broke is None or (found.broke, True) in tried
    assert found.held < (found.broke or high + 1)
    assert all({(level, True), (level, False)} <= set(tried) for level in found.flaky)


def test_a_level_that_breaks_once_counts_as_broken_and_is_told() -> None:
    search = BreakingPoint(0, 8, 0, breaks=True)
    for level, broke in [(4, True), (4, False), (2, False), (3, False)]:
        search.learn(level, broke)
    assert search.next_level() is None
    assert search.found == Found(3, 4, flaky=(4,))


def test_an_answer_to_another_question_is_refused() -> None:
    with pytest.raises(ValueError, match="level 7 was not asked for"):
        BreakingPoint(0, 8).learn(7, True)


@pytest.mark.parametrize(
    ("low", "high", "tolerance"),
    [(5, 5, 0.1), (6, 5, 0.1), (-1, 5, 0.1), (0, 5, -0.1), (0, 5, 1), (0, 5, math.nan)],
)
def test_a_search_between_nothing_is_refused(low: int, high: int, tolerance: float) -> None:
    with pytest.raises(ValueError, match="no search from"):
        BreakingPoint(low, high, tolerance)
