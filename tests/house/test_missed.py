"""What is known to be missed is a world of the lab, and not one that nothing was tuned on."""

from __future__ import annotations

from hangup.lab.missed import MISSED
from hangup.lab.worlds import WORLDS


def test_every_miss_is_a_world_that_is_in_the_table() -> None:
    assert MISSED.keys() <= {world.name for world in WORLDS if not world.held_out}


def test_no_healthy_world_may_be_missed() -> None:
    assert not [world.name for world in WORLDS if world.name in MISSED and world.truth is None]
