"""Says what is wrong with what users have seen: a pure check of histories, after the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

ENDS = ("agent_completed", "agent_error", "agent_stopped")


class Seen(Struct, frozen=True):
    """One event, as a user's application got it."""

    seq: int
    run: str
    step: int
    type: str


def violations(seen: Mapping[str, Sequence[Seen]], asked: Mapping[str, Sequence[str]]) -> list[str]:
    """Give each violation as a sentence.

    Args:
        seen: what each user's application got, in its order.
        asked: the runs that each user's requests have begun.
    """
    found: list[str] = []
    owner = {run: user for user, runs in asked.items() for run in runs}
    for user in asked:
        history = seen.get(user, ())
        found += _numbers(user, history)
        found += [
            f"{user} saw run {event.run} of {owner.get(event.run, 'nobody')}"
            for event in history
            if owner.get(event.run) != user
        ]
        for run in asked[user]:
            found += _run(user, run, [event for event in history if event.run == run])
    return found


def _numbers(user: str, history: Sequence[Seen]) -> list[str]:
    last, found = 0, []
    for event in history:
        if event.seq != last + 1:
            kind = "again" if event.seq <= last else "too early"
            found.append(f"{user} saw event {event.seq} {kind}, behind {last}")
        last = event.seq
    return found


def _run(user: str, run: str, events: Sequence[Seen]) -> list[str]:
    found = []
    if [event.step for event in events] != list(range(1, len(events) + 1)):
        found.append(f"{user}: the steps of run {run} have gaps or come twice")
    ends = [at for at, event in enumerate(events) if event.type in ENDS]
    if not ends:
        found.append(f"{user}: run {run} never ended")
    elif ends != [len(events) - 1]:
        found.append(f"{user}: run {run} went on behind its end")
    return found
