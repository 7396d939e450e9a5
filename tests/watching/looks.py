"""Looks as the tests of memory need them, each a minute after the one before."""

from __future__ import annotations

from hangup.watching.memory import Memory, remember
from hangup.watching.words import Change, Look, State

URL = "ws://127.0.0.1:9/ws"
HEALTHY, INCONCLUSIVE, UNKNOWN = State("healthy"), State("inconclusive"), State("unknown")
MASKED = State("fault", "session", "session.masked-exception")
DOWN = State("fault", "tcp", "tcp.refused")
LAYER = State("fault", "proxy")


def look(state: State, number: int = 0, **more: object) -> Look:
    return Look(url=URL, at=1000.0 + 60.0 * number, state=state, **more)  # type: ignore[arg-type]


def told(
    *looks: Look, memory: Memory | None = None, confirm: int = 2, certificate_days: float = 14.0
) -> list[Change]:
    """Give all changes that some looks in a row make."""
    memory = memory or Memory()
    found: list[Change] = []
    for each in looks:
        memory, changes = remember(memory, each, confirm=confirm, certificate_days=certificate_days)
        found += changes
    return found


def states(*given: State) -> list[Look]:
    return [look(state, number) for number, state in enumerate(given)]


def words(changes: list[Change]) -> list[str]:
    """Give each change of state as `before > after`."""
    return [
        f"{_words(change.before)} > {_words(change.after)}"
        for change in changes
        if change.what == "state"
    ]


def _words(side: object) -> str:
    return side.words if isinstance(side, State) else "nothing"
