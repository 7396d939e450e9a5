"""Plays one step of a check on an open connection, and says in words what steps do."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hangup.pattern import doubt
from hangup.plan.kept import Kept
from hangup.plan.match import at, decoded, matches, told
from hangup.plan.stream import Course, count, follow
from hangup.plan.words import (
    Events,
    Hear,
    Pause,
    PlanStep,
    Rate,
    Reconnect,
    Say,
    SayKept,
    Silence,
    Stream,
)

if TYPE_CHECKING:
    from hangup.probe.session import Session

LINGER = 0.2
"""Seconds for which something more is waited for once all came: a late close is a close too."""


@dataclass(slots=True)
class Stage:
    """What the steps of one check share; the deadline is a time of the loop.

    `patience` is the check's deadline in seconds, `goes_on` what a step saw that was cut off.
    """

    patience: float
    deadline: float
    kept: Kept = field(default_factory=Kept)
    goes_on: str = ""


async def play_step(session: Session, step: PlanStep, stage: Stage) -> str:
    """Play one step, and give what was missed; nothing when all went well."""
    match filled := stage.kept.into(step):
        case Say(data):
            return "" if await session.send(data) else "the connection was over before it was said"
        case Pause(seconds):
            await session.listen(seconds)
            return ""
        case Silence():
            return await _silence(session, filled)
        case Events():
            return await _events(session, filled, stage.patience)
        case Hear():
            return await _hear(session, filled, _waited_for(step), stage)
        case Stream():
            return await _stream(session, filled, _waited_for(step), stage)
        case Rate():
            return await count(session, filled)
        case Reconnect():
            return await _drop(session, filled)
        case _:
            raise AssertionError(step)  # what holds kept values has become what says it


def _waited_for(step: PlanStep) -> str:
    """Say what a step of the plan waits for, as it is written: a kept value may be a credential."""
    match step:
        case Hear(matcher):
            return told(matcher)
        case Stream(piece, until):
            return f"{told(piece)} or {told(until)}"
    raise AssertionError(step)


async def _hear(session: Session, step: Hear, what: str, stage: Stage) -> str:
    within = step.within or stage.patience
    came = await session.hear_where(lambda m: matches(step.matcher, m), what, within)
    if came is not None:
        return stage.kept.keep(step.keep, came)
    late = "" if session.closed else f" within {within:g} s"
    return f"{what}{doubt(step.matcher.pattern or '')} did not come{late}"


async def _silence(session: Session, step: Silence) -> str:
    session.heard()
    await session.listen(step.seconds)
    came = session.heard()
    return f"{len(came)} messages came where none may" if came else ""


async def _stream(session: Session, step: Stream, what: str, stage: Stage) -> str:
    left = stage.deadline - asyncio.get_running_loop().time()
    course = Course(step, session.now, session.now + left, what)
    try:
        return await follow(session, course)
    except asyncio.CancelledError:
        stage.goes_on = course.words
        raise


async def _drop(session: Session, step: Reconnect) -> str:
    """Break the connection off where that is asked; closing it is the end of any script."""
    await session.take_in_what_came()
    if session.closed:
        return "the connection was over before we dropped it"
    if step.abruptly:
        session.break_off()
    return ""


async def _events(session: Session, step: Events, patience: float) -> str:
    """Collect the named events until the last one came, and a moment longer for a second copy."""
    loop = asyncio.get_running_loop()
    until, got = loop.time() + (step.within or patience), list[str]()
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
    match step:
        case Say(data):
            return f"saying a message of {len(data)} characters"
        case SayKept():
            return "saying a message with kept values"
        case Hear(matcher):
            return f"waiting for {told(matcher)}"
        case Events(names):
            return f"waiting for the events {', '.join(names)}"
        case Stream(piece, until):
            return f"following a stream of {told(piece)} until {told(until)}"
        case Rate(seconds):
            return f"counting messages for {seconds:g} s"
        case Reconnect():
            return "connecting again"
        case Silence(seconds):
            return f"silence for {seconds:g} s"
        case Pause(seconds):
            return f"pausing for {seconds:g} s"
