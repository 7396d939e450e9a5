"""Timers seen from outside: many connections that ended at the same age."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from hangup.load.document import Closures

FEWEST = 5
"""Ends at one age that are more than chance."""
LEAST_SHARE = 0.1
SPIKE = 3.0
"""How many times more than usual a spike holds at least, beside what is usual."""
DEVIATIONS = 6.0
"""Standard deviations beyond what is usual; among hundreds of seconds four happen."""
YOUNGEST = 2
"""Seconds; what ends earlier was refused, and waited for nothing."""


@dataclass(frozen=True, slots=True)
class Peak:
    """An age in seconds at which `count` of the `of` connections ended that ended in one way.

    `at_once` when most of those also ended within a tenth of a second: then something that
    happened to all of them explains it as well as a timer.
    """

    kind: str
    second: int
    count: int
    of: int
    at_once: bool

    @property
    def share(self) -> float:
        """The part of those that ended in this way."""
        return self.count / self.of

    @property
    def words(self) -> str:
        """One line for people."""
        lived = f"{self.count:,} of {self.of:,} lived {self.second} s"
        return f"{lived}: they ended together" if self.at_once else f"{lived}: a timer"


def timers(closures: Iterable[Closures]) -> tuple[Peak, ...]:
    """Give the ages at which many were ended, of each kind of ending that was not our own doing.

    What we gave up ourselves lived as long as our own patience, which is no timer of theirs.
    """
    theirs = (each for each in closures if not each.wanted and each.closed_by == "remote")
    return tuple(peak for each in theirs for peak in _peaks(each))


def _peaks(closures: Closures) -> Iterator[Peak]:
    """Give the spikes over seconds and the next: a timer's tick falls on both sides of one."""
    left = dict(closures.lifetimes)
    of = sum(left.values())
    while left:
        second = max(left, key=lambda age: (left[age], -age))
        taken = {age: left.pop(age) for age in (second - 1, second, second + 1) if age in left}
        count = sum(taken.values())
        if second < YOUNGEST:
            continue
        if count < max(FEWEST, LEAST_SHARE * of, _chance(left, closures.lifetimes)):
            return
        at_once = closures.together > count / 2
        yield Peak(closures.kind, second, count, of, at_once)


def _chance(others: Mapping[int, int], ages: Mapping[int, int]) -> float:
    """Give what the fullest three seconds may hold if all others ended at any age (Poisson)."""
    usual = 3 * sum(others.values()) / (max(ages) - min(ages) + 1)
    return usual + max(SPIKE * usual, DEVIATIONS * math.sqrt(usual))
