"""Waits for a message that is wanted, and records what was waited for and what became of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from msgspec import Struct

from hangup.event import Expecting, Matched
from hangup.pattern import doubt, found_in
from hangup.probe.inbox import Inbox
from hangup.probe.recorder import Recorder

Until = Callable[[Callable[[], bool], float], Awaitable[bool]]
"""Waits until something is true, for so many seconds at most, and says whether it is."""


class Wish(Struct, frozen=True):
    """Which message is wanted, in words as well; `doubted` ends what is told when none came."""

    wanted: Callable[[str | bytes], bool]
    what: str
    doubted: Callable[[], str] = str


def wish_for(pattern: str | None) -> Wish:
    """Wish for a message that matches an expression, for any without one."""
    if pattern is None:
        return Wish(lambda _: True, "any message")
    what = f"a message matching {pattern!r}"
    return Wish(partial(found_in, pattern), what, lambda: doubt(pattern))


async def hear(
    wish: Wish,
    within: float,
    *,
    inbox: Inbox,
    recorder: Recorder,
    until: Until,
    expired: Callable[[str, float], None],
) -> str | bytes | None:
    """Give the next message that is wanted, letting go of those before it; None if none came.

    `expired` is then told what was waited for, and since when.
    """
    began = recorder.now
    recorder.add(Expecting(at=began, what=wish.what, deadline=began + within))
    found: list[str | bytes] = []

    def heard() -> bool:
        if not found and (message := inbox.pop_where(wish.wanted)) is not None:
            found.append(message)
        return bool(found)

    if await until(heard, within):
        recorder.add(Matched(at=recorder.now, what=wish.what))
        return found[0]
    expired(f"{wish.what}{wish.doubted()}", began)
    return None
