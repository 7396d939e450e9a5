"""What is remembered of an endpoint from look to look, and which looks make a change."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from hangup.watching.words import Change, Look, State, What

DAY = 86_400.0
PATIENCE = 3
"""So many times the looks that confirm a state may disagree, then the last of them is told."""


class Waiting(Struct, frozen=True, kw_only=True):
    """A state, or a name, that was met and is not told yet.

    It was found by the last `looks`; `away` counts those that found anything but what was told,
    the first of them at `since`.
    """

    found: State | str
    looks: int
    first_seen: float
    away: int = 1
    since: float = 0.0


class Named(Struct, frozen=True):
    """What a server or build was last told to be called, and what it seems to be called now."""

    told: str | None = None
    waiting: Waiting | None = None


class Memory(Struct, frozen=True, kw_only=True):
    """All that is to be known before the next look, restarts in between or not.

    `since` is when `state` was first seen, in seconds since the epoch. `certificate_told` is the
    end of the certificate of which it was told that it is near.
    """

    state: State | None = None
    since: float = 0.0
    waiting: Waiting | None = None
    server: Named = Named()
    build: Named = Named()
    certificate_told: float | None = None


def remember(
    memory: Memory, look: Look, *, confirm: int = 2, certificate_days: float = 14.0
) -> tuple[Memory, tuple[Change, ...]]:
    """Give what is remembered after a look, and what it changed.

    Health is believed at once; everything else when `confirm` looks in a row found the same, or
    when three times as many found something else than was told, each another.
    """
    memory, changes = _state(memory, look, confirm)
    names = tuple(_names(memory, look, confirm))
    memory = msgspec.structs.replace(memory, **{what: named for what, named, _ in names})
    changes += tuple(change for _, _, change in names if change)
    memory, nearing = _certificate(memory, look, certificate_days)
    return memory, changes + nearing


def _state(memory: Memory, look: Look, confirm: int) -> tuple[Memory, tuple[Change, ...]]:
    if look.state == memory.state:
        return msgspec.structs.replace(memory, waiting=None), ()
    waiting = _wait(memory.waiting, look.state, look.at)
    settled = waiting.looks >= confirm or look.state.verdict == "healthy"
    if not settled and waiting.away < PATIENCE * confirm:
        return msgspec.structs.replace(memory, waiting=waiting), ()
    since = waiting.first_seen if settled else waiting.since
    change = Change(
        url=look.url,
        at=look.at,
        what="state",
        before=memory.state,
        after=look.state,
        summary=look.summary,
        confidence=look.confidence,
        first_seen=since,
        # The clock may have been set back meanwhile.
        lasted_s=max(since - memory.since, 0.0) if memory.state else None,
        confirmed_by=waiting.looks if settled else waiting.away,
        unsettled=not settled,
        server=look.server,
        build=look.build,
    )
    return msgspec.structs.replace(memory, state=look.state, since=since, waiting=None), (change,)


def _wait(waiting: Waiting | None, found: State | str, at: float) -> Waiting:
    if waiting is None:
        return Waiting(found=found, looks=1, first_seen=at, since=at)
    away = waiting.away + 1
    if waiting.found == found:
        return msgspec.structs.replace(waiting, looks=waiting.looks + 1, away=away)
    return Waiting(found=found, looks=1, first_seen=at, away=away, since=waiting.since)


def _names(memory: Memory, look: Look, confirm: int) -> Iterator[tuple[What, Named, Change | None]]:
    # A proxy that answers for a dead server has a name of its own, and that is no news.
    if look.state.verdict == "healthy":
        yield ("server", *_name("server", memory.server, look.server, look, confirm))
    yield ("build", *_name("build", memory.build, look.build, look, confirm))


def _name(
    what: What, named: Named, found: str | None, look: Look, confirm: int
) -> tuple[Named, Change | None]:
    """Believe another name when looks in a row gave it; of two builds that take turns none is."""
    if found is None:
        return named, None
    if named.told is None or found == named.told:
        return Named(found), None
    waiting = _wait(named.waiting, found, look.at)
    if waiting.looks < confirm:
        return Named(named.told, waiting), None
    change = Change(
        url=look.url,
        at=look.at,
        what=what,
        before=named.told,
        after=found,
        first_seen=waiting.first_seen,
        confirmed_by=waiting.looks,
    )
    return Named(found), change


def _certificate(memory: Memory, look: Look, days: float) -> tuple[Memory, tuple[Change, ...]]:
    end, told = look.certificate_end, memory.certificate_told
    if end is None or end == told:
        return memory, ()
    left = days_left(end, look.at)
    near = left <= days
    after = msgspec.structs.replace(memory, certificate_told=end if near else None)
    if not near and told is None:
        return after, ()
    before = None if told is None else days_left(told, look.at)
    change = Change(
        url=look.url,
        at=look.at,
        what="certificate",
        before=before,
        after=left,
        first_seen=look.at,
    )
    return after, (change,)


def days_left(end: float, now: float) -> float:
    """Give the days from now to an end, both in seconds since the epoch, to a tenth."""
    return round((end - now) / DAY, 1)
