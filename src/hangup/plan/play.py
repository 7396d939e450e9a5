"""Plays one check: its steps on one connection after the other, or on several at once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hangup.ending import Ending, ending_of
from hangup.experiments.scripts import authenticate
from hangup.inquiry import Inquiry
from hangup.plan.contracts import Watch
from hangup.plan.match import at, decoded, matches, told
from hangup.plan.words import Check, Events, Hear, Pause, PlanStep, Say, Silence
from hangup.probe.dial import dial
from hangup.probe.opening import Opening
from hangup.probe.recorder import Recorder
from hangup.redact import Redactor
from hangup.trace import Trace

if TYPE_CHECKING:
    from hangup.probe.session import Session

LINGER = 0.2
"""Seconds that a connection is watched after its last step: a late close is a close too."""
OVERRUN = 0.05
"""Seconds by which the record of an expired check may be later than its deadline."""


@dataclass(slots=True)
class Played:
    """One connection of a check: its trace, where its steps ended, and what was missed there."""

    trace: Trace
    ending: Ending
    missed: str = ""
    where: str = ""
    expired: bool = False


@dataclass(slots=True)
class _Progress:
    """How far the steps of one connection have come."""

    step: int = 0
    missed: str = ""
    done: bool = False
    heard: list[str] = field(default_factory=list)


class Player:
    """Plays the steps of one check on one connection."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self._progress = _Progress()
        self._watch = Watch(check.contract)

    async def play(self, id: str, redactor: Redactor) -> Played:
        """Dial, play, and give what came of it, by the check's deadline whatever happens."""
        check, recorder = self._check, Recorder(redactor)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + check.deadline
        await dial(
            check.endpoint,
            Opening(),
            self._script,
            recorder,
            patience=check.deadline,
            deadline=deadline,
        )
        trace = recorder.trace(id=id, experiment=check.name, variant="", url=check.endpoint.url)
        expired = loop.time() >= deadline
        missed = self._watch.broken or self._progress.missed
        where = "" if self._progress.done else self._where()
        return Played(trace, ending_of(trace), missed, where, expired)

    async def _script(self, session: Session) -> None:
        session.attend(self._watch.take)
        await authenticate(session, self._check.endpoint)
        for number, step in enumerate(self._check.steps, start=1):
            self._progress.step = number
            self._progress.missed = await _play(session, step, self._check.deadline)
            if self._progress.missed:
                return
        self._progress.done = True
        await session.listen(LINGER)

    def _where(self) -> str:
        number = self._progress.step
        if not number:
            return "before the first step" if self._check.steps else ""
        step = self._check.steps[number - 1]
        return f"step {number} of {len(self._check.steps)}: {step_words(step)}"


async def _play(session: Session, step: PlanStep, deadline: float) -> str:
    """Play one step, and give what was missed; nothing when all went well."""
    if isinstance(step, Say):
        return "" if await session.send(step.data) else "the connection was over before it was said"
    if isinstance(step, Pause):
        await session.listen(step.seconds)
        return ""
    if isinstance(step, Silence):
        return await _silence(session, step)
    if isinstance(step, Events):
        return await _events(session, step, deadline)
    return await _hear(session, step, deadline)


async def _hear(session: Session, step: Hear, deadline: float) -> str:
    what, within = told(step.matcher), step.within or deadline
    came = await session.hear_where(lambda m: matches(step.matcher, m), what, within)
    if came is not None:
        return ""
    return f"{what} did not come" + ("" if session.closed else f" within {within:g} s")


async def _silence(session: Session, step: Silence) -> str:
    session.heard()
    await session.listen(step.seconds)
    came = session.heard()
    return f"{len(came)} messages came where none may" if came else ""


async def _events(session: Session, step: Events, deadline: float) -> str:
    """Collect the named events until the last one came, and a moment longer for a second copy."""
    loop = asyncio.get_running_loop()
    until, got = loop.time() + (step.within or deadline), list[str]()
    while len(got) < len(step.names) or got[-1] != step.names[-1]:
        if not await _next_event(session, step, until - loop.time(), got):
            break
        if got != list(step.names[: len(got)]):
            break
    while got == list(step.names) and await _next_event(session, step, LINGER, got):
        pass
    return "" if got == list(step.names) else _wrong(step.names, got)


async def _next_event(session: Session, step: Events, within: float, got: list[str]) -> bool:
    def named(message: str | bytes) -> bool:
        return at(decoded(message), step.field) in step.names

    what = f"an event of {', '.join(step.names)}"
    message = await session.hear_where(named, what, within) if within > 0 else None
    if message is not None:
        got.append(str(at(decoded(message), step.field)))
    return message is not None


def _wrong(names: tuple[str, ...], got: list[str]) -> str:
    place = next((n for n, (a, b) in enumerate(zip(names, got, strict=False)) if a != b), None)
    if place is not None:
        again = got[place] in got[:place]
        kind = "came again" if again else "came"
        return f"{got[place]!r} {kind} where {names[place]!r} must come"
    if len(got) > len(names):
        return f"{got[-1]!r} came again"
    missing = ", ".join(names[len(got) :])
    return f"{len(got)} of {len(names)} events came; missing: {missing}"


def step_words(step: PlanStep) -> str:
    """Say what a step does, in a few words and without what it says."""
    if isinstance(step, Say):
        return f"saying a message of {len(step.data)} characters"
    if isinstance(step, Hear):
        return f"waiting for {told(step.matcher)}"
    if isinstance(step, Events):
        return f"waiting for the events {', '.join(step.names)}"
    return f"{'silence' if isinstance(step, Silence) else 'pausing'} for {step.seconds:g} s"


def inquiry_of(check: Check, budget: float) -> Inquiry:
    """Give the order for a diagnosis of what a check met."""
    from hangup.conversation import Conversation, Expect, Send, Step, Wait

    steps: list[Step] = []
    for step in check.steps:
        if isinstance(step, Say):
            steps.append(Send(step.data))
        elif isinstance(step, Hear) and step.matcher.pattern is not None:
            steps.append(Expect(step.matcher.pattern, step.within))
        elif isinstance(step, Pause):
            steps.append(Wait(step.seconds))
    return Inquiry(endpoint=check.endpoint, conversation=Conversation(tuple(steps)), budget=budget)
