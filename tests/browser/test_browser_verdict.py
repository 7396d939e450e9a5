"""What only a browser met decides a verdict where it was seen twice alike, and else is told."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from hangup.browsed.recorded import same_connection
from hangup.browsed.verdict import with_browser
from hangup.diagnosis import Diagnosis, EndpointSeen
from hangup.event import (
    Connected,
    Connecting,
    Event,
    FrameReceived,
    FrameSent,
    Header,
    PageLoaded,
    PageTold,
    RequestSent,
    ResponseReceived,
    StreamEnded,
    Upgraded,
)
from hangup.incident import ConnectionSeen
from hangup.trace import BROWSER, Trace

LOCAL = "127.0.0.1:40000"
URL = "ws://127.0.0.1/ws"


def _reached(*headers: Header) -> tuple[Event, ...]:
    asked = RequestSent(at=0.0, method="GET", target="/ws", headers=headers, upgrade=True)
    to = {"address": "127.0.0.1", "port": 80}
    return (
        PageLoaded(at=0.0, vantage="page", agent="Chrome 1", origin="x", secure_context=True),
        Connecting(at=0.0, **to),
        Connected(at=0.0, local=LOCAL, took=0.0, **to),
        asked,
    )


def _answer(status: int) -> ResponseReceived:
    return ResponseReceived(
        at=0.1, status=status, reason="", http_version="1.1", headers=(), took=0.1
    )


WORKED = (
    *_reached(("Origin", "https://a.example")),
    _answer(101),
    Upgraded(at=0.1, subprotocol=None, extensions=(), glued=0),
    FrameSent(at=0.2, opcode="close", size=2, code=1000),
    FrameReceived(at=0.2, opcode="close", size=2, wire_size=2, code=1000),
    StreamEnded(at=0.2),
)
REFUSED = (*_reached(("Origin", "https://a.example")), _answer(403))
THREW = (
    PageLoaded(
        at=0.0, vantage="page", agent="Chrome 1", origin="https://a.example", secure_context=True
    ),
    PageTold(at=0.0, vantage="page", what="exception", text="SecurityError: insecure"),
)


def _trace(id: str, experiment: str, events: Sequence[Event]) -> Trace:
    return Trace(id=id, experiment=experiment, url=URL, began=100.0, events=tuple(events))


def _healthy(verdict: str = "healthy") -> Diagnosis:
    return Diagnosis(
        endpoint=EndpointSeen(url=URL),
        verdict=verdict,  # type: ignore[arg-type]
        layer=None,
        cause=None,
        confidence=0.9,
        summary="Nothing is wrong.",
        alternatives=(),
        findings=(),
        closure=None,
        experiments=(),
        next_steps=("Look again.",),
        connections=1,
        elapsed_s=1.0,
        hangup="0",
    )


def _with(*tries: Sequence[Event], base: Sequence[Event] = WORKED) -> Diagnosis:
    traces = [_trace("t1", "baseline", base)]
    traces += [_trace(f"b{i}", BROWSER, each) for i, each in enumerate(tries, start=1)]
    return with_browser(_healthy(), traces)


def test_mixed_content_is_its_cause_with_the_exception_as_evidence() -> None:
    told = _with(THREW, THREW)
    assert (told.verdict, told.cause) == ("fault", "client.mixed-content")
    assert [(e.trace, e.event) for e in told.findings[0].evidence] == [("b2", 1)]
    assert told.connections == 1


def test_a_refusal_that_only_the_browser_met_is_a_fault_whose_cause_is_not_known() -> None:
    told = _with(REFUSED, REFUSED)
    assert (told.verdict, told.layer, told.cause) == ("fault", "client", None)
    assert told.connections == 3


def test_a_failure_that_was_met_once_of_twice_decides_nothing() -> None:
    told = _with(REFUSED, WORKED)
    assert told.verdict == "healthy"
    assert "did not end alike each time: 403; then open until we closed it" in told.summary


def test_what_the_browser_meets_alike_changes_no_verdict() -> None:
    told = _with(REFUSED, base=REFUSED)
    assert (told.verdict, told.browser.outcome) == ("healthy", "alike")  # type: ignore[union-attr]
    assert told.next_steps == ("Look again.",)


def test_a_browser_that_works_where_the_probe_does_not_is_told() -> None:
    told = _with(WORKED, base=REFUSED)
    assert told.browser.outcome == "only-browser-works"  # type: ignore[union-attr]
    assert "It works in the browser and not for the probe, which met 403" in told.summary


def test_a_browser_that_was_watched_for_less_than_the_probe_lived_decides_nothing() -> None:
    late = (
        *WORKED[:6],
        FrameReceived(at=9.0, opcode="close", size=2, wire_size=2, code=1011),
        StreamEnded(at=9.0),
    )
    told = _with(WORKED, base=late)
    assert told.browser.outcome == "undecided"  # type: ignore[union-attr]


def test_without_a_browser_nothing_is_changed() -> None:
    diagnosis = _healthy()
    assert with_browser(diagnosis, [_trace("t1", "baseline", WORKED)]) is diagnosis


def _seen(at: float, peer: str, path: str = "/ws") -> ConnectionSeen:
    return ConnectionSeen(at=at, connection="c", peer=peer, path=path)


@pytest.mark.parametrize(
    ("seen", "found"),
    [
        ([_seen(100.0, "10.0.0.1:1"), _seen(100.5, LOCAL)], 1),
        ([_seen(100.0, "10.0.0.1:1")], 0),
        ([_seen(100.0, "10.0.0.1:1"), _seen(100.1, "10.0.0.1:2")], None),
        ([_seen(90.0, LOCAL)], None),
        ([_seen(100.0, LOCAL, "/other")], None),
        ([], None),
    ],
)
def test_a_browsers_connection_is_known_by_its_port_or_by_being_alone(
    seen: list[ConnectionSeen], found: int | None
) -> None:
    same = same_connection(_trace("b1", BROWSER, WORKED), seen, None)
    assert same is (None if found is None else seen[found])
