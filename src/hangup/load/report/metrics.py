"""A load while it runs, as families of metrics for OpenMetrics and Prometheus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
    SummaryMetricFamily,
)

from hangup.load.document import Spread
from hangup.load.report.snapshot import Snapshot
from hangup.report.escape import show

PREFIX = "hangup_load"
QUANTILES = {"0.5": "p50", "0.9": "p90", "0.95": "p95", "0.99": "p99", "0.999": "p999"}


def collect(snapshot: Snapshot) -> Iterator[Metric]:
    """Give the families of one snapshot; seconds and counts, as OpenMetrics asks for.

    The URL is no label: one process makes one load, and an address there would part its series.
    """
    yield from _gauges(snapshot)
    yield from _counters(snapshot)
    yield _latency(snapshot.latency_ms)


def _gauges(snapshot: Snapshot) -> Iterator[Metric]:
    connections = _gauge("connections", "Connections now, by state.", labels=["state"])
    connections.add_metric(["opening"], snapshot.opening)
    connections.add_metric(["open"], snapshot.open)
    yield connections
    planned = _gauge("connections_planned", "Connections that should arrive.")
    planned.add_metric([], snapshot.planned)
    yield planned
    elapsed = _gauge("elapsed_seconds", "Time since the run began.", unit="seconds")
    elapsed.add_metric([], snapshot.elapsed_s)
    yield elapsed
    latest = _gauge(
        "last_second_latency_seconds",
        "Percentiles of the last second alone, from the intended start to the reply.",
        unit="seconds",
        labels=["quantile"],
    )
    latest.add_metric(["0.5"], snapshot.p50 / 1000)
    latest.add_metric(["0.99"], snapshot.p99 / 1000)
    yield latest


def _counters(snapshot: Snapshot) -> Iterator[Metric]:
    handshakes = _counter("handshakes", "Openings, by what became of them.", "result")
    handshakes.add_metric(["opened"], snapshot.opened)
    handshakes.add_metric(["failed"], snapshot.failed)
    yield handshakes
    yield _total("arrivals", "Connections that arrived.", snapshot.arrived)
    yield _total("broken", "Connections that ended otherwise than wanted.", snapshot.broken)
    messages = _counter("messages", "Messages, by what became of them.", "kind")
    messages.add_metric(["sent"], snapshot.sent)
    messages.add_metric(["received"], snapshot.received)
    messages.add_metric(["lost"], snapshot.lost)
    yield messages
    closures = _counter("closures", "Connections that ended, by kind of ending.", "kind")
    for kind, number in sorted(snapshot.endings.items()):
        closures.add_metric([show(kind, 60)], number)
    yield closures


def _latency(spread: Spread) -> Metric:
    about = "From the intended start of a message to its reply, over the whole run."
    name = f"{PREFIX}_latency_seconds"
    summary = SummaryMetricFamily(name, about, unit="seconds")
    for quantile, field in QUANTILES.items():
        value = getattr(spread, field) / 1000 if spread.count else float("nan")
        summary.add_sample(name, {"quantile": quantile}, value)
    summary.add_metric([], spread.count, spread.mean * spread.count / 1000)
    return summary


def _gauge(name: str, about: str, unit: str = "", labels: Sequence[str] = ()) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{PREFIX}_{name}", about, labels=labels, unit=unit)


def _counter(name: str, about: str, label: str) -> CounterMetricFamily:
    return CounterMetricFamily(f"{PREFIX}_{name}", about, labels=[label])


def _total(name: str, about: str, value: float) -> CounterMetricFamily:
    return CounterMetricFamily(f"{PREFIX}_{name}", about, value=value)
