"""The charts whose x axis is the time of the run."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from hangup.load.document import LoadReport
from hangup.load.report.axes import Axis, count_axis, since, time_axis, time_log_axis
from hangup.load.report.buckets import Bucket, bucketed
from hangup.load.report.chart import Chart, Line, Mark, Value
from hangup.load.report.words import by_count, many, ms, rate_of
from hangup.report.escape import show
from hangup.report.units import duration

SINCE = "Since the start"
ENDING_STYLES = ("s3", "s4", "s1", "s2")
"""Kinds of ending that are told apart; all others are one more."""
OTHER_STYLE = "s5"
BRIEF = 90
"""Characters of the words of an ending."""


def charts_over_time(report: LoadReport, most: int) -> list[Chart]:
    """Give the charts of a run, each with at most `most` points; none of a run without a second."""
    buckets = bucketed(report.moments, most)
    if not buckets:
        return []
    drawn = (
        _connections(report, buckets),
        _messages(report, buckets),
        _latency(report, buckets),
        _handshakes(report, buckets),
        _endings(report, buckets),
        _memory(report, buckets),
    )
    return [chart for chart in drawn if chart is not None]


def _connections(report: LoadReport, buckets: Sequence[Bucket]) -> Chart:
    met = report.connections
    lows = tuple(float(each.open_low) for each in buckets) if buckets[0].seconds > 1 else ()
    lines = (
        Line(name="open", style="s1", values=_values(buckets, "open"), lows=lows),
        Line(name="opening", style="s2", values=_values(buckets, "opening")),
        Line(name="failed so far", style="s3", values=_values(buckets, "failed_so_far")),
        Line(name="broken so far", style="s4", values=_values(buckets, "broken_so_far")),
    )
    says = (
        f"At most {many(met.peak, 'connection')} open at once; "
        f"{met.failed:,} failed and {met.broken:,} broke in all."
    )
    drawn = _chart("connections", "Connections", says, buckets, lines, _broke(report))
    lowest = " The band reaches down to the lowest." if lows else ""
    return replace(drawn, note=drawn.note + lowest)


def _messages(report: LoadReport, buckets: Sequence[Bucket]) -> Chart:
    lines = (
        Line(name="sent", style="s2", values=_values(buckets, "sent")),
        Line(name="received", style="s1", values=_values(buckets, "received")),
    )
    met = report.messages
    says = (
        f"At most {rate_of(_most(lines[:1]))} sent and {rate_of(_most(lines[1:]))} received "
        f"in one second; {met.lost:,} of {met.sent:,} lost."
    )
    return _chart("messages", "Messages per second", says, buckets, lines, _broke(report))


def _latency(report: LoadReport, buckets: Sequence[Bucket]) -> Chart | None:
    lines = (
        Line(name="max", style="s3", values=_values(buckets, "max")),
        Line(name="p99", style="s2", values=_values(buckets, "p99")),
        Line(name="p50", style="s1", values=_values(buckets, "p50")),
    )
    if not _known(lines):
        return None
    met = report.latency_ms
    says = f"Over the whole run p50 {ms(met.p50)}, p99 {ms(met.p99)}, max {ms(met.max)}."
    axis = time_log_axis(min(_known(lines)), _most(lines))
    title = "Latency, from the intended start to the reply"
    return _chart("latency", title, says, buckets, lines, _broke(report), axis)


def _handshakes(report: LoadReport, buckets: Sequence[Bucket]) -> Chart:
    lines = (
        Line(name="arrived", style="s2", values=_values(buckets, "arrived")),
        Line(name="opened", style="s1", values=_values(buckets, "opened")),
        Line(name="failed", style="s3", values=_values(buckets, "failed")),
    )
    met = report.opening_ms
    took = f"; opening took p50 {ms(met.p50)}, p99 {ms(met.p99)}" if met.count else ""
    says = f"At most {rate_of(_most(lines[1:2]))} opened in one second{took}."
    return _chart("handshakes", "Handshakes per second", says, buckets, lines, _broke(report))


def _endings(report: LoadReport, buckets: Sequence[Bucket]) -> Chart | None:
    kinds = [each for each in by_count(report.closures) if not each.wanted and each.when]
    if not kinds:
        return None
    spans = _spans(buckets)
    lines = tuple(
        Line(name=show(each.words, BRIEF), style=style, values=_highest(spans, each.when))
        for each, style in zip(kinds, ENDING_STYLES, strict=False)
    )
    if rest := kinds[len(ENDING_STYLES) :]:
        when = sum((Counter(each.when) for each in rest), Counter[int]())
        name = many(len(rest), "more kind")
        lines += (Line(name=name, style=OTHER_STYLE, values=_highest(spans, when)),)
    met = report.connections
    says = f"{many(met.failed, 'connection')} never opened and {met.broken:,} broke."
    stacks = zip(*(line.values for line in lines), strict=True)
    axis = count_axis(max(sum(value or 0.0 for value in stack) for stack in stacks))
    title = "Unwanted endings per second"
    drawn = _chart("endings", title, says, buckets, lines, _broke(report), axis)
    order = "They stand on each other in the order of their names. " if len(lines) > 1 else ""
    xs = tuple(float(each.start) for each in spans)
    return replace(drawn, kind="stacked", note=f"{order}{drawn.note}".strip(), xs=xs)


def _spans(buckets: Sequence[Bucket]) -> list[range]:
    """Part the run into whole seconds, as many to a span as a bucket has."""
    seconds = buckets[0].seconds
    end = buckets[-1].at_s + buckets[-1].seconds
    return [range(at, at + seconds) for at in range(0, math.ceil(end), seconds)]


def _highest(spans: Sequence[range], when: Mapping[int, int]) -> tuple[Value, ...]:
    highest = [0.0] * len(spans)
    for second, number in when.items():
        place = min(max(second, 0) // len(spans[0]), len(spans) - 1)
        highest[place] = max(highest[place], float(number))
    return tuple(highest)


def _memory(report: LoadReport, buckets: Sequence[Bucket]) -> Chart | None:
    lines = (Line(name="server", style="s1", values=_values(buckets, "server_mb")),)
    if not (known := _known(lines)):
        return None
    says = f"From {known[0]:,.0f} MB to {known[-1]:,.0f} MB, at most {max(known):,.0f} MB."
    title = "Memory of the server, in MB"
    return _chart("memory", title, says, buckets, lines, _broke(report))


def _chart(
    anchor: str,
    title: str,
    says: str,
    buckets: Sequence[Bucket],
    lines: tuple[Line, ...],
    marks: tuple[Mark, ...],
    y_axis: Axis | None = None,
) -> Chart:
    return Chart(
        anchor=anchor,
        title=title,
        says=says,
        x_name=SINCE,
        xs=tuple(each.at_s for each in buckets),
        x_axis=time_axis(buckets[-1].at_s + buckets[-1].seconds),
        y_axis=y_axis or count_axis(_most(lines)),
        lines=lines,
        written=ms if y_axis and y_axis.scale == "log" else rate_of,
        x_written=since,
        marks=marks,
        note=_gathered(buckets[0].seconds),
    )


def _gathered(seconds: int) -> str:
    return f"Each point is the highest second of {duration(seconds)}." if seconds > 1 else ""


def _broke(report: LoadReport) -> tuple[Mark, ...]:
    broke = report.first_break
    return (Mark(x=broke.first.at_s, label="first break"),) if broke else ()


def _values(buckets: Iterable[Bucket], field: str) -> tuple[Value, ...]:
    return tuple(getattr(each, field) for each in buckets)


def _known(lines: Iterable[Line]) -> list[float]:
    return [value for line in lines for value in line.values if value is not None]


def _most(lines: Iterable[Line]) -> float:
    return max(_known(lines), default=0.0)
