"""What several recorders caught, as one: counted where it lies, and read only where it is shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from msgspec import Struct

from hangup.errors import UsageError
from hangup.incident import Caught, ConnectionSeen, IncidentGroup
from hangup.report.incidents import untold
from hangup.store.reading import Stored, Tally, open_stored

SPANS = 40
"""Bars of a small drawing of when."""


class Met(Struct, frozen=True, kw_only=True):
    """One incident: as it is told, the builds of its first and its last, and when it was.

    `spans` count it in parts of one length of the time from `begin` to `end`.
    """

    group: IncidentGroup
    builds: tuple[str, ...]
    spans: tuple[int, ...]
    begin: float
    end: float


@contextmanager
def recorded(paths: Sequence[str]) -> Iterator[Recorded]:
    """Open the stores that can be opened; of the others it is told why not."""
    with ExitStack() as stack:
        stores: list[Stored] = []
        problems: list[str] = []
        for path in paths:
            try:
                store = stack.enter_context(open_stored(path))
                store.hold()
                stores.append(store)
            except UsageError as exc:
                problems.append(str(exc))
        yield Recorded(stores, problems)


class Recorded:
    """The open stores of some recorders, and `problems` with others."""

    def __init__(self, stores: Sequence[Stored], problems: Sequence[str]) -> None:
        self._stores, self.problems = stores, tuple(problems)

    def tallies(self) -> list[Tally]:
        """Count each incident over all stores, the one that was met last first."""
        found: dict[str, Tally] = {}
        for store in self._stores:
            for each in store.tallies():
                found[each.id] = _together(found.get(each.id), each)
        return sorted(found.values(), key=lambda each: (-each.last_seen, each.id))

    def met(self, tally: Tally, begin: float, end: float) -> Met:
        """Tell of one incident, drawn over a time."""
        first = (store.earliest(tally.id) for store in self._stores)
        early = min((each for each in first if each), key=_at, default=None)
        example = self.latest(tally.id, 1)[0]
        ends = (early or example, example)
        counts = (store.over_time(tally.id, begin, end, SPANS) for store in self._stores)
        return Met(
            group=IncidentGroup(
                id=tally.id,
                count=tally.count,
                first_seen=tally.first_seen,
                last_seen=tally.last_seen,
                example=example,
            ),
            builds=tuple(dict.fromkeys(each.build for each in ends if each.build)),
            spans=tuple(map(sum, zip(*counts, strict=True))),
            begin=begin,
            end=end,
        )

    def latest(self, incident: str, most: int) -> list[Caught]:
        """Give what was caught of an incident last, the latest first."""
        found = [each for store in self._stores for each in store.latest(incident, most)]
        return sorted(found, key=_at, reverse=True)[:most]

    def on(self, incident: str, connection: str) -> tuple[Caught, ConnectionSeen | None] | None:
        """Give what was caught of an incident on a connection, and what that one was."""
        for store in self._stores:
            caught = store.caught_at(incident, connection)
            if caught is not None:
                return caught, store.connection(connection)
        return None

    def untold(self) -> list[str]:
        """Say what is missing in the stores."""
        dropped, pruned = (
            sum(store.tally(name) for store in self._stores) for name in ("dropped", "pruned")
        )
        return [says for says, _ in untold(dropped, pruned)]


def _together(one: Tally | None, other: Tally) -> Tally:
    if one is None:
        return other
    return Tally(
        one.id,
        one.count + other.count,
        min(one.first_seen, other.first_seen),
        max(one.last_seen, other.last_seen),
    )


def _at(caught: Caught) -> float:
    return caught.at
