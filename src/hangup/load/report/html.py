"""A load as one HTML file that needs no script, no network and no other file."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import zip_longest

from jinja2 import Environment
from markupsafe import Markup
from msgspec import Struct

from hangup.load.document import LoadReport
from hangup.load.report import words
from hangup.load.report.chart import Chart, Line, table_of
from hangup.load.report.drawn import chart_svg
from hangup.load.report.in_all import charts_in_all
from hangup.load.report.over_time import charts_over_time
from hangup.report.page import page_environment

MOST_POINTS = 600
"""Points of a drawing."""
MOST_ROWS = 60
"""Rows of the table under a drawing; the CSV and the JSON have every second."""
TraceAt = Callable[[str], str | None]
"""Gives the address of a trace's page by its id, None where there is none."""


class Figure(Struct, frozen=True, kw_only=True):
    """One chart as the page shows it: drawn, and as a table."""

    chart: Chart
    svg: Markup
    rows: list[list[str]]
    table_note: str
    legend: tuple[Line, ...]


def html_report(report: LoadReport) -> str:
    """Write the file; whatever the endpoint said is escaped for HTML, and made visible."""
    page = _environment().get_template("load.html.j2")
    return page.render(**_shown(report), trace_at=_nowhere)


def load_body(report: LoadReport, trace_at: TraceAt) -> Markup:
    """Write what a page has between its own head and foot; `load_style` goes with it."""
    body = _environment().get_template("load_body.html.j2")
    return Markup(body.render(**_shown(report), trace_at=trace_at))  # noqa: S704 - a page of ours


def load_style() -> str:
    """Give the style of `load_body`, beside the one that all reports share."""
    return _environment().get_template("load.css.j2").render()


@cache
def _environment() -> Environment:
    environment = page_environment("hangup.load.report")
    environment.globals.update(words=words)
    return environment


def _nowhere(trace: str) -> None:
    """In a file there is no page of a trace."""


def _shown(report: LoadReport) -> dict[str, object]:
    return {
        "report": report,
        "outcome": words.outcome_of(report),
        "closures": words.by_count(report.closures),
        "thresholds": sorted(report.thresholds, key=lambda each: not each.failed),
        "tiles": _tiles(report),
        "figures": _figures(report),
    }


def _tiles(report: LoadReport) -> list[tuple[str, str, str]]:
    met, said = report.connections, report.messages
    shown = [
        ("Held", f"{max(met.opened - met.broken, 0):,}", f"of {met.planned:,}"),
        ("Open at once", f"{met.peak:,}", "at most"),
        ("Never opened", f"{met.failed:,}", ""),
        ("Broken", f"{met.broken:,}", ""),
        ("Received", f"{said.received:,}", f"{said.lost:,} lost"),
    ]
    return shown + [
        (f"{name.capitalize()} p99", words.percentile(spread, "p99"), "")
        for name, _, spread in words.spreads(report)
    ]


def _figures(report: LoadReport) -> list[Figure]:
    fine = [*charts_over_time(report, MOST_POINTS), *charts_in_all(report)]
    coarse = charts_over_time(report, MOST_ROWS)
    return [_figure(each, rows or each) for each, rows in zip_longest(fine, coarse)]


def _figure(chart: Chart, rows: Chart) -> Figure:
    return Figure(
        chart=chart,
        svg=chart_svg(chart),
        rows=table_of(rows),
        table_note=rows.note.removeprefix(chart.note).strip(),
        legend=chart.lines if len(chart.lines) > 1 or chart.kind == "stacked" else (),
    )
