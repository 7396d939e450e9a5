from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import loads_told as example
import pytest

from hangup.load.report.axes import count_axis, time_axis
from hangup.load.report.chart import Chart, Line, Mark
from hangup.load.report.drawn import ABOVE, HEIGHT, chart_svg
from hangup.load.report.over_time import charts_over_time

BAR = re.compile(r"M(?P<x>[\d.]+) (?P<low>[\d.]+)V(?P<high>[\d.]+)h")


def chart(*lines: tuple[float | None, ...], **values: object) -> Chart:
    size = len(lines[0])
    usual: dict[str, object] = {
        "anchor": "c", "title": "Title", "says": "What there is.", "x_name": "x",
        "xs": tuple(float(x) for x in range(size)), "x_axis": time_axis(size),
        "y_axis": count_axis(1000), "written": str, "x_written": str,
        "lines": tuple(Line(name="n", style=f"s{i}", values=v) for i, v in enumerate(lines)),
    }  # fmt: skip
    return Chart(**{**usual, **values})  # type: ignore[arg-type]


def drawn(chart: Chart) -> ET.Element:
    return ET.fromstring(str(chart_svg(chart)))


def paths(chart: Chart) -> list[str]:
    return [each.get("d", "") for each in drawn(chart).iter("path")]


def bars(path: str) -> dict[str, tuple[float, float]]:
    return {found["x"]: (float(found["low"]), float(found["high"])) for found in BAR.finditer(path)}


def test_stacked_bars_begin_where_those_below_end() -> None:
    below, above = map(bars, paths(chart((400.0, 100.0), (200.0, 300.0), kind="stacked")))
    assert [above[x][0] for x in above] == [below[x][1] for x in below]
    assert [high for _, high in above.values()] == pytest.approx([0.4 * HEIGHT, 0.6 * HEIGHT])


def test_other_bars_all_begin_at_the_bottom() -> None:
    for path in paths(chart((400.0,), (200.0,), kind="bars")):
        assert [low for low, _ in bars(path).values()] == [HEIGHT]


def test_one_of_a_thousand_is_seen() -> None:
    ((low, high),) = bars(paths(chart((0.001,), kind="bars"))[0]).values()
    assert low - high == 2


def test_what_is_none_or_nothing_has_no_bar() -> None:
    assert paths(chart((None, 0.0), kind="bars")) == [""]


def test_a_gap_parts_a_line() -> None:
    (path,) = paths(chart((1.0, 2.0, None, 4.0)))
    assert path.count("M") == 2


def test_a_line_of_one_point_is_seen() -> None:
    (dot,) = drawn(chart((500.0,))).iter("circle")
    assert (dot.get("cx"), dot.get("cy")) == ("0.00%", f"{ABOVE + HEIGHT / 2:.1f}")


def test_a_flat_day_is_a_line_of_few_points() -> None:
    connections = charts_over_time(example.soak(), 600)[0]
    opening = paths(connections)[2]
    assert opening.count("L") == 1


def test_a_bend_keeps_both_its_ends() -> None:
    (path,) = paths(chart((5.0, 5.0, 5.0, 9.0, 9.0, 9.0)))
    assert path.count("L") == 3


def test_marks_that_would_touch_are_told_together() -> None:
    marks = (Mark(x=50, label="b"), Mark(x=49, label="a"), Mark(x=90, label="c"))
    picture = drawn(chart((1.0,) * 100, marks=marks))
    told = [each.text for each in picture.iter("text") if each.get("class") == "ending"]
    lines = [each for each in picture.iter("line") if each.get("class") == "mark"]
    assert told == ["a, b", "c"]
    assert len(lines) == 3


def test_what_the_endpoint_says_is_no_markup_in_a_drawing() -> None:
    evil = chart(
        (1.0,), title=example.EVIL, says=example.EVIL, marks=(Mark(x=0, label=example.EVIL),)
    )
    assert {each.tag for each in drawn(evil).iter()} <= {
        "svg", "title", "desc", "line", "text", "path", "circle",
    }  # fmt: skip
    assert "<img" not in chart_svg(evil)
