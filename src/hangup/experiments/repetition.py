"""Several connections: at once, and right after the failure."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from hangup.ending import Ending, ending_of
from hangup.experiments.experiment import Bench, Experiment, one, opened
from hangup.experiments.scripts import authenticate, honest
from hangup.inquiry import Inquiry
from hangup.record import Record

if TYPE_CHECKING:
    from hangup.probe.session import Session

AT_ONCE = 3
ALONE = 8
"""Tries one after the other that show that it works alone: a share of 40 % passes 1 in 60."""
ENOUGH = 3
"""Failures that show that it fails alone too."""


async def _at_once(bench: Bench) -> None:
    await asyncio.gather(
        *(
            bench.dial(f"{number + 1} of {AT_ONCE}", script=honest(bench))
            for number in range(AT_ONCE)
        )
    )


async def _alone(bench: Bench) -> None:
    """Dial one after the other: only what never fails alone fails because it is not alone."""
    failed = 0
    for number in range(ALONE):
        ending = ending_of(await bench.dial(f"alone {number + 1}", script=honest(bench)))
        failed += not ending.works
        if failed == ENOUGH:
            return


async def _reconnect(bench: Bench) -> None:
    """Dial at once after the baseline's failure, and when that fails again after a pause."""
    for variant, pause in (("at once", 0.0), ("after 1 s", 1.0)):
        await asyncio.sleep(pause)
        trace = await bench.dial(variant, script=honest(bench))
        if ending_of(trace).works:
            return


async def _afterwards(bench: Bench) -> None:
    await bench.dial()


async def _ping(bench: Bench) -> None:
    endpoint = bench.inquiry.endpoint

    async def script(session: Session) -> None:
        await authenticate(session, endpoint)
        await session.ping(b"hangup", PONG)

    await bench.dial(script=script)


PONG = 1.5
"""Seconds that a pong may take here; libraries allow 20 by default."""


def _no_doubt(record: Record, _: Mapping[str, str]) -> str | None:
    return None if record.doubtful else "it ended alike each time"


def _died(_: Inquiry, baseline: Ending | None) -> str | None:
    died = baseline is not None and baseline.opened and baseline.cut_short
    return None if died else "no open WebSocket was ended"


def _ended(_: Inquiry, baseline: Ending | None) -> str | None:
    return "nothing failed" if baseline and baseline.works else None


EXPERIMENTS = (
    Experiment(
        "at-once",
        "Do several connections at once all work?",
        _at_once,
        lambda _: AT_ONCE,
        0.6,
        opened,
    ),
    Experiment(
        "alone",
        "Does it fail also while nothing else runs?",
        _alone,
        lambda _: ALONE,
        2.0,
        opened,
        needless=_no_doubt,
        exclusive=True,
        patient=True,
    ),
    Experiment(
        "reconnect",
        "Does it work at once after the failure, and later?",
        _reconnect,
        lambda _: 2,
        1.6,
        _ended,
        patient=True,
    ),
    Experiment("afterwards", "Is the server there right after?", _afterwards, one, 0.1, _died),
    Experiment("ping", "Is a ping answered?", _ping, one, 0.2, opened),
)
