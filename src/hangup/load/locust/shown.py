"""How WebSockets ended, beside Locust's statistics: in the terminal, on its web page, in files."""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import msgspec
from locust.env import Environment

from hangup import __version__
from hangup.load.document import Spread
from hangup.load.locust.batch import Count, Totals
from hangup.load.locust.station import Station

SCHEMA = "hangup.locust/1"
COLUMNS = (
    "count", "ending", "wanted", "code", "reason", "closed_by", "cause", "layer", "sure", "after",
)  # fmt: skip
MOST_AFTER = 3
"""What connections ended after, as many as are shown in one line."""
SUFFIX = "_hangup"

log = logging.getLogger("hangup.load.locust")
console = logging.getLogger("locust.stats_logger")


def show(environment: Environment, station: Station) -> None:
    """Print the table, and write the files beside those of `--csv`."""
    options: Any = environment.parsed_options
    if not getattr(options, "json", False):
        for line in table(station):
            console.info(line)
    prefix = getattr(options, "csv_prefix", None)
    if prefix:
        _write(Path(f"{prefix}{SUFFIX}.csv"), as_csv(station.totals))
        _write(Path(f"{prefix}{SUFFIX}.json"), as_json(station))


def table(station: Station) -> Iterator[str]:
    """Give the lines of the terminal."""
    totals = station.totals
    yield "WebSockets (hangup)"
    yield (
        f"opened {totals.opened:,}, not opened {totals.failed:,}, broken {totals.broken:,}; "
        f"messages sent {totals.sent:,}, received {totals.received:,}, no reply {totals.lost:,}, "
        f"cut by the stop {totals.cut:,}"
    )
    yield "latency " + _percentiles(totals.latency.spread())
    yield f"{'count':>9}  {'ending':<44} {'cause or layer':<34} after"
    for each in totals.counts():
        kind = each.kind
        words = kind.words if kind.wanted is False else f"{kind.words} (as it should)"
        yield f"{each.count:>9,}  {words:<44} {_why(each):<34} {_after(each)}"
    for line in station.trouble:
        yield f"INCOMPLETE: {line}"
    yield ""


def as_csv(totals: Totals) -> str:
    """Give one line for each way of ending (RFC 4180)."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for each in totals.counts():
        kind = each.kind
        after = " ".join(f"{what}={count}" for what, count in each.after.items())
        row = (
            each.count, kind.kind, kind.wanted, kind.code, kind.reason, kind.closed_by, kind.cause,
            kind.layer, kind.sure, after,
        )  # fmt: skip
        writer.writerow(_harmless(value) for value in row)
    return text.getvalue()


def as_json(station: Station) -> str:
    """Give all as a document."""
    totals = station.totals
    return msgspec.json.format(
        msgspec.json.encode(
            {
                "schema": SCHEMA,
                "hangup": __version__,
                "complete": not station.trouble,
                "trouble": station.trouble,
                "connections": {
                    "opened": totals.opened,
                    "failed": totals.failed,
                    "broken": totals.broken,
                },
                "messages": {
                    "sent": totals.sent,
                    "received": totals.received,
                    "lost": totals.lost,
                    "cut": totals.cut,
                },
                "latency_ms": totals.latency.spread(),
                "opening_ms": totals.opening.spread(),
                "closures": totals.counts(),
            }
        )
    ).decode()


def as_html(station: Station) -> str:
    """Give a page without scripts."""
    rows = "".join(
        f"<tr><td>{each.count:,}<td>{escape(each.kind.words)}<td>{escape(_why(each))}"
        f"<td>{escape(_after(each))}"
        for each in station.totals.counts()
    )
    said = "".join(f"<p><strong>incomplete: {escape(line)}</strong>" for line in station.trouble)
    counts = escape(list(table(station))[1])
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>WebSockets</title>"
        "<style>body{font:15px system-ui;margin:2em}td,th{padding:.2em 1em;text-align:left}</style>"
        f"<h1>WebSockets</h1><p>{counts}<p>latency {_percentiles(station.totals.latency.spread())}"
        f"{said}<table><tr><th>count<th>ending<th>cause or layer<th>after{rows}</table>"
        '<p><a href="hangup.csv">CSV</a> <a href="hangup.json">JSON</a>'
    )


def serve_page(environment: Environment, station: Station) -> None:
    """Add /hangup, /hangup.csv and /hangup.json to Locust's web page, where it has one."""
    web = environment.web_ui
    if web is None or web.app is None:
        return
    base = getattr(environment.parsed_options, "web_base_path", None) or ""
    pages = {
        "hangup": ("text/html", lambda: as_html(station)),
        "hangup.csv": ("text/csv", lambda: as_csv(station.totals)),
        "hangup.json": ("application/json", lambda: as_json(station)),
    }
    for name, (kind, render) in pages.items():
        view = web.auth_required_if_enabled(_view(kind, render))
        web.app.add_url_rule(f"{base}/{name}", f"hangup {name}", view)


def _view(kind: str, render: Any) -> Any:
    def view() -> Any:
        return render(), 200, {"Content-Type": f"{kind}; charset=utf-8"}

    return view


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as exc:
        log.error("%s cannot be written: %s", path, exc.strerror)


def _why(each: Count) -> str:
    return each.kind.cause or each.kind.layer or ""


def _after(each: Count) -> str:
    shown = list(each.after.items())[:MOST_AFTER]
    rest = len(each.after) - len(shown)
    more = f" and {rest} more" if rest > 0 else ""
    return ", ".join(f"{what} ({count:,})" for what, count in shown) + more


def _percentiles(spread: Spread) -> str:
    return (
        f"p50 {spread.p50:.1f} ms, p95 {spread.p95:.1f} ms, p99 {spread.p99:.1f} ms, "
        f"max {spread.max:.1f} ms"
    )


def _harmless(value: object) -> object:
    """Keep a spreadsheet from taking a server's text for a formula."""
    text = isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r")
    return f"'{value}" if text else value
