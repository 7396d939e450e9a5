"""The page of metrics is one that Prometheus reads, on loopback unless told otherwise."""

from __future__ import annotations

import socket
import sys
import urllib.request
from collections.abc import Iterator

import pytest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from hangup.errors import UsageError
from hangup.openmetrics import parse_place, serve

OPENMETRICS = "application/openmetrics-text; version=1.0.0"
HOSTILE = 'ws://host/"\\\n\u202e'


def some() -> Iterator[Metric]:
    gauge = GaugeMetricFamily("hangup_state", "How it is.", labels=("url",))
    gauge.add_metric((HOSTILE,), 1.0)
    yield gauge
    yield CounterMetricFamily("hangup_rounds", "How many.", value=3)


def fetched(url: str, accept: str) -> tuple[str, str]:
    request = urllib.request.Request(url, headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


def test_the_page_is_openmetrics_for_those_who_ask_for_it() -> None:
    with serve(some, 0) as url:
        kind, page = fetched(url, OPENMETRICS)
    gauge, counter = text_string_to_metric_families(page)  # type: ignore[no-untyped-call]
    assert kind.startswith("application/openmetrics-text")
    assert gauge.samples[0].labels == {"url": HOSTILE}
    assert (counter.samples[0].name, counter.samples[0].value) == ("hangup_rounds_total", 3.0)


def test_the_page_is_plain_for_others() -> None:
    with serve(some, 0) as url:
        kind, page = fetched(url, "text/plain")
    assert kind.startswith("text/plain")
    assert "# EOF" not in page


def test_nothing_of_this_process_is_told() -> None:
    with serve(some, 0) as url:
        _, page = fetched(url, OPENMETRICS)
    assert "python" not in page
    assert "process" not in page


def test_the_port_is_free_again_afterwards() -> None:
    with serve(some, 0) as url:
        port = int(url.rpartition(":")[2].partition("/")[0])
    with socket.create_server(("127.0.0.1", port)) as again:
        assert again.getsockname()[1] == port


def test_a_port_in_use_is_refused_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(UsageError, match=f"--metrics: 127.0.0.1:{port} cannot be listened on"),
            serve(some, port),
        ):
            pass


def test_a_host_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="cannot be listened on"), serve(some, 0, "192.0.2.1"):
        pass


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(UsageError, match=r"pip install 'hangup\[watch\]'"), serve(some, 0):
        pass


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("9100", ("127.0.0.1", 9100)),
        ("0.0.0.0:0", ("0.0.0.0", 0)),
        ("[::1]:65535", ("::1", 65535)),
        ("example.com:80", ("example.com", 80)),
    ],
)
def test_a_place_is_a_port_with_or_without_a_host(text: str, place: tuple[str, int]) -> None:
    assert parse_place(text, "--metrics") == place


@pytest.mark.parametrize("text", ["", ":", ":9100", "host:", "::1:9100", "65536", "-1", "x", "٣"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no \\[HOST:\\]PORT"):
        parse_place(text, "--metrics")
