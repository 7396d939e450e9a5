"""What choosing experiments saves, against running every one that can be run."""

from __future__ import annotations

import asyncio
from statistics import median

from benchmarks.measure import Bar
from hangup import strategy
from hangup.diagnosis import Diagnosis
from hangup.lab.names import names_known
from hangup.lab.running import diagnose
from hangup.lab.world import World
from hangup.lab.worlds import WORLDS

EVERY = 6
"""Each so manyth world that needs no waiting and no program beside Python is taken."""


def _scripted(world: World) -> bool:
    return not world.waits and not hasattr(world.start, "parts")


def _measure(worlds: list[World], *, everything: bool) -> list[Diagnosis]:
    chosen = (strategy.WORTH, strategy.STANDS)
    if everything:
        strategy.WORTH, strategy.STANDS = -1.0, 2.0
    try:
        with names_known():
            return [asyncio.run(diagnose(world)) for world in worlds]
    finally:
        strategy.WORTH, strategy.STANDS = chosen


def measure(_: int) -> list[Bar]:
    """Print medians of both, and what was saved; there is no bar."""
    worlds = [world for world in WORLDS if _scripted(world)][::EVERY]
    chosen = _measure(worlds, everything=False)
    every = _measure(worlds, everything=True)
    same = sum(a.cause == b.cause for a, b in zip(chosen, every, strict=True))
    print(f"{len(worlds)} worlds; {same} of them get the same cause both ways")
    print(f"{'':22}{'chosen':>10}{'every one':>12}{'saved':>9}")
    for name, read in (
        ("connections, median", lambda d: float(d.connections)),
        ("seconds, median", lambda d: d.elapsed_s),
    ):
        mine, all_of_them = median(map(read, chosen)), median(map(read, every))
        print(f"{name:22}{mine:10.2f}{all_of_them:12.2f}{1 - mine / all_of_them:9.0%}")
    return []
