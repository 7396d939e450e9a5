"""What keeps a connection alive that ended in silence: pings, or messages, or nothing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from hangup.ending import Ending
from hangup.experiments.experiment import Bench, Experiment
from hangup.experiments.scripts import authenticate
from hangup.inquiry import Inquiry
from hangup.probe.dial import Script

if TYPE_CHECKING:
    from hangup.probe.session import Session

YOUNG = 0.5
"""Seconds of life below which no timer is suspected."""
LONGER = 1.3
"""Times its age at death for which a connection must be seen to live."""
SHARE = 4
"""Something is said so many times within that age."""
PINGED, SPOKEN = "pings in time", "messages in time"


async def _busy(bench: Bench) -> None:
    """Ping in time, and say the first message in time: a hop counts both, an application one."""
    ending, sends = bench.baseline, bench.inquiry.conversation.sends
    assert ending
    age = ending.lived

    def kept(message: str | bytes | None) -> Script:
        async def script(session: Session) -> None:
            await authenticate(session, bench.inquiry.endpoint)
            for number in range(round(SHARE * LONGER) + 1):
                if message is None:
                    await session.ping(b"hangup %d" % number, age / SHARE)
                else:
                    await session.send(message)
                await session.listen(age / SHARE)

        return script

    dials = [bench.dial(PINGED, script=kept(None))]
    if sends:
        dials.append(bench.dial(SPOKEN, script=kept(sends[0].data)))
    await asyncio.gather(*dials)


def _died_in_silence(inquiry: Inquiry, baseline: Ending | None) -> str | None:
    closure = baseline.closure if baseline else None
    if baseline is None or closure is None or not baseline.cut_short:
        return "no silent connection was ended"
    if baseline.lived < YOUNG or (closure.messages_sent and closure.after != "idle"):
        return "it did not end after a silence"
    # The silent connection, this one, and a second or two for everything else.
    needed = baseline.lived * (1 + LONGER) + 2
    return None if needed <= inquiry.budget else f"needs --budget {needed + 1:.0f}"


BUSY = Experiment(
    "busy",
    "Does it live when something is said in time?",
    _busy,
    lambda inquiry: 2 if inquiry.conversation.sends else 1,
    2.0,
    _died_in_silence,
)
EXPERIMENTS = (BUSY,)
