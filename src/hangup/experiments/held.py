"""Connections that are held open at the same time: opened in steps, asked, and let go."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hangup.experiments.experiment import Bench
from hangup.experiments.scripts import authenticate, expected_within, play, reply_within
from hangup.signs.crowd import AFTER_ONE, AFTER_TWO, AGAIN, PONG, PUNCTUAL, STILL
from hangup.trace import Trace

if TYPE_CHECKING:
    from hangup.probe.session import Session

FIRST = 8
"""Connections of the first step; each further step doubles those that are there."""
WAVE = 32
"""Connections that are opened, or asked, or closed, at once: it is their number that is tested."""
SINGLY = 16
"""Connections that are opened one after the other, after a wave of which not all were let in."""
SETTLE = 0.15
"""Seconds for which a newcomer must stay open to count as let in."""
PATIENCE, MOST_PATIENCE, SLOWER = 2.5, 10.0, 4.0
"""Seconds that a newcomer is waited for, at least and at most, and times the slowest of the first.

TCP sends a SYN that a full queue dropped again after one second.
"""
GAP = 0.3
"""Seconds between two tries of one that was not let in."""
QUIET = 1.2
"""Seconds in which nobody leaves, and none that waits should be let in."""
LET_IN = 3.5
"""Seconds after another one has left in which one that waits is let in.

Where files are short asyncio tries again after one second, and logs so much that it takes longer.
"""
TRIES = ((AGAIN, False), (AGAIN, False), (AFTER_ONE, True), (AFTER_TWO, True), (STILL, False))
"""Tries of a newcomer, with whether another one leaves before it.

