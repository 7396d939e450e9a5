"""Every world gets the verdict that is true of it, but for those held out or known to be missed."""

from __future__ import annotations

import pytest

from hangup.lab.errors import ProgramMissingError
from hangup.lab.missed import MISSED
from hangup.lab.namespace import NamespaceError, prefix
from hangup.lab.world import World
from hangup.lab.worlds import WORLDS

from .conftest import Run

ASSERTED = [world for world in WORLDS if not world.held_out and world.name not in MISSED]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("world", ASSERTED, ids=[world.name for world in ASSERTED])
def test_the_verdict_is_the_truth(result_of: Run, world: World) -> None:
    if world.apart:
        try:
            prefix()
        except NamespaceError as exc:
            pytest.skip(str(exc))
        except ProgramMissingError as exc:
            pytest.fail(str(exc), pytrace=False)
    result = result_of(world.name)
    assert result.why == ""
    assert result.mark
    assert result.mark.problem == ""
