from __future__ import annotations

import pytest
import report_examples as example

from hangup import event as ev
from hangup.closure import closure_of
from hangup.report.words import (
    close_code,
    closure_label,
    closure_sentence,
    ended_by,
    trace_sentence,
)
from hangup.trace import Trace


def expired(at: float, since: float, what: str) -> ev.DeadlineExpired:
    return ev.DeadlineExpired(at=at, since=since, waiting_for=what)


def test_the_incident_in_one_sentence() -> None:
    assert trace_sentence(example.incident_trace()) == (
        "the server closed first: 1011 'Internal error', 3 ms after the upgrade, "
        "before any message in either direction"
    )


def test_a_finished_conversation_reads_as_healthy() -> None:
    assert trace_sentence(example.healthy_trace()) == (
        "we closed, 1000, after 1 message sent and 1 frame received with the expected reply; "
        "the server answered the close in 2 ms"
    )


def test_a_close_without_an_answer_says_so() -> None:
    trace = example.trace(*example.opened(), example.close_sent(0.5, 1000))
    assert trace_sentence(trace).endswith("the server did not answer the close")


def test_our_own_keepalive_is_not_blamed_on_the_server() -> None:
    close = example.close_sent(40.0, 1011, "keepalive ping timeout", automatic=True)
    trace = example.trace(*example.opened(), close, ev.StreamReset(at=41, failure="x", text=""))
    assert trace_sentence(trace) == (
        "our own side closed first: 1011 'keepalive ping timeout', after 40 s without a frame, "
        "before any message in either direction; the server did not answer the close"
    )


def test_a_fin_without_a_close_frame_is_what_a_browser_calls_1006() -> None:
    trace = example.trace(*example.opened(), example.sent(0.01, "hi"), ev.StreamEnded(at=0.022))
    assert trace_sentence(trace) == (
        "the server ended the TCP connection without a close frame (what a browser reports as "
        "1006), 12 ms after our message 1, with nothing received before"
    )


def test_a_reset_is_named() -> None:
    reset = ev.StreamReset(at=0.02, failure="tcp.reset", text="Connection reset by peer")
    trace = example.trace(*example.opened(), example.received(0.01, "hi"), reset)
    assert trace_sentence(trace) == (
        "the connection was reset (RST) without a close frame (what a browser reports as 1006), "
        "16 ms after the upgrade, 1 frame received before, nothing sent"
    )


def test_silence_names_what_was_awaited() -> None:
    trace = example.trace(
        *example.opened(),
        example.sent(0.01, "hi"),
        expired(5.01, 0.01, "a reply"),
        ev.LocalClose(at=5.01, why="deadline", abort=True),
    )
    assert trace_sentence(trace) == (
        "nobody closed: silence while we waited for a reply, until we gave up after 5 s without "
        "a frame, nothing ever received"
    )


def test_an_intermediary_is_named() -> None:
    response = ev.ResponseReceived(
        at=0.003, status=101, reason="", http_version="1.1", headers=(("Server", "Caddy"),), took=0
    )
    upgraded = ev.Upgraded(at=0.003, subprotocol=None, extensions=(), glued=0)
    trace = example.trace(
        example.asked(), response, upgraded, example.close_received(0.1, 1001, "")
    )
    assert trace_sentence(trace).startswith(
        "an intermediary (Caddy) closed first: 1001 (going away), no reason, 97 ms after"
    )


def test_an_illegal_frame_is_named_as_the_reason_of_our_close() -> None:
    trace = example.trace(
        *example.opened(),
        ev.FrameRejected(at=0.01, failure="frame.masked", text="masked frame", head=b"", size=9),
        example.close_sent(0.01, 1002, "protocol error", automatic=True),
    )
    assert "because what came is no legal frame (frame.masked: masked frame)" in trace_sentence(
        trace
    )


def test_codes_that_no_frame_may_hold_are_marked() -> None:
    assert close_code(1006, "x") == "1006 'x' (a code that no frame may hold)"
    assert close_code(None, "") == "a close frame without a code (1005)"


