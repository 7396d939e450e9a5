"""Scales of a chart: where a value lies between 0 and 1, and which values are written beside it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from itertools import chain, count
from typing import Literal

from msgspec import Struct

from hangup.load.report.words import ms
from hangup.report.units import duration

Scale = Literal["linear", "log", "nines"]
ROUND_TIMES = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200)
"""Seconds between two ticks, as clocks part an hour and a day."""
MOST_TIMES = 5
"""Spaces between the ticks of time, so that their words fit a telephone."""
MOST_STEPS = 5
NINES = {0.5: "p50", 0.9: "p90", 0.99: "p99", 0.999: "p99.9", 0.9999: "max"}
"""Shares, each a tenth as far from all as the one before; the last stands for the slowest."""


class Axis(Struct, frozen=True, kw_only=True):
    """A scale from `low` to `high`; `ticks` are places from 0 to 1 and what is written there."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    scale: Scale = "linear"

    def place(self, value: float) -> float:
        """Give the place of a value, from 0 to 1; what lies outside is put at the end."""
        low, high, at = (_scaled(each, self.scale) for each in (self.low, self.high, value))
        return min(max((at - low) / (high - low), 0.0), 1.0)


def count_axis(high: float) -> Axis:
    """Scale whole or broken numbers from 0 to at least `high`."""
    step = _round_step(max(high, 1.0) / MOST_STEPS)
    steps = max(math.ceil(max(high, 1.0) / step - 1e-9), 1)
    return _axis(0.0, steps * step, [i * step for i in range(steps + 1)], short_number)


def time_axis(seconds: float) -> Axis:
    """Scale seconds from 0 to `seconds`, with ticks at times that a clock has."""
    high = max(seconds, 1.0)
    days = (86_400 * 2**i for i in count())
    step = next(each for each in chain(ROUND_TIMES, days) if high / each <= MOST_TIMES)
    return _axis(0.0, high, [i * step for i in range(int(high / step) + 1)], since)


def time_log_axis(low: float, high: float) -> Axis:
    """Scale milliseconds by their decades, from the one of `low` to the one of `high`."""
    first, last = (math.log10(max(each, 0.01)) for each in (low, high))
    start, end = math.floor(first), max(math.ceil(last), math.floor(first) + 1)
    return _axis(10.0**start, 10.0**end, [10.0**i for i in range(start, end + 1)], ms, "log")


def count_log_axis(high: float) -> Axis:
    """Scale counts by their decades; a place below 1 stands for none."""
    end = max(math.ceil(math.log10(max(high, 1.0))), 1)
    return _axis(0.5, 10.0**end, [10.0**i for i in range(end + 1)], short_number, "log")


def nines_axis() -> Axis:
    """Scale shares by how few are left above them, from the middle to the slowest."""
    return _axis(min(NINES), max(NINES), NINES, NINES.__getitem__, "nines")


def short_number(value: float) -> str:
    """Write a number in few letters: `950`, `1.5k`, `20k`, `3M`."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.4g}{letter}"
    return f"{value:.4g}"


def _axis(
    low: float,
    high: float,
    ticks: Iterable[float],
    written: Callable[[float], str],
    scale: Scale = "linear",
) -> Axis:
    bare = Axis(low=low, high=high, ticks=(), scale=scale)
    marked = tuple((bare.place(tick), written(tick)) for tick in ticks)
    return Axis(low=low, high=high, ticks=marked, scale=scale)


def _scaled(value: float, scale: Scale) -> float:
    if scale == "log":
        return math.log10(max(value, 1e-9))
    return -math.log10(max(1.0 - value, 1e-9)) if scale == "nines" else value


def _round_step(least: float) -> float:
    size = 10.0 ** math.floor(math.log10(least))
    return next(size * each for each in (1, 2, 5, 10) if size * each >= least - 1e-12)


def since(seconds: float) -> str:
    """Write a time since the start, which itself is `0`."""
    return duration(seconds) if seconds else "0"
