"""Latencies of any number, in a histogram that merges exactly across processes."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from functools import cache
from itertools import accumulate
from typing import Any

from hangup.errors import UsageError
from hangup.load.document import Spread

HIGHEST = 3_600_000_000
"""One hour in microseconds: what took longer is taken as this."""
_DIGITS = 3
_BITS = 11
"""Leading bits that 3 digits keep of a value."""
_TABLED = 1 << 17
"""Microseconds below which a table knows the buckets, so that to find one costs next to nothing."""

Counted = list[tuple[int, int]]
"""The lowest value of each bucket, ascending, and how many are in it."""


class Latencies:
    """Counts durations in whole microseconds, to 3 significant digits.

    `add` is the bare `append` of a list: it is called for every message. Whoever adds calls `fold`
    now and then, since the list grows until then.

    Raises:
        UsageError: the library for histograms is not installed.
    """

    add: Callable[[int], None]

    def __init__(self) -> None:
        self._whole = _histogram()
        self._added: list[int] = []
        self._recent: Counter[int] = Counter()  # folded after `since` was called
        self._unsettled: Counter[int] = Counter()  # folded, and not in the whole yet
        self.add = self._added.append
        _table()  # now, and not in the middle of a run

    def fold(self) -> None:
        """Count what was added."""
        table = _table()
        counted = Counter([table[us] if 0 < us < _TABLED else _bucket(us) for us in self._added])
        self._recent.update(counted)
        self._unsettled.update(counted)
        self._added.clear()

    def since(self) -> tuple[float, float, float]:
        """Give p50, p99 and the largest, in milliseconds, of what was added since the last call.

        All are 0 when nothing was.
        """
        self.fold()
        recent = sorted(self._recent.items())
        self._recent.clear()
        if not recent:
            return 0.0, 0.0, 0.0
        return self._rank(recent, 0.5), self._rank(recent, 0.99), self._rank(recent, 1)

    def merge(self, other: Latencies) -> None:
        """Count what another has counted too; for `since` it was added now."""
        self._recent.update(dict(other._counted()))
        self._whole.add(other._whole)

    @property
    def count(self) -> int:
        """How many were added."""
        self._settle()
        return int(self._whole.get_total_count())

    @property
    def clamped(self) -> int:
        """How many took an hour or, within 0.1 %, nearly one."""
        self._settle()
        return int(self._whole.get_count_at_value(HIGHEST))

    def spread(self) -> Spread:
        """Give the percentiles of all, in milliseconds."""
        counted = self._counted()
        if not counted:
            return Spread()
        total = sum(times * (us + self._highest(us)) for us, times in counted)
        return Spread(
            count=self.count,
            mean=total / 2 / self.count / 1000,
            p50=self._rank(counted, 0.5),
            p90=self._rank(counted, 0.9),
            p95=self._rank(counted, 0.95),
            p99=self._rank(counted, 0.99),
            p999=self._rank(counted, 0.999),
            max=self._rank(counted, 1),
        )

    def encode(self) -> bytes:
        """Give all as the library writes it (HdrHistogram V2, in base64)."""
        self._settle()
        return bytes(self._whole.encode())

    @classmethod
    def decode(cls, encoded: bytes) -> Latencies:
        """Give what was encoded, by another process of the same version."""
        latencies = cls()
        latencies._whole.decode_and_add(encoded)
        return latencies

    def _counted(self) -> Counted:
        self._settle()
        whole = self._whole
        return [(whole.get_value_from_index(i), n) for i, n in enumerate(whole.counts) if n]

    def _settle(self) -> None:
        self.fold()
        for us, times in self._unsettled.items():
            self._whole.record_value(us, times)
        self._unsettled.clear()

    def _rank(self, counted: Counted, share: float) -> float:
        """Give the value at or below which a share of all lies, in milliseconds (nearest rank)."""
        reached = list(accumulate(times for _, times in counted))
        at = bisect_left(reached, max(1, round(share * reached[-1])))
        return self._highest(counted[at][0]) / 1000

    def _highest(self, us: int) -> int:
        return int(self._whole.get_highest_equivalent_value(us))


def _histogram() -> Any:
    try:
        from hdrh.histogram import HdrHistogram  # here: it comes with an extra
    except ImportError:
        raise UsageError("a load needs pip install 'hangup[load]'") from None
    return HdrHistogram(1, HIGHEST, _DIGITS)


@cache
def _table() -> tuple[int, ...]:
    return tuple(map(_bucket, range(_TABLED)))


def _bucket(us: int) -> int:
    """Give the lowest value that the histogram does not tell from this one."""
    us = min(max(us, 1), HIGHEST)
    rest = max(0, us.bit_length() - _BITS)
    return us >> rest << rest
