"""Worlds of gunicorn, which watches its workers and ends those that do not report."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from hangup.lab.configured import Called, answers
from hangup.lab.errors import StartFailedError
from hangup.lab.parts import around, parts_of
from hangup.lab.world import Place, Start, World
from hangup.lab.worlds.trial6_parts import before

APPS = "hangup.lab.worlds.apps"


BOOTED = 20.0
"""Seconds that the first worker may take until it serves."""


@dataclass(frozen=True, slots=True)
class Booted:
    """Another start that is used once it answers: gunicorn listens before a worker serves."""

    start: Start

    @property
    def parts(self) -> tuple[str, ...]:
        """The programs that it needs."""
        return parts_of(self.start)

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[Place]:
        """Run it."""
        async with self.start() as place:
            if not await answers(place.port, BOOTED):
                raise StartFailedError("gunicorn", None, "no worker answered", BOOTED)
            yield place


def gunicorn(app: str, *options: str, timeout: int = 2) -> Booted:
    """Call gunicorn with its own ASGI worker, which has `timeout` seconds to report."""
    where = ("-b", "127.0.0.1:{port}", "--log-level", "critical", "--timeout", str(timeout))
    called = ("gunicorn", "-k", "asgi", *where, *options, f"{APPS}:{app}")
    return Booted(Called("gunicorn", called))


def _world(name: str, start: Start, truth: str | None, *also: str, **options: Any) -> World:
    return World(
        name=name,
        start=start,
        truth=truth,
        also=also,
        sends=("hello",),
        expects=("hello",),
        waits=True,
        **options,
    )


WORLDS = (
    _world(
        "gunicorn kills the worker that a message blocks",
        gunicorn("blocks"),
        "capacity.worker-timeout-kill",
        "capacity.process-crash",
    ),
    _world(
        "gunicorn kills one of two workers, which a message blocks",
        gunicorn("blocks", "-w", "2"),
        "capacity.worker-timeout-kill",
        "capacity.process-crash",
    ),
    _world(
        "gunicorn kills the worker that a message blocks, behind nginx",
        around(before(gunicorn("blocks"))),
        "capacity.worker-timeout-kill",
        "capacity.process-crash",
    ),
    _world(
        "native code ends gunicorn's worker at a message",
        gunicorn("exits"),
        "capacity.process-crash",
        "message.handler-exception",
    ),
    _world(
        "healthy: a message takes longer than gunicorn's patience, and blocks nothing",
        gunicorn("takes_long"),
        None,
    ),
)
