"""Traces that were written once stay readable: one event of each kind, as it was written first.

A line of the file is never changed. A new kind of event gets a line of its own.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from generated import EVENT_TYPES

from hangup.trace import dump_traces, load_traces

FILE = Path(__file__).with_name("one_of_each.ndjson")
LINES = FILE.read_bytes().splitlines()


def event_of(line: bytes) -> dict[str, object]:
    """Give the one event of a line, as plain JSON."""
    (event,) = msgspec.json.decode(line)["events"]
    assert isinstance(event, dict)
    return event


def test_every_kind_of_event_has_its_line() -> None:
    kept = {event_of(line)["event"] for line in LINES}
    assert kept == {kind.__struct_config__.tag for kind in EVENT_TYPES}


@pytest.mark.parametrize("line", LINES, ids=lambda line: str(event_of(line)["event"]))
def test_a_line_is_read_with_all_that_it_says(line: bytes) -> None:
    (trace,) = load_traces([line], str(FILE))
    (event,) = trace.events
    again = event_of(dump_traces([trace]).strip())
    assert again["event"] == event.__struct_config__.tag
    lost = {key for key, value in event_of(line).items() if again.get(key) != value}
    assert lost == set()


def test_a_field_that_a_later_release_adds_is_passed_over() -> None:
    line = LINES[0].replace(b'"events":[{', b'"colour":"red","events":[{"colour":"red",', 1)
    assert [*load_traces([line], "f")] == [*load_traces(LINES[:1], "f")]
