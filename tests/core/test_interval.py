"""A share seen in a few tries, and the interval that holds the true one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hangup.interval import wilson


# Newcombe, Statistics in Medicine 17 (1998), table I, method 3: Wilson's score.
@pytest.mark.parametrize(
    ("hits", "tries", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_that_of_the_literature(
    hits: int, tries: int, low: float, high: float
) -> None:
    assert wilson(hits, tries) == pytest.approx((low, high), abs=5e-5)


def test_no_tries_tell_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_share_that_was_seen(seen: tuple[int, int]) -> None:
    low, high = wilson(*seen)
    share = seen[0] / seen[1]
    assert 0 <= low <= share + 1e-12
    assert share - 1e-12 <= high <= 1
