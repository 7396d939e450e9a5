from __future__ import annotations

import math
from itertools import pairwise

import loads_told as example
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hangup.load.report.axes import (
    Axis,
    count_axis,
    count_log_axis,
    nines_axis,
    time_axis,
    time_log_axis,
)
from hangup.load.report.buckets import bucketed
from hangup.load.report.chart import Chart, table_of
from hangup.load.report.drawn import chart_svg
from hangup.load.report.in_all import charts_in_all
from hangup.load.report.over_time import charts_over_time

DAY = example.soak(86_400).moments


def labels(axis: Axis) -> list[str]:
    return [label for _, label in axis.ticks]


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (3, ["0", "1 s", "2 s", "3 s"]),
        (90, ["0", "30 s", "60 s", "90 s"]),
        (3600, ["0", "15 min", "30 min", "45 min", "60 min"]),
        (86_400, ["0", "6 h", "12 h", "18 h", "24 h"]),
        (30 * 86_400, ["0", "192 h", "384 h", "576 h"]),
    ],
)
def test_time_is_parted_as_clocks_part_it(seconds: int, written: list[str]) -> None:
    assert labels(time_axis(seconds)) == written


def test_counts_are_parted_roundly() -> None:
    assert labels(count_axis(1019)) == ["0", "500", "1k", "1.5k"]


def test_milliseconds_are_parted_by_tens() -> None:
    assert labels(time_log_axis(3.1, 480)) == ["1 ms", "10 ms", "100 ms", "1 s"]


@given(high=st.floats(0, 1e12), at=st.floats(0, 1))
def test_every_axis_keeps_values_in_their_order(high: float, at: float) -> None:
    for axis in (count_axis(high), time_axis(high), time_log_axis(high * at, high)):
        assert 0 <= axis.place(high * at) <= axis.place(high) <= 1
        places = [place for place, _ in axis.ticks]
        assert places == sorted(set(places))
        assert 2 <= len(places) <= 18


def test_shares_get_equal_room_for_each_nine() -> None:
    places = [place for place, _ in nines_axis().ticks]
    first, *steps = [b - a for a, b in pairwise(places)]
    assert steps == pytest.approx([steps[0]] * 3)
    assert first < steps[0]


def test_one_connection_is_seen_beside_a_million() -> None:
    assert count_log_axis(1e6).place(1.0) > 0.02


@pytest.mark.parametrize(("moments", "most", "least"), [(3, 600, 3), (601, 600, 301)])
def test_seconds_are_gathered_only_when_there_are_too_many(
    moments: int, most: int, least: int
) -> None:
    assert len(bucketed(DAY[:moments], most)) == least


def test_a_day_keeps_its_worst_second_and_its_dip() -> None:
    buckets = bucketed(DAY, 600)
    assert len(buckets) == 600
    assert max(each.max or 0 for each in buckets) == 9000
    assert min(each.open_low for each in buckets) == 0
    assert sum(each.seconds for each in buckets) == 86_400


def test_what_was_not_measured_is_a_gap() -> None:
    silent = replace(example.moment(0, 5), received=0, p99=0.0)
    broken = replace(example.moment(1, 5), p99=math.nan, max=math.inf)
    first, second = bucketed((silent, broken), 9)
    assert (first.p50, first.p99, second.p99, second.max) == (None, None, None, None)


def test_a_run_that_was_thinned_out_keeps_its_rates() -> None:
    thinned = [example.moment(second, 5, sent=100) for second in range(0, 40, 2)]
    (bucket,) = bucketed(thinned, 1)
    assert (bucket.seconds, bucket.sent) == (40, 50)


def test_failures_add_up_over_the_run() -> None:
    buckets = bucketed(example.broke().moments, 10)
    assert buckets[-1].failed_so_far == sum(each.failed for each in example.broke().moments)


def lived(**lifetimes: int) -> tuple[str, ...]:
    ages = {int(age[1:]): number for age, number in lifetimes.items()}
    report = replace(example.broke(), closures=(replace(example.idled(), lifetimes=ages),))
    (chart,) = [each for each in charts_in_all(report) if each.anchor == "lifetimes"]
    return tuple(mark.label for mark in chart.marks)


def test_a_spike_of_lifetimes_is_labelled_with_its_age() -> None:
    assert lived(s3=2, s17=1, s60=77, s61=3) == ("60 s: 80",)


def test_even_lifetimes_have_no_spike() -> None:
    assert lived(**{f"s{age}": 20 + age % 3 for age in range(60)}) == ()


def test_a_chart_without_values_is_not_drawn() -> None:
    quiet = tuple(replace(each, received=0) for each in example.healthy().moments)
    charts = charts_over_time(replace(example.healthy(), moments=quiet), 600)
    assert [each.anchor for each in charts] == ["connections", "messages", "handshakes"]


def test_a_run_without_a_second_has_no_chart() -> None:
    assert charts_over_time(example.empty(), 600) + charts_in_all(example.empty()) == []


def every_chart() -> list[Chart]:
    report = example.broke()
    return [*charts_over_time(report, 600), *charts_in_all(report)]


@pytest.mark.parametrize("chart", every_chart(), ids=lambda chart: chart.anchor)
def test_nothing_is_drawn_outside_of_the_plot(chart: Chart) -> None:
    drawn = str(chart_svg(chart))
    assert "nan" not in drawn
    assert "inf" not in drawn
    assert "-0." not in drawn
    assert chart.says.endswith(".")
    assert all(len(row) == len(chart.lines) + 1 for row in table_of(chart))


def test_endings_are_told_apart_by_kind_up_to_a_few() -> None:
    many = tuple(
        replace(example.masked(), count=n, words=f"w{n}", when={n: n}) for n in range(1, 8)
    )
    charts = charts_over_time(replace(example.broke(), closures=many), 600)
    (chart,) = [each for each in charts if each.anchor == "endings"]
    assert [line.name for line in chart.lines] == ["w7", "w6", "w5", "w4", "3 more kinds"]
    assert chart.lines[-1].values[:4] == (0.0, 1.0, 2.0, 3.0)


def test_every_second_of_endings_has_its_bar_however_the_moments_were_timed() -> None:
    late = tuple(replace(each, at_s=each.at_s + 1.008) for each in example.broke().moments)
    when = {second: second for second in range(1, 80)}
    report = replace(example.broke(), moments=late, closures=(replace(example.idled(), when=when),))
    (chart,) = [each for each in charts_over_time(report, 600) if each.anchor == "endings"]
    assert chart.lines[0].values[:80] == tuple(float(second) for second in range(80))
    assert chart.xs[:3] == (0.0, 1.0, 2.0)


def test_an_ending_of_a_long_run_is_in_the_bucket_of_its_second() -> None:
    late = replace(example.masked(), when={86_398: 9, 86_399: 4})
    charts = charts_over_time(replace(example.soak(), closures=(late,)), 600)
    (chart,) = [each for each in charts if each.anchor == "endings"]
    assert chart.lines[0].values[-2:] == (0.0, 9.0)


def test_stacked_bars_stand_on_each_other() -> None:
    (chart,) = [each for each in every_chart() if each.anchor == "endings"]
    assert chart.kind == "stacked"
    stacks = zip(*(line.values for line in chart.lines), strict=True)
    assert chart.y_axis.high >= max(sum(value or 0 for value in stack) for stack in stacks)
