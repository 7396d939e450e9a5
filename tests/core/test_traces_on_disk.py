"""Traces come back from their lines as they went in, and lines that are none are named."""

from __future__ import annotations

import msgspec
import pytest
from generated import ANY_TRACES, EVENT_TYPES, structs, traces_of
from hand_made import works
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hangup.errors import UnreadableTraceError
from hangup.event import Connected
from hangup.trace import SCHEMA, Trace, dump_traces, load_traces


@pytest.mark.parametrize("kind", EVENT_TYPES, ids=lambda kind: kind.__name__)
@settings(max_examples=20)
@given(data=st.data())
def test_an_event_of_each_type_comes_back_as_it_was(kind: type, data: st.DataObject) -> None:
    trace = data.draw(traces_of(st.lists(structs(kind), min_size=1, max_size=2)))
    assert list(load_traces(dump_traces([trace]).splitlines(), "f")) == [trace]


@given(st.lists(ANY_TRACES, max_size=3))
def test_each_trace_is_one_line(traces: list[Trace]) -> None:
    assert dump_traces(traces).count(b"\n") == len(traces)


@given(ANY_TRACES)
def test_a_line_names_its_schema_first(trace: Trace) -> None:
    assert dump_traces([trace]).startswith(b'{"schema":"%s"' % SCHEMA.encode())


def test_empty_lines_are_passed_over() -> None:
    lines = [b"", *dump_traces([works()]).splitlines(), b"  \n"]
    assert list(load_traces(lines, "f")) == [works()]


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[]",
        b"null",
        b"{}",
        b'"\xff"',
        b'{"schema":"hangup.trace/2"}',
        dump_traces([works()])[:-30],
        dump_traces([works()]).replace(b'"event":"upgraded"', b'"event":"landed"'),
        dump_traces([works()]).replace(b'"at":0.0', b'"at":"soon"', 1),
        b'{"schema":"hangup.trace/1","x":' + b"[" * 100_000,
    ],
)
def test_a_line_that_is_no_trace_is_named_by_its_number(line: bytes) -> None:
    lines = [*dump_traces([works()]).splitlines(), b"", line]
    with pytest.raises(UnreadableTraceError) as caught:
        list(load_traces(lines, "runs.ndjson"))
    assert (caught.value.source, caught.value.line) == ("runs.ndjson", 3)
    assert str(caught.value).startswith("runs.ndjson, line 3: ")


def test_what_stands_before_a_bad_line_is_given() -> None:
    found = load_traces([*dump_traces([works()]).splitlines(), b"{"], "f")
    assert next(found) == works()


@given(ANY_TRACES, st.binary(min_size=1, max_size=4), st.data())
def test_a_damaged_line_is_a_trace_or_an_error_of_ours(
    trace: Trace, junk: bytes, data: st.DataObject
) -> None:
    whole = dump_traces([trace])
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = (whole[:at] + junk + whole[at + len(junk) :]).replace(b"\n", b" ")
    try:
        read = list(load_traces([damaged], "f"))
    except UnreadableTraceError as exc:
        assert exc.line == 1  # noqa: PT017 - either outcome is right
    else:
        assert all(isinstance(each, Trace) for each in read)


def test_a_later_version_may_add_keys() -> None:
    line = msgspec.json.encode(msgspec.json.decode(dump_traces([works()])) | {"mood": "good"})
    assert list(load_traces([line], "f")) == [works()]


ODD = [-1.0, -1e300, 1e300, 1e18, 5e-324]


@pytest.mark.parametrize("began", [b"-1", b"-1e300", b"1e300", b"1e18", b"1e999", b"NaN", b"null"])
def test_a_beginning_that_is_no_date_is_named(began: bytes) -> None:
    line = dump_traces([works()]).replace(b'"began":1790000000.0', b'"began":' + began)
    with pytest.raises(UnreadableTraceError, match=r"^f, line 1: [^\n]+$"):
        list(load_traces([line], "f"))


@pytest.mark.parametrize("seconds", ODD)
@pytest.mark.parametrize("field", ["at", "took"])
def test_an_odd_time_of_an_event_is_named(field: str, seconds: float) -> None:
    event = replace(
        Connected(at=0.1, address="::1", port=1, local="", took=0.1), **{field: seconds}
    )
    raw = dump_traces([replace(works(), events=(*works().events, event))])
    told = f"f, line 1: event {len(works().events)}: {field} is no number of seconds"
    with pytest.raises(UnreadableTraceError, match=told):
        list(load_traces([raw], "f"))
