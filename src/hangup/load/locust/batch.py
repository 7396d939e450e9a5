"""What was counted since the last look, from engines to workers to the master; it adds up."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from msgspec import Struct

from hangup.load.latencies import Latencies


class Kind(Struct, frozen=True, kw_only=True):
    """One way in which connections end; the fields are those of `Closures` in a load's document.

    In `reason` numbers are `#`, so that the same end is the same kind on every machine.
    """

    kind: str
    opened: bool
    wanted: bool
    code: int | None
    reason: str
    closed_by: Literal["local", "remote", "neither"]
    words: str
    cause: str | None
    layer: str | None
    sure: float

    @property
    def key(self) -> tuple[object, ...]:
        """What two kinds have in common that are the same, whatever else was judged of them."""
        return (self.kind, self.opened, self.wanted, self.code, self.reason, self.closed_by)

    @property
    def error(self) -> str:
        """One line of what Locust counts errors by."""
        said = f"{self.kind} {self.reason!r}" if self.reason else self.kind
        why = self.cause or self.layer
        return f"{said}: {why}" if why else said


class Count(Struct, frozen=True, kw_only=True):
    """How many ended in one way; `after` and `lifetimes` are those of `Closures`."""

    kind: Kind
    count: int
    after: dict[str, int] = {}
    lifetimes: dict[int, int] = {}


class Batch(Struct, frozen=True, kw_only=True):
    """Counts since the batch before; the three times are histograms as `Latencies` encodes them.

    `lost` messages were to be answered and were not, `cut` ones were under way when their user was
    stopped; `closing` has one time for each WebSocket
    that ended: of our own closes until they were answered, of others from what they followed.
    """

    name: str = "message"
    opened: int = 0
    failed: int = 0
    broken: int = 0
    sent: int = 0
    received: int = 0
    lost: int = 0
    cut: int = 0
    latency: str = ""
    opening: str = ""
    closing: str = ""
    counts: tuple[Count, ...] = ()


class Totals:
    """Adds batches up, exactly."""

    def __init__(self) -> None:
        self.opened = self.failed = self.broken = self.sent = self.received = 0
        self.lost = self.cut = 0
        self.latency, self.opening, self.closing = Latencies(), Latencies(), Latencies()
        self.kinds: dict[tuple[object, ...], Kind] = {}
        self._counts: Counter[tuple[object, ...]] = Counter()
        self._after: dict[tuple[object, ...], Counter[str]] = {}
        self._lifetimes: dict[tuple[object, ...], Counter[int]] = {}

    def add(self, batch: Batch) -> None:
        """Add one batch."""
        self.opened += batch.opened
        self.failed += batch.failed
        self.broken += batch.broken
        self.sent += batch.sent
        self.received += batch.received
        self.lost += batch.lost
        self.cut += batch.cut
        for times, encoded in (
            (self.latency, batch.latency),
            (self.opening, batch.opening),
            (self.closing, batch.closing),
        ):
            if encoded:
                times.merge(Latencies.decode(encoded.encode()))
        for each in batch.counts:
            self._count(each)

    def counts(self) -> tuple[Count, ...]:
        """Give all ways of ending: those that were not wanted first, and the most first."""
        every = (
            Count(
                kind=kind,
                count=self._counts[key],
                after=dict(self._after[key].most_common()),
                lifetimes=dict(sorted(self._lifetimes[key].items())),
            )
            for key, kind in self.kinds.items()
        )
        return tuple(sorted(every, key=lambda each: (each.kind.wanted, -each.count)))

    def _count(self, each: Count) -> None:
        key = each.kind.key
        # What was judged first may have been judged of too little.
        if key not in self.kinds or each.kind.sure > self.kinds[key].sure:
            self.kinds[key] = each.kind
        self._counts[key] += each.count
        self._after.setdefault(key, Counter()).update(each.after)
        self._lifetimes.setdefault(key, Counter()).update(each.lifetimes)
