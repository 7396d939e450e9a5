"""What a run can be judged by: every name that a condition may use, and how it is read."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from hangup.causes import CAUSES
from hangup.ending import LOST
from hangup.load.document import Closures, LoadReport, Spread
from hangup.load.drift import MEASURES

Read = Callable[[LoadReport, str], float | None]
"""Reads a number off a report, None where the run has none; the text is what stands for a family.

Times are in milliseconds.
"""
TIMES = ("us", "ms", "s")
PLAIN = ("",)
SHARE = ("", "%")
_UNITS = {"ms": (*TIMES, "%"), "MB": ("MB", "%"), "/s": SHARE}


@dataclass(frozen=True, slots=True)
class Quantity:
    """One name, or a family of names whose last part is one of `members`.

    `whole` is what a percentage is of.
    """

    name: str
    means: str
    units: tuple[str, ...]
    of: Read
    whole: Read | None = None
    members: Callable[[], Collection[str]] | None = None

    @property
    def names(self) -> list[str]:
        """All names that it stands for."""
        if self.members is None:
            return [self.name]
        return [f"{self.name.partition('.')[0]}.{member}" for member in self.members()]


def _spread(prefix: str, what: str, spread: Callable[[LoadReport], Spread]) -> tuple[Quantity, ...]:
    return tuple(
        Quantity(f"{prefix}{field}", f"{words} of {what}", TIMES, _of_spread(spread, field))
        for field, words in _FIELDS.items()
    )


_FIELDS = {
    "p50": "the median",
    "p90": "the 90th percentile",
    "p95": "the 95th percentile",
    "p99": "the 99th percentile",
    "p999": "the 99.9th percentile",
    "mean": "the mean",
    "max": "the largest",
}


def _of_spread(spread: Callable[[LoadReport], Spread], field: str) -> Read:
    def read(report: LoadReport, _: str) -> float | None:
        found = spread(report)
        return float(getattr(found, field)) if found.count else None

    return read


def _arrived(report: LoadReport, _: str) -> float | None:
    return report.connections.arrived or None


def _sent(report: LoadReport, _: str) -> float | None:
    return report.messages.sent or None


def _connections(name: str, means: str) -> Quantity:
    def read(report: LoadReport, _: str) -> float | None:
        return getattr(report.connections, name) if report.connections.arrived else None

    return Quantity(name, means, SHARE, read, _arrived)


def _messages(name: str, means: str) -> Quantity:
    def read(report: LoadReport, _: str) -> float | None:
        return getattr(report.messages, name) if report.messages.sent else None

    return Quantity(name, means, SHARE, read, _sent)


def _rate(report: LoadReport, _: str) -> float | None:
    told = report.messages.sent and report.elapsed_s > 0
    return report.messages.received / report.elapsed_s if told else None


def _ended(matches: Callable[[Closures, str], bool]) -> Read:
    """Count the connections that ended in a way, but for the end that was asked for."""

    def read(report: LoadReport, member: str) -> float | None:
        if not report.connections.arrived:
            return None
        ways = (each for each in report.closures if not each.wanted and matches(each, member))
        return sum(each.count for each in ways)

    return read


def _has_code(closures: Closures, code: str) -> bool:
    if closures.code is None:
        return code == "1006" and closures.kind in LOST
    return str(closures.code) == code


def _drift(name: str, what: str, unit: str) -> Quantity:
    def grown(report: LoadReport, _: str) -> float | None:
        found = next((drift for drift in report.drifts if drift.what == what), None)
        return (found.last - found.first if found.grows else 0.0) if found else None

    def first(report: LoadReport, _: str) -> float | None:
        return next((drift.first for drift in report.drifts if drift.what == what), None)

    means = f"by how much {what} grew from the first quarter to the last, 0 within its noise"
    return Quantity(f"drift.{name}", means, _UNITS[unit], grown, first)


QUANTITIES: tuple[Quantity, ...] = (
    *_spread(
        "", "the time from the intended start of a message to its reply", lambda r: r.latency_ms
    ),
    *_spread("opening.", "the time from the intended arrival to the 101", lambda r: r.opening_ms),
    *_spread("lag.", "how much later than intended hangup itself began", lambda r: r.lag_ms),
    _connections("opened", "connections that opened"),
    _connections("failed", "connections that never opened"),
    _connections("broken", "connections that opened and ended otherwise than wanted"),
    Quantity(
        "arrived",
        "connections that arrived; a percentage is of those planned",
        SHARE,
        lambda report, _: report.connections.arrived,
        lambda report, _: report.connections.planned or None,
    ),
    Quantity("peak", "the most connections open at once", PLAIN, lambda r, _: r.connections.peak),
    _messages("sent", "messages sent"),
    _messages("received", "messages received"),
    _messages("lost", "messages without a reply"),
    Quantity("rate", "messages received a second, over the whole run", PLAIN, _rate),
    Quantity(
        "closed.CODE",
        "connections closed with a code from 1000 to 4999, whoever closed, other than as wanted; "
        "1006 is an end without a close frame",
        SHARE,
        _ended(_has_code),
        _arrived,
        lambda: [str(code) for code in range(1000, 5000)],
    ),
    Quantity(
        "cause.ID",
        "connections whose end has a cause of the catalogue",
        SHARE,
        _ended(lambda closures, cause: closures.cause == cause),
        _arrived,
        lambda: [cause.id for cause in CAUSES],
    ),
    Quantity(
        "layer.NAME",
        "connections whose end lies in a layer",
        SHARE,
        _ended(lambda closures, layer: closures.layer == layer),
        _arrived,
        lambda: list(dict.fromkeys(cause.layer for cause in CAUSES)),
    ),
    *(_drift(measure.name, measure.what, measure.unit) for measure in MEASURES),
)