A limit of connections lets in those of the middle and no other. No limit of rate does: what it
lets in follows the time alone, and that is the same between all.
"""


@dataclass(slots=True, eq=False)
class Member:
    """One connection of the crowd; `place` counts those that were let in, from 1."""

    dial: asyncio.Task[Trace] = field(init=False)
    known: asyncio.Event = field(default_factory=asyncio.Event)
    leaving: asyncio.Event = field(default_factory=asyncio.Event)
    session: Session | None = None
    place: int = 0
    role: str = ""

    @property
    def held(self) -> bool:
        """Whether it is open."""
        return self.session is not None and not self.session.closed and not self.dial.done()

    @property
    def waits(self) -> bool:
        """Whether it was neither let in nor refused."""
        return self.session is None and not self.dial.done()


class Crowd:
    """Connections that are open at the same time, at most so many; each is silent unless asked."""

    def __init__(self, bench: Bench, most: int) -> None:
        self._bench, self._most = bench, most
        self._slowest = 0.0
        self.members: list[Member] = []

    @property
    def held(self) -> list[Member]:
        """Those that are open."""
        return [member for member in self.members if member.held]

    async def grow(self) -> None:
        """Open more, twice as many with each step, until one is not let in or all are there."""
        target = min(FIRST, self._most)
        while await self._fill(target) and target < self._most:
            target = min(self._most, 2 * target)
        # Those of one wave may have taken each other's places; one alone shows whether one is free.
        singly = 0
        while len(self.members) < self._most and singly < SINGLY and not self._waiting:
            singly += 1
            if not await self._join(1):
                return

    async def _fill(self, target: int) -> bool:
        while missing := target - len(self.members):
            await self._join(min(missing, WAVE))
            if not all(member.held for member in self.members):
                return False
        return True

    async def _join(self, count: int) -> bool:
        """Open some more, give places to those that are let in, and say whether all were."""
        new = await self._open(count)
        newcomers = (member for member in self.members if member.held and not member.place)
        for place, member in enumerate(newcomers, start=self.places + 1):
            member.place = place
        return all(member.held for member in new)

    @property
    def _waiting(self) -> list[Member]:
        return [member for member in self.members if member.waits]

    @property
    def places(self) -> int:
        """How many were let in while the crowd grew."""
        return max((member.place for member in self.members), default=0)

    async def _open(self, count: int = 1) -> list[Member]:
        new = [self._dial() for _ in range(count)]
        await _known(new, self._patience)
        _raise_bugs(new)
        return new

    @property
    def _patience(self) -> float:
        return min(MOST_PATIENCE, max(PATIENCE, SLOWER * self._slowest))

    def _dial(self) -> Member:
        loop, bench, member = asyncio.get_running_loop(), self._bench, Member()
        began = loop.time()

        async def stay(session: Session) -> None:
            await authenticate(session, bench.inquiry.endpoint)
            member.session = session
            member.known.set()
            if not self.places:
                self._slowest = max(self._slowest, loop.time() - began)
            await member.leaving.wait()

        # The variant is the number that the trace is found by until the crowd is over.
        member.dial = asyncio.create_task(bench.dial(str(len(self.members)), script=stay))
        member.dial.add_done_callback(lambda _: member.known.set())
        self.members.append(member)
        return member

    async def check(self) -> bool:
        """Ping all that are open, let the first and the last converse; say whether any answers."""
        held = self.held
        for several in _waves(held):
            if not any(await asyncio.gather(*map(_answers, several))):
                return False
        if held and self._bench.inquiry.conversation.sends:
            ends = [held[0], *held[1:][-1:]]
            await asyncio.gather(*map(self._converse, ends))
        return bool(held)

    async def _converse(self, member: Member) -> None:
        bench = self._bench
        if member.session:
            steps = bench.inquiry.conversation.steps
            # Many may slow each other down: what is late is no silence yet.
            expected, reply = (max(PONG, each(bench)) for each in (expected_within, reply_within))
            await play(member.session, steps, expected, reply)

    async def try_again(self) -> None:
        """Find out whether one is let in when another one leaves, or with time, or not at all."""
        if waiting := self._waiting:
            await self._let_wait(waiting)
        elif any(not member.held and not member.place for member in self.members):
            await self._retry()

    async def _retry(self) -> None:
        for role, leaves in TRIES:
            if leaves:
                await self._let_last_go()
            await asyncio.sleep(GAP)
            (member,) = await self._open()
            member.role = role
            if member.waits:
                await _let_go([member])
            if role == AGAIN and member.held:
                return

    async def _let_wait(self, waiting: Sequence[Member]) -> None:
        """Let two leave, one after the other, and see who of those that wait comes in."""
        _name(waiting, AGAIN)
        if any(member.role for member in waiting):
            return
        for role in (AFTER_ONE, AFTER_TWO):
            await self._let_last_go()
            left = [member for member in waiting if not member.role]
            await _known(left, LET_IN, one=True)
            _name(left, role)
        await asyncio.sleep(QUIET)
        _name([member for member in waiting if not member.role], STILL)
        if not any(member.role for member in waiting):
            (member,) = await self._open()
            member.role = AFTER_TWO

    async def _let_last_go(self) -> None:
        placed = [member for member in self.held if member.place]
        await _let_go(placed[-1:])

    async def leave(self) -> None:
        """Close all that are open and give the others up."""
        for several in _waves(self.members):
            await _let_go(several)

    async def break_off(self) -> None:
        """End all connections where they are."""
        for member in self.members:
            member.dial.cancel()
        await asyncio.gather(*(member.dial for member in self.members), return_exceptions=True)


def _waves(members: Sequence[Member]) -> Iterator[Sequence[Member]]:
    return (members[start : start + WAVE] for start in range(0, len(members), WAVE))


async def _answers(member: Member) -> bool:
    """Ping once, and where no pong comes in time once more: the delay may have been our own."""
    session = member.session
    if session is None:
        return False
    answered = await session.ping(b"hangup 1", PONG)
    if not answered:
        await session.ping(b"hangup 2", PONG)
    return answered


async def _known(members: Sequence[Member], seconds: float, *, one: bool = False) -> None:
    """Wait until it is known of each, or of one, whether it was let in, and it had time to end."""
    waits = [asyncio.create_task(member.known.wait()) for member in members]
    loop = asyncio.get_running_loop()
    when = asyncio.FIRST_COMPLETED if one else asyncio.ALL_COMPLETED
    began = loop.time()
    try:
        if waits:
            await asyncio.wait(waits, timeout=seconds, return_when=when)
        if waits and loop.time() - began > seconds + PUNCTUAL:
            # It was us who were late, so we may not have looked at what has come.
            await asyncio.wait(waits, timeout=seconds, return_when=when)
    finally:
        for wait in waits:
            wait.cancel()
    await asyncio.sleep(SETTLE)


def _name(members: Iterable[Member], role: str) -> None:
    for member in members:
        member.role = role if member.held else member.role


async def _let_go(members: Sequence[Member]) -> None:
    for member in members:
        member.leaving.set()
        if member.waits:
            member.dial.cancel()
    await asyncio.gather(*(member.dial for member in members), return_exceptions=True)
    _raise_bugs(members)


def _raise_bugs(members: Iterable[Member]) -> None:
    """Raise what a dial raised, which what an endpoint does never is."""
    for member in members:
        if member.dial.done() and not member.dial.cancelled():
            member.dial.result()
