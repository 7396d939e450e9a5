"""Latencies of any number, in a histogram that merges exactly across processes."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from itertools import accumulate, chain, repeat
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

Counted = Counter[int]
"""How many there are in each bucket, by its lowest value."""


class Latencies:
    """Counts durations in whole microseconds, to 3 significant digits.

    `add` is the bare `append` of a list: it is called for every message. Whoever adds calls `fold`
    now and then, since the list grows until then.
    """

    add: Callable[[int], None]

    def __init__(self) -> None:
        self._added: list[int] = []
        self._whole: Counted = Counter()
        self._recent: Counted = Counter()  # folded after `since` was called
        self.add = self._added.append
        _table()  # now, and not in the middle of a run

    def fold(self) -> None:
        """Count what was added."""
        table = _table()
        counted = Counter([table[us] if 0 < us < _TABLED else _bucket(us) for us in self._added])
        self._recent.update(counted)
        self._whole.update(counted)
        self._added.clear()

    def since(self) -> tuple[float, float, float]:
        """Give p50, p99 and the largest, in milliseconds, of what was added since the last call.

        All are 0 when nothing was.
        """
        self.fold()
        p50, p99, most = _ranked(self._recent, (0.5, 0.99, 1))
        self._recent.clear()
        return p50, p99, most

    def merge(self, other: Latencies) -> None:
        """Count what another has counted too; for `since` it was added now."""
        other.fold()
        self._recent.update(other._whole)
        self._whole.update(other._whole)

    @property
    def count(self) -> int:
        """How many were added."""
        self.fold()
        return self._whole.total()

    def counted(self) -> list[tuple[int, int]]:
        """Give the lowest value of each bucket that holds something, ascending, and how many."""
        self.fold()
        return sorted(self._whole.items())

    def spread(self) -> Spread:
        """Give the percentiles of all, in milliseconds."""
        count = self.count
        if not count:
            return Spread()
        total = sum(times * (us + _highest(us)) for us, times in self._whole.items())
        p50, p90, p95, p99, p999, most = _ranked(self._whole, (0.5, 0.9, 0.95, 0.99, 0.999, 1))
        return Spread(
            count=count,
            mean=total / 2 / count / 1000,
            p50=p50,
            p90=p90,
            p95=p95,
            p99=p99,
            p999=p999,
            max=most,
        )

    def encode(self) -> bytes:
        """Give all as histograms are exchanged (HdrHistogram V2, in base64).

        Raises:
            UsageError: the library for histograms is not installed.
        """
        self.fold()
        whole = _histogram()
        for us, times in self._whole.items():
            whole.record_value(us, times)
        return bytes(whole.encode())

    @classmethod
    def decode(cls, encoded: bytes) -> Latencies:
        """Give what was encoded, by another process of the same version.

        Raises:
            UsageError: the library for histograms is not installed.
        """
        whole, latencies = _histogram(), cls()
        whole.decode_and_add(encoded)
        for index, times in enumerate(whole.counts):
            if times:
                latencies._whole[whole.get_value_from_index(index)] = times
        return latencies


def _ranked(counted: Counted, shares: tuple[float, ...]) -> Iterator[float]:
    """Give the values at or below which shares of all lie, in milliseconds (nearest rank)."""
    ordered = sorted(counted.items())
    reached = list(accumulate(times for _, times in ordered))
    if not reached:
        return repeat(0.0, len(shares))
    places = (bisect_left(reached, max(1, round(share * reached[-1]))) for share in shares)
    return (_highest(ordered[at][0]) / 1000 for at in places)


def _histogram() -> Any:
    try:
        from hdrh.histogram import HdrHistogram  # here: it comes with an extra
    except ImportError:
        raise UsageError("to exchange latencies needs pip install 'hangup[load]'") from None
    return HdrHistogram(1, HIGHEST, _DIGITS)


@cache
def _table() -> tuple[int, ...]:
    """Give the bucket of each value, made by its doublings: one by one it would cost 0.1 s."""
    table = list(range(1 << _BITS))
    table[0] = 1
    while len(table) < _TABLED:
        width = len(table) >> _BITS << 1
        begins = range(len(table), 2 * len(table), width)
        table += chain.from_iterable(map(repeat, begins, repeat(width)))
    return tuple(table)


def _bucket(us: int) -> int:
    """Give the lowest value that the histogram does not tell from this one."""
    us = min(max(us, 1), HIGHEST)
    rest = _rest(us)
    return us >> rest << rest


def _highest(us: int) -> int:
    """Give the highest value that the histogram does not tell from this one."""
    return us | (1 << _rest(us)) - 1


def _rest(us: int) -> int:
    return max(0, us.bit_length() - _BITS)
