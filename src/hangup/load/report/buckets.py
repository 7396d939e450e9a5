"""The seconds of a run gathered into as few spans as a drawing or a table can hold."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median

from msgspec import Struct

from hangup.load.document import Moment


class Bucket(Struct, frozen=True, kw_only=True):
    """Some seconds on end, beginning `at_s` after the run: the highest moment of each field.

    Of `open` the lowest is kept too, for a dip would else be lost; `failed_so_far` and
    `broken_so_far` count from the beginning of the run. What no second has, or what is no number,
    is None; times are None where nothing was received.
    """

    at_s: float
    seconds: int
    opening: float
    open: float
    open_low: float
    arrived: float
    opened: float
    failed: float
    failed_so_far: int
    broken_so_far: int
    sent: float
    received: float
    p50: float | None
    p99: float | None
    max: float | None
    server_mb: float | None


def bucketed(moments: Sequence[Moment], most: int) -> list[Bucket]:
    """Gather moments into at most `most` buckets, each of equally many but the last."""
    size = max(math.ceil(len(moments) / most), 1)
    lasts = seconds_each(moments)
    buckets: list[Bucket] = []
    failed = broken = 0
    for start in range(0, len(moments), size):
        gathered = moments[start : start + size]
        failed += sum(each.failed for each in gathered)
        broken += sum(each.broken for each in gathered)
        buckets.append(_bucket(gathered, lasts, failed, broken))
    return buckets


def seconds_each(moments: Sequence[Moment]) -> int:
    """Give the seconds that a moment stands for: more than one in a run that was thinned out."""
    steps = [after.at_s - before.at_s for before, after in pairwise(moments)]
    known = [step for step in steps if math.isfinite(step)]
    return max(round(median(known)), 1) if known else 1


def _bucket(moments: Sequence[Moment], lasts: int, failed: int, broken: int) -> Bucket:
    heard = [each for each in moments if each.received]
    return Bucket(
        at_s=_highest([moments[0].at_s]) or 0.0,
        seconds=len(moments) * lasts,
        opening=max(each.opening for each in moments),
        open=max(each.open for each in moments),
        open_low=min(each.open for each in moments),
        arrived=max(each.arrived for each in moments) / lasts,
        opened=max(each.opened for each in moments) / lasts,
        failed=max(each.failed for each in moments) / lasts,
        failed_so_far=failed,
        broken_so_far=broken,
        sent=max(each.sent for each in moments) / lasts,
        received=max(each.received for each in moments) / lasts,
        p50=_highest(each.p50 for each in heard),
        p99=_highest(each.p99 for each in heard),
        max=_highest(each.max for each in heard),
        server_mb=_highest(each.server_mb for each in moments),
    )


def _highest(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None and math.isfinite(value)]
    return max(known, default=None)
