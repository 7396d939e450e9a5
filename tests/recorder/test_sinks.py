"""Sinks never wait and never fail, and say how much they dropped."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import threading
from typing import Any

import pytest

from hangup.incident import Caught, ConnectionSeen
from hangup.recorder.sinks import RECORD_TO, StderrSink, sink_from_environment

CAUGHT = Caught(at=1.0, kind="exception", exception="KeyError")
SEEN = ConnectionSeen(at=1.0, connection="c1")


class Stuck(io.StringIO):
    """A stream whose reader does not read until it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()

    def write(self, text: str) -> int:
        self.go_on.wait(10)
        return super().write(text)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_each_failure_and_connection_is_one_line_of_json() -> None:
    stream = io.StringIO()
    sink = StderrSink(stream=stream)
    sink.put(CAUGHT)
    sink.put(SEEN)
    sink.flush()

    failure, connection = lines(stream)
    assert (failure["hangup"], failure["id"], failure["exception"]) == (
        "failure",
        CAUGHT.id,
        "KeyError",
    )
    assert (connection["hangup"], connection["connection"]) == ("connection", "c1")


def test_a_collector_that_does_not_read_holds_up_nobody_and_what_is_dropped_is_counted() -> None:
    stream = Stuck()
    sink = StderrSink(stream=stream, most=10)
    for _ in range(5000):
        sink.put(CAUGHT)
    stream.go_on.set()
    sink.flush(5.0)

    assert len(lines(stream)) + sink.dropped == 5000
    assert sink.dropped >= 4980


def test_a_stream_that_is_closed_is_no_failure() -> None:
    stream = io.StringIO()
    stream.close()
    sink = StderrSink(stream=stream)
    sink.put(CAUGHT)
    sink.flush()

    assert sink.dropped == 1


def test_the_last_lines_are_written_when_the_process_ends() -> None:
    program = (
        "from hangup.recorder import StderrSink; from hangup.incident import Caught;"
        "sink = StderrSink(); [sink.put(Caught(at=1.0, kind='exception')) for _ in range(100)]"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert len(run.stderr.splitlines()) == 100


@pytest.mark.parametrize("target", [None, "stderr"])
def test_without_a_store_lines_go_to_stderr(
    target: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(RECORD_TO, raising=False)
    if target:
        monkeypatch.setenv(RECORD_TO, target)

    assert isinstance(sink_from_environment(), StderrSink)
