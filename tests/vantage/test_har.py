"""HAR files as browsers write them become traces; nothing is made up for them."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from har_examples import BEGAN, entry, har, read
from hypothesis import given
from hypothesis import strategies as st

from hangup.errors import UnreadableHarError
from hangup.event import (
    Connected,
    ConnectFailed,
    Connecting,
    FrameReceived,
    FrameRejected,
    FrameSent,
    LocalClose,
    RequestSent,
    Resolved,
    ResolveFailed,
    ResponseMalformed,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TlsFailed,
    Upgraded,
    UpgradeInvalid,
)
from hangup.vantage.har import read_har


def test_the_steps_of_a_connection_are_read_in_order_with_their_times() -> None:
    trace = read(entry())
    kinds = [type(event) for event in trace.events]
    before = [Resolved, Connecting, Connected, RequestSent, ResponseReceived, Upgraded]
    assert kinds == [*before, FrameSent, FrameReceived, FrameReceived]
    times = [0.03, 0.03, 0.06, 0.06, 0.1, 0.1, 0.5, 0.6, 0.7]
    assert [event.at for event in trace.events] == pytest.approx(times, abs=1e-6)
    assert (trace.began, trace.url) == (BEGAN, "wss://app.example/ws?room=1")


def test_the_handshake_is_read() -> None:
    trace = read(entry())
    request, response = trace.first(RequestSent), trace.response
    assert request
    assert response
    assert (request.target, request.upgrade) == ("/ws?room=1", True)
    assert (response.status, response.http_version) == (101, "1.1")
    opened = trace.first(Upgraded)
    assert opened
    assert (opened.subprotocol, opened.extensions) == ("v1", ("permessage-deflate", "x-other"))
    resolved = trace.first(Resolved)
    assert resolved
    assert resolved.addresses == ("2001:db8::1",)


def test_frames_hold_their_bytes() -> None:
    trace = read(entry())
    assert [frame.data for frame in trace.all(FrameSent)] == [b'{"a": 1}']
    assert [(f.opcode, f.data, f.size) for f in trace.all(FrameReceived)] == [
        ("text", "é".encode(), 2),
        ("binary", b"\x00\x01\x02", 3),
    ]


def test_no_closure_is_made_up() -> None:
    trace = read(entry())
    assert not trace.all(StreamEnded)
    assert not trace.all(StreamReset)
    assert not trace.all(LocalClose)


def test_control_frames_of_other_exporters_are_read() -> None:
    messages = [
        {"type": "receive", "time": BEGAN + 1, "opcode": 9, "data": ""},
        {"type": "send", "time": BEGAN + 1, "opcode": 10, "data": ""},
        {"type": "receive", "time": BEGAN + 2, "opcode": 8, "data": "A/NieWU="},
        {"type": "send", "time": BEGAN + 3, "opcode": 8, "data": ""},
        {"type": "send", "time": BEGAN + 3, "opcode": 3, "data": "?"},
    ]
    trace = read(entry(_webSocketMessages=messages))
    received, sent = trace.all(FrameReceived), trace.all(FrameSent)
    assert [(f.opcode, f.code, f.reason) for f in received] == [
        ("ping", None, ""),
        ("close", 1011, "bye"),
    ]
    assert [(f.opcode, f.code) for f in sent] == [("pong", None), ("close", None)]


@pytest.mark.parametrize("factor", [1e3, 1e6])
def test_times_in_other_units_are_understood(factor: float) -> None:
    message = {"type": "send", "time": (BEGAN + 2) * factor, "opcode": 1, "data": "a"}
    (frame,) = read(entry(_webSocketMessages=[message])).all(FrameSent)
    assert frame.at == pytest.approx(2.0)


def test_an_entry_without_timings_and_address_has_no_steps_before_the_request() -> None:
    bare = {"request": {"url": "ws://h/"}, "startedDateTime": "2026-01-02T03:04:05+00:00"}
    trace = read(bare)
    assert [type(event) for event in trace.events] == [RequestSent]
    unseen = entry(serverIPAddress="", timings={"dns": -1, "connect": -1, "wait": -1})
    assert isinstance(read(unseen).events[0], RequestSent)


def test_firefox_writes_the_url_as_http_too() -> None:
    request = {"method": "GET", "url": "http://h:8080/ws", "headers": []}
    assert read(entry(request=request)).url == "ws://h:8080/ws"


def test_an_extended_connect_over_http2_is_an_upgrade() -> None:
    assert read(entry(response={"status": 200})).first(Upgraded)
    assert not read(entry(response={"status": 200}, _webSocketMessages=[])).first(Upgraded)


def test_a_refusal_keeps_its_body() -> None:
    content = {"size": 9, "mimeType": "text/plain", "text": "bm90IGhlcmU=", "encoding": "base64"}
    response = {"status": 403, "statusText": "Forbidden", "content": content}
    trace = read(entry(response=response, _webSocketMessages=[]))
    assert trace.response
    assert (trace.response.status, trace.response.body) == (403, b"not here")
    assert not trace.first(Upgraded)


@pytest.mark.parametrize(
    ("error", "kind", "failure"),
    [
        ("net::ERR_NAME_NOT_RESOLVED", ResolveFailed, "dns.no-such-name"),
        ("net::ERR_CONNECTION_REFUSED", ConnectFailed, "tcp.refused"),
        ("net::ERR_CERT_DATE_INVALID", TlsFailed, "tls.verification"),
        ("net::ERR_CERT_COMMON_NAME_INVALID", TlsFailed, "tls.name-mismatch"),
        ("net::ERR_SSL_PROTOCOL_ERROR", TlsFailed, "unknown"),
        ("net::ERR_CONNECTION_RESET", StreamReset, "tcp.reset"),
        ("net::ERR_INVALID_HTTP_RESPONSE", ResponseMalformed, "http.not-http"),
        ("net::ERR_CONNECTION_CLOSED", StreamEnded, None),
        ("net::ERR_BLOCKED_BY_CLIENT", LocalClose, None),
    ],
)
@pytest.mark.parametrize("in_message", [False, True])
def test_status_0_keeps_the_browsers_error(
    error: str, kind: type, failure: str | None, in_message: bool
) -> None:
    text = f"Error in connection establishment: {error}"
    message = {"type": "error", "time": BEGAN + 1, "opcode": -1, "data": text}
    response = {"status": 0, "_error": None if in_message else error}
    messages = [message] if in_message else []
    trace = read(entry(response=response, _webSocketMessages=messages))
    assert isinstance(trace.events[-1], kind)
    assert getattr(trace.events[-1], "failure", None) == failure
    before_request = kind in (ResolveFailed, ConnectFailed, TlsFailed)
    assert bool(trace.first(RequestSent)) is not before_request
    assert not trace.response


def test_status_0_without_an_error_says_nothing_more() -> None:
    trace = read(entry(response={"status": 0}, _webSocketMessages=[]))
    assert isinstance(trace.events[-1], RequestSent)


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        ("Incorrect 'Sec-WebSocket-Accept' header value", "upgrade.bad-accept"),
        ("Sent non-empty 'Sec-WebSocket-Protocol' header but no response was received",
         "upgrade.header"),
        ("'Sec-WebSocket-Protocol' header value 'b' in response does not match any of sent values",
         "upgrade.subprotocol-unoffered"),
        ("'Upgrade' header is missing", "upgrade.upgrade-header"),
    ],
)  # fmt: skip
def test_a_101_that_the_browser_refused_is_no_upgrade(text: str, failure: str) -> None:
    data = f"Error during WebSocket handshake: {text}"
    message = {"type": "error", "time": BEGAN + 1, "opcode": -1, "data": data}
    trace = read(entry(_webSocketMessages=[message]))
    refused = trace.events[-1]
    assert isinstance(refused, UpgradeInvalid)
    assert (refused.failure, refused.text) == (failure, data)
    assert not trace.first(Upgraded)


def test_an_illegal_frame_is_named() -> None:
    text = "Could not decode a text frame as UTF-8."
    message = {"type": "error", "time": BEGAN + 1, "opcode": -1, "data": text}
    (rejected,) = read(entry(_webSocketMessages=[message])).all(FrameRejected)
    assert (rejected.failure, rejected.text) == ("frame.utf8", text)


def test_each_websocket_is_a_trace_and_other_requests_are_left_out() -> None:
    page = entry(_resourceType="document", request={"url": "https://app.example/"})
    del page["_webSocketMessages"]
    traces = read_har(har(page, entry(), entry()), "a.har")
    assert [trace.id for trace in traces] == ["h1", "h2"]


@pytest.mark.parametrize(
    "changes",
    [
        {"startedDateTime": "0001-01-01T00:00:00+14:00"},
        {"timings": {"blocked": 1e300}},
        {"timings": {"wait": 1e18}},
        {"_webSocketMessages": [{"type": "send", "time": 1e300, "opcode": 1, "data": ""}]},
    ],
)
def test_a_time_that_no_clock_tells_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(
        UnreadableHarError, match=r"WebSocket 1 is malformed: .*(Unix time|seconds)"
    ):
        read(entry(**changes))


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", "it is no HAR: Input data was truncated"),
        (b"[]", "it is no HAR: Expected `object`, got `array`"),
        (b'{"log": {}}', "it is no HAR: Object missing required field `entries` - at `$.log`"),
        (b"\xff", "it is no HAR: "),
        (har(), "none of its 0 requests is a WebSocket"),
        (har(entry(request={})), "it is no HAR: Object missing required field `url`"),
        (har(entry(startedDateTime="then")), "WebSocket 1 is malformed: its startedDateTime is"),
        (
            har(entry(request={"url": "ws://h:x/"})),
            "WebSocket 1 is malformed: its URL cannot be read",
        ),
        (
            har(entry(request={"url": "ws://[h/"})),
            "WebSocket 1 is malformed: its URL cannot be read",
        ),
        (har(entry(_webSocketMessages=[{}])), "it is no HAR: Object missing required field"),
    ],
)
def test_a_malformed_file_is_refused_with_what_is_wrong(raw: bytes, sentence: str) -> None:
    with pytest.raises(UnreadableHarError) as caught:
        read_har(raw, "a.har")
    assert str(caught.value).startswith(f"a.har: {sentence}")


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
KEYS = st.sampled_from(
    [*entry(), "_error", "status", "headers", "url", "content", "time", "opcode", "data", "type"]
)


@given(raw=st.binary(max_size=60) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_no_bytes_raise_anything_else(raw: bytes) -> None:
    with pytest.raises(UnreadableHarError):
        read_har(raw, "a.har")


@given(changes=st.dictionaries(KEYS, VALUES, max_size=3), where=st.sampled_from(["", "request",
       "response", "timings", "message"]))  # fmt: skip
def test_no_damaged_entry_raises_anything_else(changes: dict[str, Any], where: str) -> None:
    damaged = entry()
    if where == "message":
        damaged["_webSocketMessages"][0].update(changes)
    else:
        (damaged[where] if where else damaged).update(changes)
    with suppress(UnreadableHarError):
        assert len(read_har(har(damaged), "a.har")) == 1
