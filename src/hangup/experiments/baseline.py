"""What an honest client meets: as the user told us, and again."""

from __future__ import annotations

from collections.abc import Mapping

from hangup.ending import Ending, ending_of
from hangup.experiments.counting import counted
from hangup.experiments.experiment import Bench, Experiment, always, one, opened
from hangup.experiments.scripts import honest, stay_silent, watched_for
from hangup.inquiry import Inquiry
from hangup.probe.dial import Script
from hangup.record import Record
from hangup.signs.numbered import FEWEST

IDLE = 1.2
"""Seconds of silence that are watched when the user named none.

Daphne takes up to a second to close after its application has raised.
"""

COUNTED = 5.0
"""Seconds in which numbered messages must come after that, for the sake of a reconnect."""


async def _baseline(bench: Bench) -> None:
    script = honest(bench) if bench.inquiry.conversation.steps else _silent(bench)
    resumes = bench.inquiry.resume is not None
    await bench.dial(script=counted(script, FEWEST, COUNTED) if resumes else script)


async def _idle(bench: Bench) -> None:
    await bench.dial(script=_silent(bench))


def _silent(bench: Bench) -> Script:
    seconds = max(bench.inquiry.idle or IDLE, watched_for(bench))
    return stay_silent(bench.inquiry.endpoint, seconds)


async def _repeat(bench: Bench) -> None:
    """Dial again, twice; where it does not end alike, often enough to know how often it fails."""
    tries, alike = REPEATS, True
    while tries:
        ending = ending_of(await bench.dial(f"again {len(bench.traces) + 1}", script=honest(bench)))
        tries -= 1
        if bench.baseline and alike and not ending.same_as(bench.baseline):
            alike, tries = False, MORE_REPEATS


async def _silent_alone(bench: Bench) -> None:
    base = bench.baseline
    seconds = max(IDLE, 2 * base.lived if base else 0.0)
    await bench.dial(script=stay_silent(bench.inquiry.endpoint, seconds))


def _nobody_fell(record: Record, _: Mapping[str, str]) -> str | None:
    return None if record.fell_along else "no silent connection fell with one that spoke"


REPEATS = 2
MORE_REPEATS = 8
"""Further tries once two have differed: with ten in all a share is known to about 30 points."""


def _speaks(inquiry: Inquiry, baseline: Ending | None) -> str | None:
    if not inquiry.conversation.steps:
        return "the baseline says nothing, so it is the idle connection"
    return opened(inquiry, baseline)


BASELINE = Experiment("baseline", "What does an honest client meet?", _baseline, one, 0.6, always)
IDLE_WATCH = Experiment(
    "idle",
    "Does a connection that says nothing live?",
    _idle,
    one,
    IDLE,
    _speaks,
)
REPEAT = Experiment(
    "repeat",
    "Does it end the same way each time?",
    _repeat,
    lambda _: REPEATS,
    0.6,
    always,
    patient=True,
)
SILENT_ALONE = Experiment(
    "silent-alone",
    "Does a silent connection live when nobody speaks beside it?",
    _silent_alone,
    one,
    IDLE,
    opened,
    needless=_nobody_fell,
    exclusive=True,
)
EXPERIMENTS = (BASELINE, IDLE_WATCH, REPEAT, SILENT_ALONE)
