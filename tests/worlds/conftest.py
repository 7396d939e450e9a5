"""All worlds that the run asks for, run a few at a time; what came out wrong is run again, alone.

A machine that is busy with other worlds is a fault that no world declares. How often a first
answer is right is published by `hangup lab score`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from hangup.lab.names import names_known
from hangup.lab.running import Result, run
from hangup.lab.servers import NODE_MODULES_FROM
from hangup.lab.world import World
from hangup.lab.worlds import WORLDS

AT_ONCE = int(os.environ.get("HANGUP_WORLDS_AT_ONCE", "6"))

Run = Callable[[str], Result]


class Room:
    """Lets many run beside each other, or one alone."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._taken = False

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Run beside others, once nobody is alone."""
        with self._changed:
            self._changed.wait_for(lambda: not self._taken)
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let nobody in, wait until all are out, and run."""
        with self._changed:
            self._changed.wait_for(lambda: not self._taken)
            self._taken = True
            self._changed.wait_for(lambda: not self._inside)
        try:
            yield
        finally:
            with self._changed:
                self._taken = False
                self._changed.notify_all()


@pytest.fixture(scope="session")
def result_of(request: pytest.FixtureRequest, node_modules: dict[str, str]) -> Iterator[Run]:
    """Give `result_of(name)`; what this run selected is run in the background."""
    os.environ[NODE_MODULES_FROM] = node_modules[NODE_MODULES_FROM]
    params = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    wanted = {each["world"].name: each["world"] for each in params if "world" in each}
    room = Room()

    def beside(world: World) -> Result:
        with room.shared():
            return run(world)

    with names_known(), ThreadPoolExecutor(AT_ONCE) as pool:
        running: dict[str, Future[Result]] = {
            world.name: pool.submit(beside, world) for world in WORLDS if world.name in wanted
        }

        def result_of(name: str) -> Result:
            result = running[name].result()
            if result.mark and not result.mark.problem:
                return result
            with room.alone():
                return run(wanted[name])

        yield result_of
