"""An application on the bridge as the chaos test runs it, in a process of its own."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import msgspec
import uvicorn

from hangup.bridge import (
    AgentCompleted,
    AgentError,
    Arrived,
    Bridge,
    Identity,
    Limits,
    Partial,
    Presented,
    Run,
    RunExistsError,
)
from hangup.bridge.log import EventLog

STEPS = 60


class Ask(msgspec.Struct, tag_field="type", tag="ask"):
    """Begin a run of this name; asking again for the same is no other run."""

    run: str


async def who(presented: Presented) -> Identity:
    return Identity(presented.token)


def log_of(place: str) -> EventLog:
    if place.startswith("redis://"):
        from hangup.bridge.redis_streams import RedisLog

        return RedisLog(place)
    from hangup.bridge.sqlite import SqliteLog

    return SqliteLog(place)


async def answer(run: Run, pace: float) -> None:
    """Go on from wherever the run is."""
    while run.step < STEPS - 1:
        await run.publish(Partial(text=f"{run.id} {run.step}"))
        await asyncio.sleep(pace)
    await run.publish(AgentCompleted())


def build(place: str, pace: float, heartbeat: float) -> Bridge:
    tasks: set[asyncio.Task[None]] = set()

    async def ask(arrived: Arrived) -> None:
        try:
            run = await bridge.run(arrived.user, arrived.message.run)
        except RunExistsError:
            return
        task = asyncio.ensure_future(go(run))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async def go(run: Run) -> None:
        async with run:
            await answer(run, pace)

    async def adopt(run: Run) -> None:
        # Of the runs whose process has died, some go on, and the others end.
        if run.id.endswith(("0", "3", "6", "9")):
            await run.publish(AgentError(code="lost", message="the process has died"))
        else:
            await answer(run, pace)

    limits = Limits(
        heartbeat=heartbeat, lease=2 * heartbeat, runs_of_user=50, closing=0.5, retry_after=0.1
    )
    bridge = Bridge(log_of(place), who, messages={Ask: ask}, limits=limits, adopt=adopt)
    return bridge


def main(place: str, port: str, pace: str, heartbeat: str) -> None:
    options: dict[str, Any] = {"ws": "websockets-sansio", "ws_ping_interval": None}
    uvicorn.run(
        build(place, float(pace), float(heartbeat)),
        port=int(port),
        log_level="error",
        lifespan="off",
        **options,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
