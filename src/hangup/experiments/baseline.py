"""What an honest client meets: as the user told us, and again."""

from __future__ import annotations

from hangup.ending import Ending
from hangup.experiments.experiment import Bench, Experiment, always, one, opened
from hangup.experiments.scripts import QUIET, converse, stay_silent
from hangup.inquiry import Inquiry

IDLE = 0.7
"""Seconds of silence that are watched when the user named none."""


async def _baseline(bench: Bench) -> None:
    inquiry = bench.inquiry
    await bench.dial(script=converse(inquiry.endpoint, inquiry.conversation))


async def _idle(bench: Bench) -> None:
    seconds = bench.inquiry.idle or IDLE
    await bench.dial(script=stay_silent(bench.inquiry.endpoint, seconds))


async def _repeat(bench: Bench) -> None:
    inquiry = bench.inquiry
    for number in range(REPEATS):
        script = converse(inquiry.endpoint, inquiry.conversation, quiet=QUIET / 2)
        await bench.dial(f"again {number + 1}", script=script)


REPEATS = 2


def _says_something(inquiry: Inquiry, baseline: Ending | None) -> str | None:
    if not inquiry.conversation.steps and inquiry.idle is None:
        return "the baseline says nothing, so it is the idle connection"
    return opened(inquiry, baseline)


BASELINE = Experiment("baseline", "What does an honest client meet?", _baseline, one, 0.6, always)
IDLE_WATCH = Experiment(
    "idle",
    "Does a connection that says nothing live?",
    _idle,
    one,
    0.8,
    _says_something,
)
REPEAT = Experiment(
    "repeat", "Does it end the same way each time?", _repeat, lambda _: REPEATS, 0.6, always
)
EXPERIMENTS = (BASELINE, IDLE_WATCH, REPEAT)
