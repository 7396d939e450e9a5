"""Plays one check: its steps on one connection after the other, by several players at once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hangup.ending import ending_of
from hangup.experiments.scripts import authenticate
from hangup.inquiry import Inquiry
from hangup.plan.beside import Company
from hangup.plan.contracts import Watch
from hangup.plan.kept import Kept, needs_kept
from hangup.plan.played import Played
from hangup.plan.steps import LINGER, Stage, play_step, step_words
from hangup.plan.words import Check, Hear, Pause, Reconnect, Say, Stream
from hangup.probe.dial import dial
from hangup.probe.opening import Opening
from hangup.probe.recorder import Recorder
from hangup.redact import Redactor

if TYPE_CHECKING:
    from hangup.probe.session import Session


async def play_check(check: Check, id: str, redactor: Redactor) -> list[Played]:
    """Play a check, and give all its connections, by its deadline whatever happens.

    The ids of their traces begin with `id`.
    """
    deadline = asyncio.get_running_loop().time() + check.deadline
    company = Company(check, id, redactor, deadline)
    players = [Player(check, each, deadline, company) for each in range(check.connections)]
    runs: list[list[Played]] = []
    async with company.present() as all_came:
        if all_came:
            plays = (
                player.play(f"{id}.{each}", redactor)
                for each, player in enumerate(players, start=1)
            )
            runs = await asyncio.gather(*plays)
    return [*(run for each in runs for run in each), *company.results()]


@dataclass(slots=True)
class _Progress:
    """How far the steps have come, over all connections; `dropped` is the step that ended one."""

    step: int = 0
    missed: str = ""
    done: bool = False
    dropped: Reconnect | None = None


class Player:
    """Plays the steps of one check, on one connection and on those that come after it."""

    def __init__(self, check: Check, number: int, deadline: float, company: Company) -> None:
        self._check, self._number, self._deadline = check, number, deadline
        self._company, self._there = company, True
        self._stage = Stage(check.deadline, deadline, Kept(check.kept))
        self._progress = _Progress()
        self._watch = Watch(check.contract)
        self._loop = asyncio.get_running_loop()

    async def play(self, id: str, redactor: Redactor) -> list[Played]:
        """Give what came of each connection; the deadline is that of all together."""
        runs: list[Played] = []
        while not runs or await self._comes_back(runs[-1]):
            leg = len(runs) + 1
            runs.append(await self._connect(f"{id}.{leg}" if leg > 1 else id, leg, redactor))
        self._leave()
        return runs

    async def _connect(self, id: str, leg: int, redactor: Redactor) -> Played:
        check, recorder = self._check, Recorder(redactor)
        self._progress.dropped = None
        await dial(
            check.endpoint,
            Opening(),
            self._script,
            recorder,
            patience=check.deadline,
            deadline=self._deadline,
        )
        trace = recorder.trace(
            id=id,
            experiment=check.name,
            variant=f"connection {leg}" if leg > 1 else "",
            url=check.endpoint.url,
        )
        run = Played(trace, ending_of(trace), leg=leg, legs=check.legs, player=self._number)
        self._note(run)
        return run

    async def _comes_back(self, run: Played) -> bool:
        """Wait as long as the step says that dropped the connection, if one did."""
        step = self._progress.dropped
        if step is None or run.expired:
            return False
        await asyncio.sleep(min(step.after, max(self._deadline - self._loop.time(), 0.0)))
        self._note(run)
        return not run.expired

    def _note(self, run: Played) -> None:
        """Put down where the steps stand; what a step missed is decided, however late it closes."""
        missed = self._watch.broken or self._progress.missed
        run.expired = not missed and self._loop.time() >= self._deadline
        run.missed = self._stage.goes_on if run.expired else missed
        dropped = self._progress.dropped and not run.expired
        run.where = "" if self._progress.done or dropped else self._where(run)

    async def _script(self, session: Session) -> None:
        session.attend(self._watch.take)
        await authenticate(session, self._check.endpoint)
        try:
            await self._play_steps(session)
        finally:
            if self._progress.dropped is None:
                self._leave()

    async def _play_steps(self, session: Session) -> None:
        progress, steps = self._progress, self._check.steps
        while progress.step < len(steps):
            step = steps[progress.step]
            progress.step += 1
            progress.missed = await play_step(session, step, self._stage)
            if progress.missed:
                return
            if isinstance(step, Reconnect):
                progress.dropped = step
                return
        progress.done = True
        await session.listen(LINGER)
        await self._company.hear_out()

    def _leave(self) -> None:
        if self._there:
            self._company.leave()
        self._there = False

    def _where(self, run: Played) -> str:
        number, steps = self._progress.step, self._check.steps
        if not number:
            return "before the first step" if steps else ""
        step = step_words(steps[number - 1])
        return f"step {number} of {len(steps)}{self._on(run)}: {step}"

    def _on(self, run: Played) -> str:
        """Say on which connection, where there are several."""
        several = self._check.connections
        if run.legs == 1:
            return f", on connection {self._number + 1} of {several}" if several > 1 else ""
        of = f" of player {self._number + 1} of {several}" if several > 1 else ""
        return f", on connection {run.leg} of {run.legs}{of}"


def inquiry_of(check: Check, budget: float) -> Inquiry:
    """Give the order for a diagnosis of what a check met, as far as one connection can say it."""
    from hangup.conversation import Conversation, Expect, Send, Step, Wait

    steps: list[Step] = []
    for step in check.steps:
        if isinstance(step, Reconnect) or needs_kept(step):
            break
        if isinstance(step, Say):
            steps.append(Send(step.data))
        elif isinstance(step, Hear) and step.matcher.pattern is not None:
            steps.append(Expect(step.matcher.pattern, step.within))
        elif isinstance(step, Stream) and step.until.pattern is not None:
            steps.append(Expect(step.until.pattern, step.within))
        elif isinstance(step, Pause):
            steps.append(Wait(step.seconds))
    return Inquiry(endpoint=check.endpoint, conversation=Conversation(tuple(steps)), budget=budget)
