from __future__ import annotations

import report_examples as example
from msgspec.structs import replace

from hangup import event as ev
from hangup.report.happenings import event_name, event_text
from hangup.report.timeline import Segment, layers_of, telling_trace


def test_layers_follow_each_other() -> None:
    assert layers_of(example.incident_trace()) == (
        Segment("tcp", 0.0003, 0.0006, True),
        Segment("upgrade", 0.0009, 0.0035, True),
        Segment("open", 0.0035, 0.0066, False),
    )


def test_a_close_of_our_choice_is_no_bad_end() -> None:
    assert layers_of(example.healthy_trace())[-1].good


def test_the_layer_that_failed_ends_the_waterfall() -> None:
    layers = [(s.layer, s.good) for s in layers_of(example.certificate_trace())]
    assert layers == [("tcp", True), ("tls", False)]


def test_a_name_that_is_asked_for_takes_time() -> None:
    resolved = ev.Resolved(at=0.3, host="a", addresses=("::1",), source="system", took=0.2)
    (segment,) = layers_of(example.trace(resolved))
    assert (segment.layer, round(segment.end - segment.start, 3)) == ("dns", 0.2)


def test_the_telling_trace_is_the_one_whose_closure_is_given() -> None:
    traces = [example.plain_trace("t0"), example.incident_trace()]
    assert telling_trace(example.incident_diagnosis(), traces) is traces[1]


def test_without_a_closure_the_baseline_tells() -> None:
    traces = [example.plain_trace("t0"), example.refused_trace()]
    found = example.diagnosis(traces[1], "auth.refused")
    assert found.closure is None
    assert telling_trace(found, traces) is traces[1]


def test_without_traces_none_tells() -> None:
    assert telling_trace(example.incident_diagnosis(), []) is None


def _sample(kind: type[ev.Occurrence]) -> ev.Occurrence:
    samples = {"str": "x", "int": 1, "float": 1.0, "bool": True, "bytes": b"\xff\x1b"}
    values: dict[str, object] = {}
    for name, annotation in kind.__annotations__.items():
        first = str(annotation).split("|")[0].strip()
        literal = {"opcode": "text", "source": "system"}.get(name)
        values[name] = literal or samples.get(first, ())
    return kind(at=1.0, **values)


def test_every_kind_of_event_has_words() -> None:
    for kind in ev.Event.__args__:
        event = _sample(kind)
        assert event_text(event).isprintable(), kind
        assert event_name(event).islower()


def test_a_payload_that_was_cut_ends_in_an_ellipsis() -> None:
    frame = replace(example.sent(1.0, "abc"), size=5000)
    assert event_text(frame) == "text, 4.9 KiB: 'abc…'"


def test_a_body_that_was_not_kept_is_told_of() -> None:
    answer = replace(example.answered(403, "No"), body_size=50)
    assert event_text(answer).endswith("; body of 50 bytes, encoded and so not kept")
