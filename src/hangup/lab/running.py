"""Runs worlds, each investigated in an event loop of its own, some at the same time."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import Literal

import msgspec
from msgspec import Struct

from hangup.campaign import investigate
from hangup.diagnosis import Diagnosis
from hangup.lab.errors import LabError
from hangup.lab.marking import Mark, mark
from hangup.lab.names import names_known
from hangup.lab.namespace import inside, run_inside
from hangup.lab.world import Place, World
from hangup.progress import Concluded
from hangup.trace import Trace

AT_ONCE = 2 * (os.cpu_count() or 2)
"""Worlds at the same time; most of their time is waiting."""
OVERDUE = 5.0
"""Seconds past its budget after which a run counts as hung."""
TRIES = 2
"""Tries to start a world: a port that was free can be taken by the time that it is bound."""

Outcome = Literal["right", "wrong", "abstained", "hung", "not-executed"]


class Told(Struct, frozen=True, kw_only=True):
    """What became of a world; without a diagnosis `why` says for what reason."""

    outcome: Outcome
    mark: Mark | None = None
    diagnosis: Diagnosis | None = None
    traces: tuple[Trace, ...] = ()
    why: str = ""

    def of(self, world: World) -> Result:
        """Say of which world this was told."""
        return Result(world=world, **{name: getattr(self, name) for name in Told.__struct_fields__})


class Result(Told, frozen=True, kw_only=True):
    """What became of one world."""

    world: World


async def diagnose(world: World) -> Diagnosis:
    """Start a world, investigate it, and give the diagnosis.

    Raises:
        LabError: it could not be started.
    """
    async with world.start() as place:
        return (await _investigate(world, place)).diagnosis


def run(world: World) -> Result:
    """Run one world to its mark; whatever goes wrong with it is a result too."""
    for attempt in range(1, TRIES + 1):
        try:
            return _run_apart(world) if world.apart and not inside() else asyncio.run(_run(world))
        except (LabError, OSError, ImportError) as exc:
            if attempt == TRIES:
                return Result(world=world, outcome="not-executed", why=_reason(exc))
    raise AssertionError


def run_all(
    worlds: Iterable[World],
    at_once: int = AT_ONCE,
    told: Callable[[Result], None] = lambda _: None,
) -> list[Result]:
    """Run worlds, those that wait the longest first; `told` hears of each as it ends."""
    worlds = tuple(worlds)
    order = {world.name: place for place, world in enumerate(worlds)}
    ordered = sorted(worlds, key=lambda world: not world.waits)
    with names_known(), ThreadPoolExecutor(at_once) as pool:
        running: list[Future[Result]] = [pool.submit(run, world) for world in ordered]
        try:
            for future in as_completed(running):
                told(future.result())
        except BaseException:
            for future in running:
                future.cancel()
            raise
    return sorted((future.result() for future in running), key=lambda r: order[r.world.name])


def _run_apart(world: World) -> Result:
    """Run a world in a process that has a network of its own, and take its result from there."""
    within = world.budget + 2 * OVERDUE
    try:
        told = run_inside("hangup.lab.inside", world.name, within=within)
    except TimeoutError:
        return Result(world=world, outcome="hung", why=f"not ended after {within:g} s")
    return msgspec.json.decode(told, type=Told).of(world)


async def _run(world: World) -> Result:
    async with world.start() as place:
        try:
            async with asyncio.timeout(world.budget + OVERDUE):
                ended = await _investigate(world, place)
        except TimeoutError:
            return Result(world=world, outcome="hung", why=f"not ended {OVERDUE:g} s past budget")
    marked = mark(world, ended.diagnosis)
    outcome: Outcome = "right" if marked.cause else "wrong"
    if marked.claim is None and not marked.cause:
        outcome = "abstained"
    return Result(
        world=world, outcome=outcome, mark=marked, diagnosis=ended.diagnosis, traces=ended.traces
    )


async def _investigate(world: World, place: Place) -> Concluded:
    async for step in investigate(world.inquiry(place)):
        if isinstance(step, Concluded):
            return step
    raise AssertionError("the investigation did not conclude")


def _reason(exc: Exception) -> str:
    if isinstance(exc, ImportError):
        return f"{exc}; install it with: pip install 'hangup[lab]'"
    return str(exc)
