"""Who hears what one connection says: listeners beside it, and another user."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from hangup.conversation import Send
from hangup.ending import Ending
from hangup.endpoint import Endpoint
from hangup.event import FrameSent
from hangup.experiments.experiment import Bench, Experiment, opened
from hangup.experiments.gathering import Gathering
from hangup.experiments.scripts import authenticate, expected_within, play, reply_within
from hangup.inquiry import Inquiry
from hangup.record import Record
from hangup.signs.company import ASKER, CALM, OTHERS, SECOND, SPEAKER, told

if TYPE_CHECKING:
    from hangup.probe.session import Session

LISTENERS = 6
"""With two workers that take them by chance, all six are on one in 1 of 32 runs."""


class Company(Gathering):
    """Connections that are open together; each says all but the last message when it comes."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        steps = bench.inquiry.conversation.steps
        last = max(n for n, step in enumerate(steps) if isinstance(step, Send))
        speech = steps[last]
        assert isinstance(speech, Send)
        self._before, self._speech = steps[:last], speech
        self._here: list[Session] = []

    async def join(self, *names: str, endpoint: Endpoint | None = None) -> list[Session]:
        """Open connections at once, and give those that came through when all are there or over."""
        where = endpoint or self.bench.inquiry.endpoint
        came = await asyncio.gather(*(self._join(name, where) for name in names))
        here = [session for session in came if session]
        self._here += here
        return here

    async def _join(self, name: str, endpoint: Endpoint) -> Session | None:
        bench = self.bench

        async def first(session: Session) -> None:
            await authenticate(session, endpoint)
            await play(session, self._before, expected_within(bench), reply_within(bench))

        return await self.admit(name, first, endpoint=endpoint)

    async def calm_down(self) -> None:
        """Listen to what comes without being asked for."""
        await asyncio.sleep(CALM)

    async def speak(self, *speakers: Session) -> None:
        """Let some say the last message, one right after the other, and wait for what comes."""
        for session in self._here:
            session.heard()
        for session in speakers:
            await session.send(self._speech.data)
        await asyncio.sleep(reply_within(self.bench))


async def _listeners(bench: Bench) -> None:
    """Let one speak among listeners; where only some hear it, let one of the others speak too."""
    async with Company(bench).meeting() as company:
        # The speaker comes first: what answers the last comer would answer it by chance.
        speaker = await company.join(SPEAKER)
        listeners = await company.join(*(f"listener {n + 1}" for n in range(LISTENERS)))
        await company.calm_down()
        await company.speak(*speaker)
        deaf = [each for each in listeners if not each.heard()]
        if deaf and len(deaf) < len(listeners):
            await company.speak(deaf[0])


async def _two_users(bench: Bench) -> None:
    """Let one user speak, then the other, then both, each beside a second connection of theirs."""
    other = bench.inquiry.endpoint.with_(credential=bench.inquiry.endpoint.other_credential)
    async with Company(bench).meeting() as company:
        asker = await company.join(ASKER)
        await company.join(SECOND)
        answerer = await company.join(OTHERS[0], endpoint=other)
        await company.join(OTHERS[1], endpoint=other)
        await company.calm_down()
        if asker and answerer:
            for speakers in (asker, answerer, [*asker, *answerer]):
                await company.speak(*speakers)


def _has_sends(inquiry: Inquiry, baseline: Ending | None) -> str | None:
    return opened(inquiry, baseline) if inquiry.conversation.sends else "needs --send"


def _has_other(inquiry: Inquiry, baseline: Ending | None) -> str | None:
    if not inquiry.endpoint.other_credential:
        return "needs --other-token"
    return _has_sends(inquiry, baseline)


REACHING = (
    ("overheard", "yes"),
    ("recipients", "partly"),
    ("recipients", "one-way"),
    ("replies", "silence"),
    ("replies", "some-missing"),
    ("replies", "others-came"),
)
"""Signs, with answers, that others may hear what one says, or in place of who should."""


def _reaches_nobody(record: Record, read: Mapping[str, str]) -> str | None:
    base = record.baseline
    if not base or not any(e.opcode in ("text", "binary") for e in base[0].all(FrameSent)):
        return "needs --send" if base and base[1].works else "nothing was said"
    told = any(read.get(name) == value for name, value in REACHING)
    return None if told or record.misses_reply else "nothing heard is shared or missing"


def _told_listeners(record: Record) -> str:
    return told("listeners", record)


def _told_recipients(record: Record) -> str:
    return told("two-users", record)


EXPERIMENTS = (
    Experiment(
        "listeners",
        "Do all listeners hear a speaker?",
        _listeners,
        lambda _: LISTENERS + 1,
        1.2,
        _has_sends,
        needless=_reaches_nobody,
        together=True,
        told=_told_listeners,
    ),
    Experiment(
        "two-users",
        "Who of two users hears a reply?",
        _two_users,
        lambda _: len((ASKER, SECOND, *OTHERS)),
        1.8,
        _has_other,
        together=True,
        told=_told_recipients,
    ),
)
