"""What one chart shows, before it is drawn or written as a table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from hangup.load.report.axes import Axis

Value = float | None


class Line(Struct, frozen=True, kw_only=True):
    """One row of values, one for each x; None is a gap. `style` names colour and dashes.

    A band of lines is filled between `lows` and `values` where there are lows.
    """

    name: str
    style: str
    values: tuple[Value, ...]
    lows: tuple[Value, ...] = ()


class Mark(Struct, frozen=True, kw_only=True):
    """A place on the x axis worth a word: where something broke, a spike."""

    x: float
    label: str


class Chart(Struct, frozen=True, kw_only=True):
    """Lines or bars over `xs`; `says` tells in a sentence what there is to see.

    Bars of one x stand before each other, the first line behind; stacked ones on each other.

    `written` and `x_written` write a value and an x in the chart's table.
    """

    anchor: str
    title: str
    says: str
    x_name: str
    xs: tuple[float, ...]
    x_axis: Axis
    y_axis: Axis
    lines: tuple[Line, ...]
    written: Callable[[float], str]
    x_written: Callable[[float], str]
    kind: Literal["lines", "bars", "stacked"] = "lines"
    marks: tuple[Mark, ...] = ()
    note: str = ""


def table_of(chart: Chart) -> list[list[str]]:
    """Give a chart's values as rows of words, one for each x at which there is one."""
    return [
        [chart.x_written(x), *(_cell(chart, line, i) for line in chart.lines)]
        for i, x in enumerate(chart.xs)
        if any(line.values[i] is not None for line in chart.lines)
    ]


def _cell(chart: Chart, line: Line, place: int) -> str:
    value = line.values[place]
    return "-" if value is None else chart.written(value)
