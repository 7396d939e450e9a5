"""What came of a load in words and figures that every report shares."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal

from hangup.load.document import Break, Closures, Drift, LoadReport, Spread, Start, Threshold
from hangup.report.escape import show
from hangup.report.units import duration, percent

Outcome = Literal["healthy", "fault", "inconclusive"]
"""As a diagnosis has it, since the pages and the terminal mark these three."""
OUTCOME_WORDS: dict[Outcome, str] = {
    "healthy": "passed",
    "fault": "failed",
    "inconclusive": "not finished",
}
PERCENTILES = ("p50", "p90", "p95", "p99", "p999", "max")
PERCENTILE_NAMES = {"p999": "p99.9"}
UNIT = re.compile(r"\d\s*([a-zA-Zµ%]{1,9})\s*\Z")


def outcome_of(report: LoadReport) -> Outcome:
    """Say whether the run counts as borne: by its thresholds alone where there are some.

    Without one nothing may fail. A run that was cut short, or never began, proves nothing.
    """
    met = report.connections
    if any(each.failed for each in report.thresholds):
        return "fault"
    if not report.thresholds and (report.first_break or met.failed or met.broken):
        return "fault"
    if report.interrupted or met.arrived < max(met.planned, 1):
        return "inconclusive"
    return "healthy"


def headline(report: LoadReport) -> str:
    """Say what happened in one line, the worst first, without a full stop."""
    if report.first_break is not None:
        return _broke(report, report.first_break)
    if failed := [each for each in report.thresholds if each.failed]:
        more = f", and {many(len(failed) - 1, 'other condition')}" if len(failed) > 1 else ""
        return f"Failed by {failed[0].text} ({found(failed[0])}){more}"
    return _course(report)


def _broke(report: LoadReport, broke: Break) -> str:
    """Say at how many it broke; who was let in can have been ended by anything, so is one of many.

    What the break's own words say of further kinds is left to them.
    """
    met = (each for each in report.closures if (each.kind, each.first) == (broke.kind, broke.first))
    first = next(met, None)
    if first is None:
        return f"Broke {broke.words.rstrip('. ')}"
    said = first.words.rstrip(". ")
    if not broke.first.open:
        return f"Broke with no other connection open: {said}"
    if first.lifetimes:
        others = f"{broke.first.open:,} others open"
        return f"Broke at connection {broke.first.connection:,}, with {others}: {said}"
    return f"Broke at {many(broke.first.open, 'open connection')}: {said}"


def _course(report: LoadReport) -> str:
    met = report.connections
    cut = f"Interrupted after {duration(report.elapsed_s)}: " if report.interrupted else ""
    if not met.arrived:
        return f"{cut}no connection arrived" if cut else "No connection arrived"
    held = max(met.opened - met.broken, 0)
    whole = met.arrived if report.interrupted else met.planned
    said = f"{cut}{held:,} of {many(whole, 'connection')} held"
    return f"{said}; p99 {ms(report.latency_ms.p99)}" if report.latency_ms.count else said


def connections_line(report: LoadReport) -> str:
    """Say what became of the connections."""
    met = report.connections
    return (
        f"{met.planned:,} planned, {met.arrived:,} arrived, {met.opened:,} opened, "
        f"{met.failed:,} failed, {met.broken:,} broken, at most {met.peak:,} open at once"
    )


def messages_line(report: LoadReport) -> str:
    """Say what became of the messages, and how many of them there were in a second."""
    met = report.messages
    rate = met.received / report.elapsed_s if report.elapsed_s > 0 else 0.0
    said = f"{met.sent:,} sent, {met.received:,} received, {met.lost:,} lost"
    return f"{said}, {rate_of(rate)} received per second"


def spreads(report: LoadReport) -> tuple[tuple[str, str, Spread], ...]:
    """Give each spread that has values: its name, what it measures, and itself."""
    named = (
        ("latency", "from the intended start of a message to its reply", report.latency_ms),
        ("opening", "from the intended arrival to the 101", report.opening_ms),
        ("lag", "how much later than intended we began ourselves", report.lag_ms),
    )
    return tuple(each for each in named if each[2].count)


def percentile(spread: Spread, name: str) -> str:
    """Give a percentile with its unit."""
    return ms(getattr(spread, name))


def percentile_name(name: str) -> str:
    """Give a percentile's name as people write it: `p99.9`."""
    return PERCENTILE_NAMES.get(name, name)


def by_count(closures: Iterable[Closures]) -> list[Closures]:
    """Give the closures in the order of a table: what was not wanted first, the most first."""
    return sorted(closures, key=lambda each: (each.wanted, -each.count, each.first.at_s))


def first_words(start: Start) -> str:
    """Say where the first was met."""
    return f"{duration(start.at_s)}, connection {start.connection:,}, {start.open:,} open"


def after_words(closures: Closures, most: int = 3) -> str:
    """Say after what they ended, the most frequent first."""
    ranked = sorted(closures.after.items(), key=lambda item: -item[1])
    told = [f"{show(what)} ({number:,})" for what, number in ranked[:most]]
    rest = len(ranked) - most
    return ", ".join([*told, f"{rest} more"] if rest > 0 else told)


def cause_words(closures: Closures) -> str:
    """Name the judge's cause and how sure it is, or say that there is none."""
    if closures.wanted:
        return "as wanted"
    return f"{closures.cause} ({percent(closures.sure)})" if closures.cause else "undecided"


def found(threshold: Threshold) -> str:
    """Say what was found, in the unit in which the condition is written."""
    if threshold.value is None or not math.isfinite(threshold.value):
        return "nothing to hold it against"
    unit = UNIT.search(threshold.text)
    return f"found {threshold.value:,.6g}{f' {unit[1]}' if unit else ''}"


def verdict_of(threshold: Threshold) -> str:
    """Give a condition's answer in a word; colour may add to it and never stands for it."""
    return "FAILED" if threshold.failed else "passed"


def drift_words(drift: Drift) -> str:
    """Say how something went in the long run."""
    went = "grows" if drift.grows else "steady"
    first, last = (f"{value:,.4g}" for value in (drift.first, drift.last))
    return f"{drift.what}: {went}, {first} {drift.unit} in the first quarter, {last} in the last"


def foot(report: LoadReport) -> str:
    """Say what the run cost the machine that made the load."""
    return (
        f"{duration(report.elapsed_s)}, {duration(report.cpu_s)} of our CPU, "
        f"{report.peak_rss_mb:,.0f} MB of our memory, hangup {report.hangup}"
    )


def began(report: LoadReport) -> str:
    """Say when a run began, in UTC."""
    return datetime.fromtimestamp(report.began, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def many(number: int, noun: str) -> str:
    """Give a number with its noun and with its thousands parted: `1,019 open connections`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def ms(value: float) -> str:
    """Give milliseconds in the unit that keeps them short."""
    return duration(value / 1000, fine=True) if math.isfinite(value) else "unknown"


def rate_of(value: float) -> str:
    """Give a number of things per second."""
    return f"{value:,.1f}" if 0 < value < 10 else f"{value:,.0f}"
