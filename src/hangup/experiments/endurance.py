"""What keeps a connection alive that ends in silence: pings, or messages, or nothing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from hangup.ending import Ending
from hangup.experiments.experiment import Bench, Experiment, one
from hangup.experiments.scripts import authenticate
from hangup.inquiry import Inquiry
from hangup.probe.dial import Script

if TYPE_CHECKING:
    from hangup.probe.session import Session

YOUNG = 0.5
"""Seconds of life below which no timer is suspected."""
LONGER = 1.16
"""Times its age at death for which a connection must be seen to live."""
LATER, LATER_SHARE = 0.3, 0.04
"""Seconds by which it is younger at most, and share of what the user lets silence be watched."""
SHARE = 4
"""Something is said so many times within that age."""
OFTEN, SELDOM = 0.2, 5.0
"""Seconds between two pings while that age is not known yet."""


async def _pinged(bench: Bench) -> None:
    """Begin a little later than the silent one: what ends both at once is no timer of theirs."""
    if bench.baseline is None:
        await asyncio.sleep(min(LATER, LATER_SHARE * (bench.inquiry.idle or 0.0)))
    await bench.dial(script=_kept(bench, None))


async def _talking(bench: Bench) -> None:
    await bench.dial(script=_kept(bench, bench.inquiry.conversation.sends[0].data))


def _kept(bench: Bench, message: str | bytes | None) -> Script:
    """Ping again and again, or say one message; a hop counts both, an application messages only."""

    async def script(session: Session) -> None:
        loop = asyncio.get_running_loop()
        await authenticate(session, bench.inquiry.endpoint)
        began, number = loop.time(), 0
        while not session.closed and loop.time() - began < _enough(bench):
            pause, number = _pause(bench), number + 1
            if message is None:
                await session.ping(b"hangup %d" % number, pause)
            else:
                await session.send(message)
            left = _enough(bench) - (loop.time() - began)
            await session.listen(max(0.0, min(pause, left)))

    return script


def _age(bench: Bench) -> float | None:
    """Give the age at which silence was ended, as soon as that is known."""
    ending = bench.baseline
    return ending.lived if ending and not ending.works else None


def _enough(bench: Bench) -> float:
    age = _age(bench)
    return bench.inquiry.idle or 0.0 if age is None else LONGER * age


def _pause(bench: Bench) -> float:
    age = _age(bench)
    if age is None:
        return min(SELDOM, max(OFTEN, (bench.inquiry.idle or 0.0) / 20))
    return age / SHARE


def _died_in_silence(inquiry: Inquiry, baseline: Ending | None) -> str | None:
    closure = baseline.closure if baseline else None
    if baseline is None or closure is None or not baseline.cut_short:
        return "no silent connection was ended"
    if baseline.lived < YOUNG or (closure.messages_sent and closure.after != "idle"):
        return "it did not end after a silence"
    # The silent connection, this one, and a second or two for everything else.
    needed = baseline.lived * (1 + LONGER) + 2
    return None if needed <= inquiry.budget else f"needs --budget {needed + 1:.0f}"


def _may_die_in_silence(inquiry: Inquiry, baseline: Ending | None) -> str | None:
    """Begin beside the silent connection where that one is watched for long: both take as long."""
    if baseline is None and inquiry.idle and inquiry.idle > YOUNG:
        return None
    return _died_in_silence(inquiry, baseline)


def _talked(inquiry: Inquiry, baseline: Ending | None) -> str | None:
    return _died_in_silence(inquiry, baseline) if inquiry.conversation.sends else "needs --send"


EXPERIMENTS = (
    Experiment(
        "pinged",
        "Does a connection live that is pinged in time?",
        _pinged,
        one,
        2.0,
        _may_die_in_silence,
    ),
    Experiment(
        "talking",
        "Does a connection live on which messages are said in time?",
        _talking,
        one,
        2.0,
        _talked,
    ),
)
