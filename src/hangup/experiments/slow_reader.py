"""What becomes of a reader that reads nothing for a while, and of who reads beside it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from hangup.ending import Ending
from hangup.experiments.experiment import HONEST, Bench, Experiment, opened
from hangup.experiments.gathering import Gathering
from hangup.experiments.scripts import authenticate, expected_within, play, reply_within
from hangup.inquiry import Inquiry, slow_reading
from hangup.probe.opening import Opening
from hangup.signs.slow_reader import LATE, SLOW, WITNESS, told

if TYPE_CHECKING:
    from hangup.probe.session import Session

NARROW = Opening(narrow=True)
BEFORE = 0.6
"""Seconds in which the witness is alone: how often something comes when nobody is slow."""
AFTER = 1.2
"""Seconds in which all read again, at least."""
LOOK = 0.25
"""Seconds between two looks whether the slow one has caught up."""
AHEAD = 1.5
"""Times what the witness gets: who gets more than that is still catching up."""
STRETCHES = 300
"""Stretches of time in which messages are counted, so that a trace holds all of them."""


class Readers(Gathering):
    """Connections of which each counts what it gets."""

    def __init__(self, bench: Bench, seconds: float) -> None:
        super().__init__(bench)
        self._every = max(0.05, slow_reading(seconds) / STRETCHES)

    async def join(self, name: str, opening: Opening = HONEST) -> Session | None:
        """Open one and play the conversation; give it when that is done, None when it failed."""
        bench = self.bench

        async def first(session: Session) -> None:
            session.count(self._every)
            await authenticate(session, bench.inquiry.endpoint)
            steps = bench.inquiry.conversation.steps
            await play(session, steps, expected_within(bench), reply_within(bench))

        return await self.admit(name, first, opening=opening)


async def _slow_reader(bench: Bench) -> None:
    seconds = bench.inquiry.read_slowly or 0.0
    async with Readers(bench, seconds).meeting() as readers:
        witness = await readers.join(WITNESS)
        if witness is None:
            return
        await asyncio.sleep(BEFORE)
        # It reads no longer than it must: the more it has taken, the more is buffered for it.
        slow = await readers.join(SLOW, NARROW)
        if slow is None or slow.closed:
            return
        later = asyncio.create_task(_join_later(readers, seconds / 2))
        try:
            await slow.hold(seconds)
            await _catch_up(slow, witness, seconds)
        finally:
            later.cancel()
            await asyncio.gather(later, return_exceptions=True)


async def _join_later(readers: Readers, seconds: float) -> None:
    await asyncio.sleep(seconds)
    await readers.join(LATE)


async def _catch_up(slow: Session, witness: Session, most: float) -> None:
    """Wait until the slow one gets no more at a time than the witness does."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + AFTER + most
    await asyncio.sleep(AFTER)
    while not slow.closed and loop.time() < ends:
        before = slow.counted, witness.counted
        await asyncio.sleep(LOOK)
        if slow.counted - before[0] <= AHEAD * (witness.counted - before[1]):
            return


def _asked(inquiry: Inquiry, baseline: Ending | None) -> str | None:
    if baseline is None:
        return "the baseline is not over"
    if reason := opened(inquiry, baseline):
        return reason
    if inquiry.read_slowly is None:
        return "needs --read-slowly"
    needed = slow_reading(inquiry.read_slowly)
    return None if needed <= inquiry.budget else f"needs --budget {needed + 1:.0f}"


EXPERIMENTS = (
    Experiment(
        "slow-reader",
        "What becomes of a reader that does not read for a while?",
        _slow_reader,
        lambda _: len((SLOW, WITNESS, LATE)),
        3.0,
        _asked,
        exclusive=True,
        together=True,
        told=told,
    ),
)
