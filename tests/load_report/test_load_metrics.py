from __future__ import annotations

import loads_told as example
import pytest
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from hangup.load.report.metrics import collect
from hangup.load.report.snapshot import Snapshot
from hangup.openmetrics import registry_of

SNAPSHOT = Snapshot(
    url=example.URL,
    elapsed_s=72.5,
    planned=1000,
    arrived=720,
    opening=2,
    open=698,
    opened=706,
    failed=12,
    broken=8,
    sent=41_200,
    received=41_180,
    lost=3,
    p50=3.1,
    p99=12.0,
    endings={"http-503": 12, "closed-1011-reason": 8},
    latency_ms=example.spread(3.0, 41_180),
)


def read(snapshot: Snapshot) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    registry = registry_of(lambda: collect(snapshot))
    text = generate_latest(registry).decode()  # type: ignore[no-untyped-call]
    families = text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
    return {
        (sample.name, frozenset(sample.labels.items())): float(sample.value)
        for family in families
        for sample in family.samples
    }


@pytest.mark.parametrize(
    ("name", "labels", "value"),
    [
        ("connections", {"state": "open"}, 698),
        ("connections", {"state": "opening"}, 2),
        ("connections_planned", {}, 1000),
        ("elapsed_seconds", {}, 72.5),
        ("arrivals_total", {}, 720),
        ("handshakes_total", {"result": "opened"}, 706),
        ("handshakes_total", {"result": "failed"}, 12),
        ("broken_total", {}, 8),
        ("messages_total", {"kind": "lost"}, 3),
        ("closures_total", {"kind": "http-503"}, 12),
        ("last_second_latency_seconds", {"quantile": "0.99"}, 0.012),
        ("latency_seconds", {"quantile": "0.5"}, 0.003),
        ("latency_seconds_count", {}, 41_180),
        ("latency_seconds_sum", {}, 41_180 * 0.0036),
    ],
)
def test_what_a_snapshot_knows_is_read_from_the_page(
    name: str, labels: dict[str, str], value: float
) -> None:
    found = read(SNAPSHOT)
    assert found[f"hangup_load_{name}", frozenset(labels.items())] == pytest.approx(value)


def test_a_run_that_has_not_begun_has_a_page_too() -> None:
    found = read(Snapshot(url=example.URL, elapsed_s=0.0, planned=10))
    assert found["hangup_load_latency_seconds_count", frozenset()] == 0


def test_a_hostile_kind_stays_in_its_label() -> None:
    found = read(Snapshot(url="", elapsed_s=1.0, planned=1, endings={'a"}\n# EOF\x00': 1}))
    kinds = [dict(labels).get("kind") for name, labels in found if "closures" in name]
    assert kinds == ['a"}\\n# EOF\\x00']


def test_every_counter_and_every_second_is_named_as_openmetrics_asks() -> None:
    for family in collect(SNAPSHOT):
        assert family.documentation.endswith(".")
        assert not family.unit or family.name.endswith(f"_{family.unit}")
