"""What grew in the long run: the last quarter of a run held against its first."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from hangup.load.document import Drift, Moment

FEWEST = 12
"""Moments below which nothing is said."""
LEAST_GROWTH = 0.05
BEYOND = 4.0
"""Standard errors of the difference of two medians that are more than chance."""
MOST_PARTS = 60
"""A long run is taken in so many parts, since moments that are neighbours are alike."""


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that can drift; `of` gives its value in a moment, None where it has none."""

    name: str
    what: str
    unit: str
    of: Callable[[Moment], float | None]
    rare: bool = False


MEASURES = (
    Measure("p50", "latency p50", "ms", lambda moment: moment.p50 if moment.received else None),
    Measure("p99", "latency p99", "ms", lambda moment: moment.p99 if moment.received else None),
    Measure("memory", "server memory", "MB", lambda moment: moment.server_mb),
    Measure("broken", "broken connections", "/s", lambda moment: moment.broken, rare=True),
)


def drifts(moments: Sequence[Moment]) -> tuple[Drift, ...]:
    """Give for each measure that has values its medians in the first and in the last quarter."""
    found = (_drift(measure, moments) for measure in MEASURES)
    return tuple(drift for drift in found if drift)


def _drift(measure: Measure, moments: Sequence[Moment]) -> Drift | None:
    values = [value for moment in moments if (value := measure.of(moment)) is not None]
    if len(values) < FEWEST:
        return None
    values = _parts(values, fmean if measure.rare else median)
    size = len(values) // 4
    begins = (0, size, len(values) - 2 * size, len(values) - size)
    quarters = [values[at : at + size] for at in begins]
    first, last = median(quarters[0]), median(quarters[-1])
    return Drift(
        what=measure.what,
        unit=measure.unit,
        first=first,
        last=last,
        grows=last - first > max(LEAST_GROWTH * first, BEYOND * _error(quarters)),
    )


def _parts(values: Sequence[float], middle: Callable[[Sequence[float]], float]) -> list[float]:
    """Give the middles of a few parts: what is rare has a median of 0 in single seconds."""
    size = -(-len(values) // MOST_PARTS)
    return [middle(values[at : at + size]) for at in range(0, len(values), size)]


def _error(quarters: Sequence[Sequence[float]]) -> float:
    """Give the standard error of the difference of two quarters' medians, for normal noise."""
    parts = [(quarter, median(quarter)) for quarter in quarters]
    deviation = median(abs(value - middle) for part, middle in parts for value in part)
    size = len(quarters[0])
    # Of few values the median is one of them and differs by nothing (Croux and Rousseeuw, 1992).
    sigma = 1.4826 * deviation * (1 + 1.5 / size)
    return math.sqrt(math.pi / 2) * sigma * math.sqrt(2 / size)