def test_hostile_reasons_are_shown_not_obeyed() -> None:
    sentence = trace_sentence(example.incident_trace(example.EVIL * 50))
    assert sentence.isprintable()
    assert len(sentence) < 400


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ((example.close_received(1.0, 1011, ""),), "the server closed first"),
        ((example.close_sent(1.0, 1000),), "we closed"),
        ((example.close_sent(1.0, 1002, automatic=True),), "our own side closed first"),
        ((ev.StreamEnded(at=1.0),), "the server ended TCP, no close frame"),
        ((ev.StreamReset(at=1.0, failure="tcp.reset", text=""),), "reset, no close frame"),
        (
            (expired(2.0, 1.0, "x"), ev.LocalClose(at=2.0, why="x", abort=True)),
            "nobody closed: silence",
        ),
        ((ev.LocalClose(at=2.0, why="done"),), "nobody closed: still open"),
    ],
)
def test_who_ended_it_is_said_in_a_few_words(events: tuple[ev.Event, ...], words: str) -> None:
    assert ended_by(example.trace(*example.opened(), *events)) == words


def test_who_refused_is_said_where_no_websocket_opened() -> None:
    assert ended_by(example.refused_trace()) == "the upgrade was refused"
    assert ended_by(example.certificate_trace()) == "no WebSocket opened"


def test_a_closure_is_told_without_its_trace_too() -> None:
    closure = closure_of(example.healthy_trace())
    assert closure is not None
    assert closure_sentence(closure).endswith("; the server answered the close")
    assert closure_label(closure) == "we closed 1000"


def never(event: ev.Event, *before: ev.Event) -> str:
    return trace_sentence(Trace(id="t", experiment="e", url="u", began=0, events=(*before, event)))


def test_a_name_without_an_address() -> None:
    failed = ev.ResolveFailed(at=1, host="x.test", failure="dns.no-such-name", text="nope", took=1)
    assert never(failed) == "'x.test' gave no address: no such name (nope)"


def test_a_refused_connection() -> None:
    failed = ev.ConnectFailed(
        at=1, address="::1", port=80, failure="tcp.refused", text="refused", took=0
    )
    assert never(failed) == "::1 port 80: refused the TCP connection"
    assert never(failed, failed) == (
        "none of 2 addresses took the connection: each refused the TCP connection"
    )


def test_a_certificate_for_another_name() -> None:
    assert trace_sentence(example.certificate_trace()).startswith(
        "TLS failed: the certificate is for another name (Hostname mismatch"
    )


def test_a_refusal_names_who_answered() -> None:
    assert trace_sentence(example.refused_trace()) == (
        "the upgrade was refused: HTTP 403 Forbidden from 'uvicorn' after 2 ms"
    )


def test_a_plain_request_is_not_called_a_refusal() -> None:
    assert trace_sentence(example.plain_trace()).startswith("a plain GET was answered with HTTP")


def test_a_proxy_that_does_not_open_the_way_is_named() -> None:
    connect = ev.RequestSent(at=0, method="CONNECT", target="a:1", headers=(), upgrade=False)
    denied = example.answered(407, "Proxy Authentication Required")
    assert never(denied, connect).startswith(
        "the HTTP proxy did not open the way: its answer was HTTP 407"
    )


def test_what_is_not_http_is_shown() -> None:
    event = ev.ResponseMalformed(
        at=1, failure="http.not-http", text="", head=b"SSH-2.0\r\n", size=9
    )
    assert never(event) == (
        "no HTTP response: what came is not HTTP; the first bytes were 'SSH-2.0\\r\\n'"
    )


def test_silence_before_an_answer() -> None:
    assert never(expired(6, 1, "the HTTP response"), example.asked()) == (
        "silence: 5 s waiting for the HTTP response, then we gave up"
    )


def test_an_end_before_the_answer_says_how_far_it_came() -> None:
    assert never(ev.StreamEnded(at=1), example.asked()) == (
        "the server ended the TCP connection before any answer to the opening request"
    )


def test_a_trace_of_nothing_is_told_as_such() -> None:
    assert trace_sentence(Trace(id="t", experiment="e", url="u", began=0, events=())) == (
        "nothing was recorded that tells how the connection ended"
    )
