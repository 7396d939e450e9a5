"""The charts of a whole run: how long replies took, and how long connections lived."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

from hangup.load.document import Closures, LoadReport, Spread
from hangup.load.lifetimes import timers
from hangup.load.report.axes import (
    NINES,
    count_log_axis,
    nines_axis,
    time_axis,
    time_log_axis,
)
from hangup.load.report.chart import Chart, Line, Mark
from hangup.load.report.words import many, ms, spreads
from hangup.report.units import duration

SHARES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999, "max": max(NINES)}
STYLES = {"latency": "s1", "opening": "s2", "lag": "s4"}
NAMES = {**NINES, 0.95: "p95"}
MOST_BINS = 120
MOST_SPIKES = 3


def charts_in_all(report: LoadReport) -> list[Chart]:
    """Give the charts for which the run has values."""
    return [chart for chart in (_percentiles(report), _lifetimes(report)) if chart is not None]


def _percentiles(report: LoadReport) -> Chart | None:
    shown = spreads(report)
    lines = tuple(
        Line(name=name, style=STYLES[name], values=_distribution(spread))
        for name, _, spread in shown
    )
    known = [value for line in lines for value in line.values if value is not None]
    if not known:
        return None
    said = (f"{name} p50 {ms(s.p50)}, p99 {ms(s.p99)}, max {ms(s.max)}" for name, _, s in shown)
    return Chart(
        anchor="percentiles",
        title="How long it took, by share",
        says=f"{'; '.join(said)}.".capitalize(),
        x_name="Share",
        xs=tuple(SHARES.values()),
        x_axis=nines_axis(),
        y_axis=time_log_axis(min(known), max(known)),
        lines=lines,
        written=ms,
        x_written=NAMES.__getitem__,
        note="; ".join(f"{name}: {means}" for name, means, _ in shown) + ".",
    )


def _distribution(spread: Spread) -> tuple[float | None, ...]:
    values = (getattr(spread, name) for name in SHARES)
    return tuple(value if math.isfinite(value) else None for value in values)


def _lifetimes(report: LoadReport) -> Chart | None:
    every, unwanted = _lived(report.closures), _lived(c for c in report.closures if not c.wanted)
    if not every:
        return None
    width = math.ceil((max(every) + 1) / MOST_BINS)
    bins = max(every) // width + 1
    lines = (
        Line(name="all", style="s5", values=_binned(every, width, bins)),
        Line(name="not as wanted", style="s3", values=_binned(unwanted, width, bins)),
    )
    spikes = sorted(timers(report.closures), key=lambda peak: -peak.count)[:MOST_SPIKES]
    said = "".join(f" {peak.words[:1].upper()}{peak.words[1:]}." for peak in spikes)
    return Chart(
        anchor="lifetimes",
        title="How long connections lived",
        says=f"{many(every.total(), 'connection')} ended, {unwanted.total():,} of them otherwise "
        f"than wanted.{said}",
        x_name="Lived",
        xs=tuple(float(place * width) for place in range(bins)),
        x_axis=time_axis(float(bins * width)),
        y_axis=count_log_axis(max(value or 0.0 for value in lines[0].values)),
        lines=lines,
        written=lambda value: f"{value:,.0f}",
        x_written=lambda x: f"{duration(x)} to {duration(x + width)}",
        kind="bars",
        marks=tuple(
            Mark(x=float(peak.second), label=f"{duration(peak.second)}: {peak.count:,}")
            for peak in spikes
        ),
        note=f"Each bar counts the connections of {duration(width)} of life, on a scale of tens.",
    )


def _lived(closures: Iterable[Closures]) -> Counter[int]:
    lived: Counter[int] = Counter()
    for each in closures:
        lived.update({max(seconds, 0): number for seconds, number in each.lifetimes.items()})
    return lived


def _binned(lived: Counter[int], width: int, bins: int) -> tuple[float | None, ...]:
    counts: Counter[int] = Counter()
    for seconds, number in lived.items():
        counts[seconds // width] += number
    return tuple(float(counts[place]) or None for place in range(bins))
