"""Searches for the number of connections from which on an endpoint breaks: one load for each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from hangup.load.breaking_point import BreakingPoint, Found
from hangup.load.document import Limit, LoadReport
from hangup.load.order import Load, Stage
from hangup.load.run import Loaded
from hangup.load.schedule import last_arrival

TOGETHER = 1.0
"""Seconds for which all connections of a trial are open at the same time, at least."""
PAUSE = 0.5
"""Seconds between two trials, in which the endpoint lets go of the connections of the first."""
TOLERANCE = 0.0
Play = Callable[[Load], Awaitable[Loaded]]


async def find_limit(load: Load, rate: float, play: Play, stop: asyncio.Event) -> Loaded:
    """Give the load of the lowest number that breaks, or of the highest where none does.

    Connections arrive at `rate` a second and stay until all are there. What breaks is tried again:
    it breaks where it does so once. A limit of this side ends the search, for there is no more.
    """
    search = BreakingPoint(0, load.connections, TOLERANCE)
    best: dict[int, Loaded] = {}
    until, trials, ours = time.monotonic() + load.longest, 0, False
    while (level := search.next_level()) is not None:
        if trials:
            await asyncio.sleep(PAUSE)
        loaded = await play(_trial(load, level, rate, until - time.monotonic()))
        trials += 1
        ours = any(not c.wanted and c.layer == "client" for c in loaded.report.closures)
        cut = stop.is_set() or time.monotonic() > until
        if level not in best or not _holds(loaded.report):
            best[level] = loaded
        if ours or cut:
            break
        search.learn(level, not _holds(loaded.report))
    return _with_limit(search.found, best, trials)


def _trial(load: Load, level: int, rate: float, left: float) -> Load:
    stages = (Stage(level / rate, rate, rate),) if rate else (Stage(0.0, level, level),)
    hold = last_arrival(stages, level) + max(load.hold, TOGETHER)
    return replace(load, stages=stages, connections=level, hold=hold, longest=max(left, 0.1))


def _holds(report: LoadReport) -> bool:
    counts = report.connections
    return not (counts.failed or counts.broken) and counts.opened == counts.planned


def _with_limit(found: Found, best: dict[int, Loaded], trials: int) -> Loaded:
    last = max(best)
    told = best.get(found.broke if found.broke is not None else found.held, best[last])
    limit = Limit(held=found.held, broke=found.broke, flaky=found.flaky, trials=trials)
    report = replace(told.report, limit=limit)
    if report.first_break is not None and found.broke is not None:
        words = f"{found.held:,} connections hold and {found.broke:,} do not: "
        first = replace(report.first_break, words=words + report.first_break.words)
        report = replace(report, first_break=first)
    return Loaded(replace(report, notes=(*report.notes, _words(limit))), told.traces)


def _words(limit: Limit) -> str:
    what = f"in {limit.trials} trials {limit.held:,} connections held"
    what += f" and {limit.broke:,} did not" if limit.broke is not None else ", and no number broke"
    if limit.flaky:
        what += f"; of {', '.join(f'{n:,}' for n in limit.flaky)} one of two trials held"
    return what
