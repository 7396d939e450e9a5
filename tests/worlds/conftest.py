"""All worlds that the run asks for, run a few at a time, once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from hangup.lab.names import names_known
from hangup.lab.running import Result, run
from hangup.lab.servers import NODE_MODULES_FROM
from hangup.lab.worlds import WORLDS

AT_ONCE = int(os.environ.get("HANGUP_WORLDS_AT_ONCE", "6"))

Run = Callable[[str], Result]


@pytest.fixture(scope="session")
def result_of(request: pytest.FixtureRequest, node_modules: dict[str, str]) -> Iterator[Run]:
    """Give `result_of(name)`; what this run selected is run in the background."""
    os.environ[NODE_MODULES_FROM] = node_modules[NODE_MODULES_FROM]
    params = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    wanted = {each["world"].name for each in params if "world" in each}
    with names_known(), ThreadPoolExecutor(AT_ONCE) as pool:
        running: dict[str, Future[Result]] = {
            world.name: pool.submit(run, world) for world in WORLDS if world.name in wanted
        }
        yield lambda name: running[name].result()
