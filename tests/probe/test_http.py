"""The opening handshake's HTTP: what comes in place of a 101, whole, broken or endless."""

from __future__ import annotations

import pytest

from hangup.event import (
    DeadlineExpired,
    LocalClose,
    RequestSent,
    ResponseMalformed,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    Upgraded,
)
from hangup.probe.http import BODY_PATIENCE, KEPT_BODY, KEPT_HEAD, MOST_BODY
from hangup.probe.opening import Opening

from .peer import endlessly, fin, request, reset, say, slowly, stay, upgraded
from .watching import names, watch

MALFORMED = "http.head-malformed"
FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\nServer: nginx\r\nContent-Length: 4\r\n\r\nnope"


def test_a_refusal_is_kept_with_headers_and_body() -> None:
    response = watch(request(), say(FORBIDDEN)).response
    assert (response.status, response.reason, response.http_version) == (403, "Forbidden", "1.1")
    assert response.header("SERVER") == "nginx"
    assert (response.body, response.body_size, response.body_complete) == (b"nope", 4, True)


def test_the_request_is_recorded_as_it_was_written() -> None:
    sent = watch(request(), say(FORBIDDEN), target="/a?b=c").first(RequestSent)
    assert (sent.method, sent.target, sent.upgrade) == ("GET", "/a?b=c", True)
    assert dict(sent.headers)["Sec-WebSocket-Version"] == "13"


def test_a_plain_get_asks_for_no_upgrade() -> None:
    sent = watch(request(), say(FORBIDDEN), opening=Opening(upgrade=False)).first(RequestSent)
    assert not sent.upgrade
    assert "Upgrade" not in dict(sent.headers)


def test_the_body_is_kept_up_to_its_bound_and_counted_beyond() -> None:
    body = b"x" * (3 * KEPT_BODY)
    head = f"HTTP/1.1 500 Oops\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    response = watch(request(), say(head + body)).response
    assert (len(response.body), response.body_size) == (KEPT_BODY, len(body))


def test_a_body_without_a_length_ends_with_the_stream() -> None:
    response = watch(request(), say(b"HTTP/1.0 200 OK\r\n\r\nhello"), fin()).response
    assert (response.http_version, response.body) == ("1.0", b"hello")
    assert response.body_complete


def test_a_body_that_breaks_off_is_incomplete() -> None:
    response = watch(
        request(), say(b"HTTP/1.1 502 Bad\r\nContent-Length: 99\r\n\r\nshort"), fin()
    ).response
    assert (response.body, response.body_complete) == (b"short", False)


def test_a_chunked_body_with_a_broken_chunk_is_incomplete() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nnonsense\r\n"
    response = watch(request(), say(head)).response
    assert (response.body, response.body_complete) == (b"hello", False)


def test_an_endless_chunked_body_is_cut() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"1000\r\n" + b"y" * 4096 + b"\r\n"
    response = watch(request(), say(head), endlessly(chunk)).response
    assert not response.body_complete
    assert MOST_BODY <= response.body_size <= MOST_BODY + 65536
    assert len(response.body) == KEPT_BODY


