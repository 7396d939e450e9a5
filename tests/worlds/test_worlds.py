"""Every world gets the verdict that is true of it."""

from __future__ import annotations

import pytest

from .catalogue import WORLDS
from .conftest import Diagnose
from .judgement import problem
from .world import World


@pytest.mark.timeout(180)
@pytest.mark.parametrize("world", WORLDS, ids=[world.name for world in WORLDS])
def test_the_verdict_is_the_truth(diagnosis_of: Diagnose, world: World) -> None:
    assert problem(world, diagnosis_of(world.name)) == ""
