"""Charts as inline SVG, whose text keeps its size from a telephone to the widest screen.

Lines are drawn in an inner picture that is stretched to the width there is, with strokes that are
not; letters, ticks and dots lie outside of it, at shares of the width. Colours come from the
page's classes, and so follow light, dark and print.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from markupsafe import Markup

from hangup.load.report.chart import Chart, Line, Mark
from hangup.report.escape import show

HEIGHT = 170
"""Pixels of the plot itself."""
ABOVE, BELOW = 20, 24
"""Pixels over it for the words of marks, and under it for those of the ticks."""
SIDE = 1000
"""Units of the inner picture's width, which is stretched."""
FEW = 40
"""Points up to which each has a dot, for a line of one point cannot be seen."""
CLOSE = 0.12
"""Share of the width within which the words of two marks would touch."""


def chart_svg(chart: Chart) -> Markup:
    """Draw a chart; its title and its sentence are read to those who do not see it."""
    head = Markup(
        '<svg class="chart" width="100%" height="{height}" role="img" '
        'aria-labelledby="{anchor}-title {anchor}-desc">'
        '<title id="{anchor}-title">{title}</title><desc id="{anchor}-desc">{says}</desc>'
    ).format(
        height=ABOVE + HEIGHT + BELOW,
        anchor=chart.anchor,
        title=show(chart.title),
        says=show(chart.says, None),
    )
    parts = (*_ticks(chart), _picture(chart), *_dots(chart), *_marks(chart))
    return head + Markup("").join(parts) + Markup("</svg>")


def _ticks(chart: Chart) -> Iterator[Markup]:
    for place, label in chart.y_axis.ticks:
        yield Markup(
            '<line x1="0" x2="100%" y1="{y}" y2="{y}" class="grid"/>'
            '<text x="-6" y="{text}" class="time" text-anchor="end">{label}</text>'
        ).format(y=_y(place), text=f"{float(_y(place)) + 4:.1f}", label=label)
    for place, label in chart.x_axis.ticks:
        yield Markup(
            '<line x1="{x}%" x2="{x}%" y1="{top}" y2="{end}" class="tick"/>'
            '<text x="{x}%" y="{text}" class="time" text-anchor="{anchor}">{label}</text>'
        ).format(
            x=f"{place * 100:.2f}",
            top=ABOVE + HEIGHT,
            end=ABOVE + HEIGHT + 4,
            text=ABOVE + HEIGHT + 17,
            anchor="end" if place > 0.97 else "middle",
            label=label,
        )


def _picture(chart: Chart) -> Markup:
    shapes = (_curve if chart.kind == "lines" else _bars)(chart)
    head = Markup(
        '<svg x="0" y="{y}" width="100%" height="{height}" viewBox="0 0 {side} {height}" '
        'preserveAspectRatio="none">'
    ).format(y=ABOVE, height=HEIGHT, side=SIDE)
    return head + Markup("").join(shapes) + Markup("</svg>")


def _curve(chart: Chart) -> Iterator[Markup]:
    for line in chart.lines:
        if line.lows:
            yield Markup('<path d="{}" class="band {}"/>').format(_band(chart, line), line.style)
    for line in chart.lines:
        path = " ".join(_run(run) for run in _runs(chart, line.values))
        yield Markup('<path d="{}" class="curve {}"/>').format(path, line.style)


def _runs(chart: Chart, values: Iterable[float | None]) -> Iterator[list[tuple[float, float]]]:
    pairs = zip(chart.xs, values, strict=True)
    for known, run in groupby(pairs, key=lambda pair: pair[1] is not None):
        if known:
            yield [_point(chart, x, value or 0.0) for x, value in run]


def _run(points: list[tuple[float, float]]) -> str:
    # Of points on end at one height only the first and the last matter: a soak is mostly flat.
    kept = [
        point
        for i, point in enumerate(points)
        if i in (0, len(points) - 1) or not points[i - 1][1] == point[1] == points[i + 1][1]
    ]
    return "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in kept)


def _band(chart: Chart, line: Line) -> str:
    paths = []
    upper, lower = _runs(chart, line.values), _runs(chart, line.lows)
    for top, bottom in zip(upper, lower, strict=True):
        around = [*top, *reversed(bottom)]
        paths.append("M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in around) + "Z")
    return " ".join(paths)


def _bars(chart: Chart) -> Iterator[Markup]:
    width = max(min(SIDE / max(len(chart.xs), 1) * 0.8, 40.0), 1.0)
    lows = [chart.y_axis.low] * len(chart.xs)
    for line in chart.lines:
        highs = [low if v is None else v for v, low in zip(line.values, lows, strict=True)]
        if chart.kind == "stacked":
            highs = [low + (v or 0.0) for v, low in zip(line.values, lows, strict=True)]
        rows = zip(chart.xs, lows, highs, strict=True)
        path = "".join(_bar(chart, x, width, low, high) for x, low, high in rows)
        yield Markup('<path d="{}" class="bars {}"/>').format(path, line.style)
        lows = highs if chart.kind == "stacked" else lows


def _bar(chart: Chart, x: float, width: float, low: float, high: float) -> str:
    if high <= low:
        return ""
    left, top = _point(chart, x, high)
    bottom = _point(chart, x, low)[1]
    start = min(left, SIDE - width)
    # What is there but small is still seen: a bar is two pixels high at least.
    top = min(top, bottom - 2)
    return f"M{start:.1f} {bottom:.1f}V{top:.1f}h{width:.1f}V{bottom:.1f}Z"


def _dots(chart: Chart) -> Iterator[Markup]:
    if chart.kind != "lines" or len(chart.xs) > FEW:
        return
    for line in chart.lines:
        for x, value in zip(chart.xs, line.values, strict=True):
            if value is not None:
                across, down = _point(chart, x, value)
                yield Markup('<circle cx="{}%" cy="{}" r="2.5" class="dot {}"/>').format(
                    f"{across / SIDE * 100:.2f}", f"{down + ABOVE:.1f}", line.style
                )


def _marks(chart: Chart) -> Iterator[Markup]:
    for mark in chart.marks:
        yield Markup('<line x1="{x}%" x2="{x}%" y1="{top}" y2="{end}" class="mark"/>').format(
            x=f"{chart.x_axis.place(mark.x) * 100:.2f}", top=ABOVE - 4, end=ABOVE + HEIGHT
        )
    for place, label in _apart(chart):
        anchor = "start" if place < 0.2 else "end" if place > 0.8 else "middle"
        yield Markup(
            '<text x="{x}%" y="11" class="ending" text-anchor="{anchor}">{label}</text>'
        ).format(x=f"{place * 100:.2f}", anchor=anchor, label=show(label, 40))


def _apart(chart: Chart) -> list[tuple[float, str]]:
    """Give the places of marks, those that would touch told together at the first of them."""
    placed: list[tuple[float, str]] = []
    for mark in sorted(chart.marks, key=_x_of):
        place = chart.x_axis.place(mark.x)
        if placed and place - placed[-1][0] < CLOSE:
            before, said = placed[-1]
            placed[-1] = (before, f"{said}, {mark.label}")
        else:
            placed.append((place, mark.label))
    return placed


def _x_of(mark: Mark) -> float:
    return mark.x


def _point(chart: Chart, x: float, y: float) -> tuple[float, float]:
    return chart.x_axis.place(x) * SIDE, HEIGHT * (1 - chart.y_axis.place(y))


def _y(place: float) -> str:
    return f"{ABOVE + HEIGHT * (1 - place):.1f}"
