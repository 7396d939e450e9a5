"""All worlds that the run asks for, investigated a few at a time, once."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from hangup.diagnosis import Diagnosis

from .catalogue import WORLDS
from .running import diagnose, names_known

AT_ONCE = int(os.environ.get("HANGUP_WORLDS_AT_ONCE", "6"))

Diagnose = Callable[[str], Diagnosis]


@pytest.fixture(scope="session")
def diagnosis_of(request: pytest.FixtureRequest) -> Iterator[Diagnose]:
    """Give `diagnosis_of(name)`; what this run selected is investigated in the background."""
    params = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    wanted = {each["world"].name for each in params if "world" in each}
    with names_known(), ThreadPoolExecutor(AT_ONCE) as pool:
        running: dict[str, Future[Diagnosis]] = {
            world.name: pool.submit(asyncio.run, diagnose(world))
            for world in WORLDS
            if world.name in wanted
        }
        yield lambda name: running[name].result()
