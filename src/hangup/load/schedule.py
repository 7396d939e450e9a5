"""When each connection should arrive: a pure function of the stages and a seed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import accumulate
from random import Random

from hangup.errors import UsageError
from hangup.load.order import Stage

MOST_CONNECTIONS = 10_000_000
MOST_RATE = 1_000_000.0
"""Arrivals a second."""
LONGEST = 7 * 86400.0
"""Seconds of one stage."""


def arrivals(
    stages: Sequence[Stage], connections: int, seed: int, *, poisson: bool = False
) -> Iterator[float]:
    """Give the intended times of arrival in seconds, in order, as many as are `planned`.

    The k-th is where the integral of the rate reaches k; a stage of 0 seconds adds its `end` at
    one moment. With `poisson` they come as a Poisson process of that rate, given its count: unit
    exponentials of the seed, rescaled in time (Daley and Vere-Jones, 7.4).
    """
    ends = [float(reached) for reached in _reached(stages)]
    begins = [float(t) for t in accumulate((_exact(s.seconds) for s in stages), initial=Fraction())]
    at, last, before = 0, 0.0, 0.0
    for position in _positions(stages, connections, seed, poisson):
        while position > ends[at]:
            before = ends[at]
            at += 1
        # Roundings must not turn two arrivals round.
        last = max(last, begins[at] + _within(stages[at], position - before))
        yield last


def last_arrival(stages: Sequence[Stage], connections: int) -> float:
    """Give the time of the last arrival, in seconds, as far as chance does not move it."""
    count = planned(stages, connections)
    begins, before = 0.0, Fraction()
    for stage in stages:
        inside = _count(stage)
        if before + inside >= count:
            return begins + _within(stage, float(count - before))
        before += inside
        begins += stage.seconds
    return begins


def planned(stages: Sequence[Stage], connections: int) -> int:
    """Give how many will arrive: the whole part of the integral, at most `connections`."""
    return min(connections, math.floor(_total(stages)))


def stages_of(connections: int, rate: float | None, ramp: float | None) -> tuple[Stage, ...]:
    """Give the stages in which N connections arrive: all at once, or as `--rate` and `--ramp` say.

    `rate` is in arrivals a second, to which it grows from 0 during `ramp` seconds; without a rate
    they come evenly within the ramp.

    Raises:
        UsageError: a number is not above 0, or beyond what is allowed.
    """
    _check("--connections", connections, MOST_CONNECTIONS)
    if rate is not None:
        _check("--rate", rate, MOST_RATE)
    if ramp is not None:
        _check("--ramp", ramp, LONGEST)
    if rate is None:
        return _without_rate(connections, ramp)
    rise = Stage(float(ramp), 0.0, float(rate)) if ramp is not None else None
    rest = connections - (_count(rise) if rise else 0)
    level = (_even(rest, float(rate)),) if rest > 0 else ()
    return ((rise,) if rise else ()) + level


def _without_rate(connections: int, ramp: float | None) -> tuple[Stage, ...]:
    if ramp is None:
        return (Stage(0.0, float(connections), float(connections)),)
    rate = connections / ramp
    while _exact(rate) * _exact(ramp) < connections:
        rate = math.nextafter(rate, math.inf)
    return (Stage(float(ramp), rate, rate),)


def _even(count: Fraction | int, rate: float) -> Stage:
    """Give the shortest stage in which as many arrive, whatever division rounds away."""
    seconds = float(count / _exact(rate))
    while _exact(seconds) * _exact(rate) < count:
        seconds = math.nextafter(seconds, math.inf)
    return Stage(seconds, rate, rate)


def _check(option: str, number: float, most: float) -> None:
    if not 0 < number <= most:
        raise UsageError(f"{option} takes a number above 0 and up to {most:,.0f}")


def _positions(
    stages: Sequence[Stage], connections: int, seed: int, poisson: bool
) -> Iterator[float]:
    """Give the values of the integral at which somebody arrives."""
    count = planned(stages, connections)
    if not poisson:
        return map(float, range(1, count + 1))
    # The sum of all gaps must be known first; to draw them twice costs time and no memory.
    whole = sum(_gaps(seed, count + 1))
    scale = min(float(_total(stages)), connections) / whole if whole else 0.0
    return (reached * scale for reached in accumulate(_gaps(seed, count)))


def _gaps(seed: int, count: int) -> Iterator[float]:
    draw = Random(seed).expovariate  # noqa: S311 - the times of arrivals are no secret
    return (draw(1.0) for _ in range(count))


def _within(stage: Stage, count: float) -> float:
    """Give after how many seconds of a stage so many have arrived in it."""
    if stage.seconds == 0:
        return 0.0
    growth = (stage.end - stage.start) / stage.seconds
    root = math.sqrt(max(0.0, stage.start**2 + 2 * growth * count))
    # Of the two forms of the root the one that subtracts nothing.
    return min(stage.seconds, 2 * count / (stage.start + root)) if count > 0 else 0.0


def _reached(stages: Sequence[Stage]) -> Iterator[Fraction]:
    return accumulate(map(_count, stages))


def _total(stages: Sequence[Stage]) -> Fraction:
    return sum(map(_count, stages), Fraction())


def _count(stage: Stage) -> Fraction:
    """Give how many arrive in a stage."""
    if stage.seconds == 0:
        return _exact(stage.end)
    return _exact(stage.seconds) * (_exact(stage.start) + _exact(stage.end)) / 2


def _exact(number: float) -> Fraction:
    """Give the decimal that was written: 10 seconds at 0.7 are 7 arrivals, and not 6.99."""
    return Fraction(repr(number))
