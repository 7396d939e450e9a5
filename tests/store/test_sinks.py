"""What was recorded goes out as JSON lines and as spans, and the environment chooses which."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from seen_examples import HANGUP_ID, NOW, TRACE_ID, caught, connection

from hangup.errors import UsageError
from hangup.incident import MessageSeen, Seen
from hangup.store import Store
from hangup.store.chosen import parse_duration, parse_size, sink_of
from hangup.store.lines import MOST_LINE, JsonLines
from hangup.store.spans import Spans


def lines_of(*items: Seen) -> list[dict[str, object]]:
    reading, writing = os.pipe()
    sink = JsonLines(writing)
    for item in items:
        sink.put(item)
    sink.close()
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        return [json.loads(line) for line in pipe]


def spans_of(*items: Seen) -> list[ReadableSpan]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    sink = Spans(provider.get_tracer("test"))
    for item in items:
        sink.put(item)
    sink.close()
    return list(exporter.get_finished_spans())


def test_a_line_is_an_object_that_says_what_it_is() -> None:
    incident, seen = lines_of(caught(), connection())

    assert (incident["hangup"], incident["id"]) == ("incident", caught().id)
    assert (incident["exception"], incident["frame"]) == ("NameError", caught().frame)
    assert (seen["hangup"], seen["peer"]) == ("connection", "10.0.0.7:51000")


def test_a_line_is_short_enough_for_collectors() -> None:
    many = tuple(MessageSeen(after=0, sent=True, size=9, data=b"word " * 50) for _ in range(200))
    (line,) = lines_of(connection(messages=many, outcome="word " * 5000))

    assert len(json.dumps(line)) < MOST_LINE
    assert line["messages"] == []


def test_lines_that_overflow_are_counted_in_a_line() -> None:
    reading, writing = os.pipe()
    sink = JsonLines(writing, most_waiting=5)
    while sink.dropped == 0:  # until the pipe is full, since nobody reads it
        sink.put(connection(outcome="word " * 1000))
    with os.fdopen(reading, "rb") as pipe:
        told = 0
        while told < sink.dropped:
            line = json.loads(pipe.readline())
            told += line["count"] if line["hangup"] == "dropped" else 0
        sink.close()  # what still waits fits into the pipe
        os.close(writing)
        assert told == sink.dropped


def test_a_handshake_is_one_short_span_however_many_messages() -> None:
    many = tuple(MessageSeen(after=n, sent=True, size=9) for n in range(50))
    (span,) = spans_of(connection(messages=many, count=50))

    assert span.name == "websocket handshake"
    assert span.start_time == int(NOW * 1e9)
    assert span.end_time is not None
    assert span.end_time - span.start_time == pytest.approx(4_000_000, abs=1000)
    assert span.attributes is not None
    assert span.attributes["hangup.id"] == HANGUP_ID
    assert span.attributes["hangup.close.code"] == 1011


def test_spans_belong_to_the_trace_of_the_request() -> None:
    (span,) = spans_of(connection())

    assert span.parent is not None
    assert f"{span.parent.trace_id:032x}" == TRACE_ID
    assert f"{span.parent.span_id:016x}" == HANGUP_ID


def test_a_failure_is_a_span_linked_to_its_handshake() -> None:
    handshake, failure = spans_of(caught(), connection())

    assert failure.name == "websocket masked-exception"
    assert [link.context for link in failure.links] == [handshake.context]
    (event,) = failure.events
    assert event.name == "exception"
    assert event.attributes is not None
    assert event.attributes["exception.type"] == "NameError"
    assert "app/auth.py:212" in str(event.attributes["exception.stacktrace"])


def test_a_failure_whose_connection_lives_on_is_told_at_the_end() -> None:
    (failure,) = spans_of(caught())
    assert failure.links == ()


@pytest.mark.parametrize("off", ["", "0", "off"])
def test_without_the_variable_there_is_no_sink(off: str) -> None:
    assert sink_of({"HANGUP_RECORD": off}) is None


def test_the_environment_chooses_the_sink_and_its_limits(tmp_path: Path) -> None:
    path = os.fspath(tmp_path / "s.db")
    store = sink_of({"HANGUP_RECORD": path, "HANGUP_MAX_SIZE": "2M", "HANGUP_MAX_AGE": "1h"})

    assert isinstance(store, Store)
    assert (store.path, store.limits.max_size, store.limits.max_age) == (path, 2 * 1024**2, 3600)
    store.close()
    assert isinstance(sink_of({"HANGUP_RECORD": "stderr"}), JsonLines)
    assert isinstance(sink_of({"HANGUP_RECORD": "otel"}), Spans)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("15m", 900), ("1.5h", 5400), ("7d", 604_800), ("2W", 1_209_600)],
)
def test_a_duration_is_a_number_and_a_unit(text: str, seconds: float) -> None:
    assert parse_duration(text, "--since") == seconds


@pytest.mark.parametrize("text", ["", "1", "h", "-1h", "0s", "1 hour", "1e3s", "inf d"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"--since: .* is no duration"):
        parse_duration(text, "--since")


@pytest.mark.parametrize(("text", "size"), [("1M", 2**20), ("2g", 2**31), ("64 MiB", 2**26)])
def test_a_size_is_a_number_and_a_unit(text: str, size: int) -> None:
    assert parse_size(text, "--max-size") == size


@pytest.mark.parametrize("text", ["", "M", "1T", "-5M", "1000", "1.5G"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--max-size"):
        parse_size(text, "--max-size")
