"""What comes after a reconnect: whether events are replayed that happened meanwhile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from hangup.ending import Ending
from hangup.event import FrameReceived, Upgraded
from hangup.experiments.counting import Count, first_of
from hangup.experiments.experiment import Bench, Experiment, opened
from hangup.experiments.scripts import SETTLE, authenticate, honest
from hangup.inquiry import LAST, Inquiry
from hangup.probe.dial import Script
from hangup.signs.numbered import numbered_in, uncounted
from hangup.signs.resume import AGAIN, BROKEN, HEARD, gap_of, told
from hangup.trace import Trace

if TYPE_CHECKING:
    from hangup.probe.session import Session

MISSED = 4
"""Events that happen, at the pace of the baseline's, while nobody is connected."""
SHORTEST, LONGEST = 0.3, 2.0
"""Seconds between the end of one connection and the next."""
LISTENED = (0.8, 4.0)
"""Seconds for which the next one is listened to at least, and at most."""
LATE = 1.0
"""Seconds by which events may begin later than the baseline's did."""


async def _resume(bench: Bench) -> None:
    """Break off in the midst of the events, and ask for what was missed a little later."""
    text, base = bench.inquiry.resume, bench.baseline_trace
    assert text is not None
    assert base
    count = Count(HEARD)
    await bench.dial(BROKEN, script=_broken_off(bench, base, count))
    if len(count.numbers) < HEARD:
        return
    gap = gap_of(numbered_in(base.all(FrameReceived)))
    await asyncio.sleep(min(LONGEST, max(SHORTEST, MISSED * gap)))
    script = _resumed(bench, text.replace(LAST, str(count.numbers[-1])), _listened(base, gap))
    await bench.dial(AGAIN, script=script)


def _broken_off(bench: Bench, base: Trace, count: Count) -> Script:
    """Play the conversation until enough numbered messages came, and end it there."""

    async def talk(session: Session) -> None:
        await honest(bench)(session)
        await session.listen(_begun(base) + LATE)

    async def script(session: Session) -> None:
        session.attend(count.note)
        await first_of(count.enough.wait(), talk(session))
        if not session.closed:
            session.break_off()

    return script


def _resumed(bench: Bench, text: str, seconds: float) -> Script:
    async def script(session: Session) -> None:
        await session.listen(SETTLE)
        if await authenticate(session, bench.inquiry.endpoint):
            await session.listen(SETTLE)
        if text:
            await session.send(text)
        await session.listen(seconds)

    return script


def _begun(base: Trace) -> float:
    """Give the seconds after which the baseline had heard enough."""
    opening, numbered = base.first(Upgraded), numbered_in(base.all(FrameReceived))
    return numbered[HEARD - 1][1].at - opening.at if opening and len(numbered) >= HEARD else 0.0


def _listened(base: Trace, gap: float) -> float:
    least, most = LISTENED
    return min(most, max(least, _begun(base) + 2 * MISSED * gap))


def _can_resume(inquiry: Inquiry, baseline: Ending | None) -> str | None:
    if baseline and baseline.opened and not baseline.works:
        return "the conversation itself does not work"
    return opened(inquiry, baseline) or (None if inquiry.resume is not None else "needs --resume")


EXPERIMENTS = (
    Experiment(
        "resume",
        "Do the events of a reconnect come after it?",
        _resume,
        lambda _: 2,
        2.0,
        _can_resume,
        needless=lambda record, _: uncounted(record) or None,
        exclusive=True,
        patient=True,
        told=told,
    ),
)