def test_a_body_that_never_ends_costs_its_own_patience_only() -> None:
    trace = watch(request(), say(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"), stay())
    assert trace.response.status == 200
    assert trace.last(LocalClose).at < BODY_PATIENCE + 1


def test_informational_responses_before_the_101_are_passed_over() -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
    trace = watch(say(early), upgraded())
    assert trace.response.status == 101
    assert trace.first(Upgraded)


def test_a_101_that_nobody_asked_for_is_malformed() -> None:
    trace = watch(upgraded(), opening=Opening(upgrade=False))
    assert trace.first(ResponseMalformed).failure == "http.head-malformed"
    assert trace.response is None


@pytest.mark.parametrize(
    ("sent", "failure"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "http.not-http"),
        (b"\x15\x03\x01\x00\x02\x02\x46", "http.not-http"),
        (b"<html>hello</html>\n\n", "http.not-http"),
        (b"HTTP/1.1 abc Nonsense\r\n\r\n", MALFORMED),
        (b"HTTP/1.1 101 Switching\r\nno colon here\r\n\r\n", MALFORMED),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n", MALFORMED),
    ],
)
def test_what_is_no_http_response_is_kept_and_named(sent: bytes, failure: str) -> None:
    malformed = watch(request(), say(sent), fin()).first(ResponseMalformed)
    assert malformed.failure == failure
    assert malformed.head == sent
    assert malformed.size == len(sent)


SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"


@pytest.mark.parametrize(
    ("line", "quoted"),
    [
        (b"no colon here", "'no colon here'"),
        (b"X-A : b", "'X-A : b'"),
        (b": b", "': b'"),
        (b"X-\xc3\xa4: b", r"'X-\xc3\xa4: b'"),
        (b"X-A: \x00b", r"'X-A: \x00b'"),
        (b"X-A: b\rX-B: c", r"'X-A: b\rX-B: c'"),
        (b"y" * 500, f"'{'y' * 80}'..."),
    ],
)
def test_the_line_of_a_head_that_is_no_header_is_told(line: bytes, quoted: str) -> None:
    malformed = watch(request(), say(SWITCHING + line + b"\r\n\r\n")).first(ResponseMalformed)
    assert malformed.failure == MALFORMED
    assert malformed.text == f"illegal header line: {quoted}"


def test_a_status_line_that_is_none_is_told() -> None:
    malformed = watch(request(), say(b"HTTP/1.1 1o1 Yes\r\n\r\n")).first(ResponseMalformed)
    assert malformed.text == "illegal status line: 'HTTP/1.1 1o1 Yes'"


def test_the_told_line_is_cut_in_no_secret() -> None:
    secret = "abcdefghij" * 3
    sent = SWITCHING + b"z" * 70 + secret.encode() + b"\r\n\r\n"
    malformed = watch(request(), say(sent), secrets=(secret,)).first(ResponseMalformed)
    assert malformed.text == f"illegal header line: '{'z' * 70}[redacted]'"


@pytest.mark.parametrize(
    "head",
    [
        SWITCHING + b"X-A: b\r\n c\r\n",
        SWITCHING + b"X-A: \xc3\xa4\r\n",
        SWITCHING.replace(b"\r\n", b"\n"),
    ],
)
def test_what_rfc_9112_lets_a_client_read_is_read(head: bytes) -> None:
    assert watch(request(), say(head + b"\r\n")).response.status == 101


@pytest.mark.parametrize("end", [fin, reset])
def test_half_a_head_is_broken_off(end) -> None:
    half = b"HTTP/1.1 101 Switching Protocols\r\nUpgr"
    trace = watch(request(), say(half), end())
    malformed = trace.first(ResponseMalformed)
    assert malformed.failure == "http.broken-off"
    assert malformed.head == half
    assert trace.first(StreamEnded if end is fin else StreamReset)


def test_endless_headers_are_too_large() -> None:
    trace = watch(
        request(), say(b"HTTP/1.1 200 OK\r\n"), endlessly(b"X-Pad: " + b"z" * 500 + b"\r\n")
    )
    malformed = trace.first(ResponseMalformed)
    assert malformed.failure == "http.head-too-large"
    assert len(malformed.head) == KEPT_HEAD


def test_a_head_that_drips_ends_by_our_patience() -> None:
    trace = watch(
        request(), slowly(b"HTTP/1.1 200 OK\r\nX: yyyyyyyyyyyyyyyyyyyyyyyyyy", 0.02), patience=0.2
    )
    expired = trace.first(DeadlineExpired)
    assert expired.waiting_for == "the end of the response's head"
    assert expired.pending_head.startswith(b"HTTP/1")
    assert expired.pending == len(expired.pending_head)


def test_a_response_with_illegal_bytes_in_its_reason_and_body_is_kept() -> None:
    sent = b"HTTP/1.1 400 \xff\xfe\r\nX: caf\xe9\r\nContent-Length: 2\r\n\r\n\xff\x00"
    response = watch(request(), say(sent)).response
    assert response.reason == "\xff\xfe"
    assert response.header("x") == "caf\xe9"
    assert response.body == b"\xff\x00"


def test_a_refusal_ends_with_our_own_close() -> None:
    assert names(watch(request(), say(FORBIDDEN)))[-1] == "LocalClose"
    assert isinstance(watch(request(), say(FORBIDDEN)).events[-3], ResponseReceived)
