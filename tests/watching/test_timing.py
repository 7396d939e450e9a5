"""Rounds are due on a grid, and what is late is left out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hangup.watching.timing import MOST_JITTER, Grid, spread

everys = st.floats(0.05, 1e6)
jitters = st.floats(0.0, MOST_JITTER)
grids = st.builds(
    lambda every, share, jitter, seed: Grid(
        every=every, offset=share * every, jitter=jitter, seed=seed
    ),
    everys,
    st.floats(0.0, 1.0),
    jitters,
    st.text(),
)


@given(grids, st.integers(1, 10_000))
def test_jitter_is_within_its_share(grid: Grid, number: int) -> None:
    away = grid.due(number) - (number * grid.every + grid.offset)
    assert abs(away) <= grid.jitter * grid.every * (1 + 1e-6) + 1e-6


@given(grids, st.integers(0, 10_000))
def test_the_same_seed_gives_the_same_times(grid: Grid, number: int) -> None:
    assert grid.due(number) == Grid(**{f: getattr(grid, f) for f in grid.__struct_fields__}).due(
        number
    )


@given(grids, st.integers(0, 1000), st.floats(0.0, 3.0))
def test_the_next_round_is_the_first_that_is_not_over(grid: Grid, number: int, late: float) -> None:
    now = grid.due(number) + late * grid.every
    following = grid.after(number, now)
    assert following > number
    assert grid.due(following) > now
    assert all(grid.due(each) <= now for each in range(number + 1, following))


def test_a_round_of_three_distances_leaves_two_out() -> None:
    assert Grid(every=10.0).after(1, 10.0 + 25.0) == 4


def test_several_urls_are_spread_over_the_distance() -> None:
    grids = spread(("a", "b", "c", "d"), every=20.0, jitter=0.0, seed="s")
    assert [grid.due(1) for grid in grids] == [20.0, 25.0, 30.0, 35.0]
    assert [grid.due(0) for grid in grids] == [0.0, 1.0, 2.0, 3.0]


def test_a_second_look_is_soon() -> None:
    assert (Grid(every=300.0).soon, Grid(every=0.2).soon) == (10.0, 0.2)
