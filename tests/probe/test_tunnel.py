"""CONNECT proxies: the tunnel, and what comes in place of it (RFC 9110, 9.3.6)."""

from __future__ import annotations

import asyncio
import socket

from hangup.event import (
    Connected,
    FrameReceived,
    RequestSent,
    ResponseMalformed,
    ResponseReceived,
    StreamEnded,
    Upgraded,
)
from hangup.lab.wire import close

from .peer import bye, fin, playing, request, say, upgraded
from .watching import endpoint_at, say_nothing, trace_of

ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
DENIED = b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n"


def through_proxy(*actions, authorization: str | None = None):
    async def main():
        async with playing(*actions) as peer:
            endpoint = endpoint_at(
                443, host="far.example", http_proxy=("127.0.0.1", peer.port, authorization)
            )
            return peer, await trace_of(endpoint, say_nothing, secrets=("hunter2!",))

    return asyncio.run(main())


def test_a_tunnel_is_opened_and_the_websocket_runs_in_it() -> None:
    actions = (request(), say(ESTABLISHED), upgraded(), say(close(1000)), bye())
    _, trace = through_proxy(*actions)
    assert [sent.method for sent in trace.all(RequestSent)] == ["CONNECT", "GET"]
    assert trace.first(RequestSent).target == "far.example:443"
    first = trace.first(ResponseReceived)
    assert (first.status, first.body_complete) == (200, True)
    assert trace.response.status == 101
    assert trace.first(Upgraded)
    assert trace.first(FrameReceived).code == 1000


def test_the_name_is_left_to_the_proxy_to_resolve() -> None:
    peer, trace = through_proxy(request(), say(ESTABLISHED), fin())
    assert trace.first(Connected).port == peer.port


def test_a_proxy_that_asks_for_credentials_is_recorded() -> None:
    _, trace = through_proxy(request(), say(DENIED), fin())
    assert trace.first(ResponseReceived).status == 407
    assert [sent.method for sent in trace.all(RequestSent)] == ["CONNECT"]


def test_the_proxys_credential_is_sent_and_not_recorded() -> None:
    peer, trace = through_proxy(request(), say(DENIED), authorization="Basic hunter2!")
    assert b"Proxy-Authorization: Basic hunter2!" in peer.connections[0].head
    assert dict(trace.first(RequestSent).headers)["Proxy-Authorization"] == "[redacted]"


def test_a_proxy_that_ends_without_a_word_is_recorded() -> None:
    _, trace = through_proxy(request(), fin())
    assert trace.first(StreamEnded)
    assert not trace.first(ResponseReceived)


def test_a_proxy_that_speaks_no_http_is_named() -> None:
    _, trace = through_proxy(say(b"\x05\x00\r\n\r\n"), fin())
    assert trace.first(ResponseMalformed).failure == "http.not-http"


def test_a_proxy_that_is_not_there_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    endpoint = endpoint_at(443, host="far.example", http_proxy=("127.0.0.1", port, None))
    trace = asyncio.run(trace_of(endpoint))
    assert not trace.first(Connected)
    assert not trace.first(RequestSent)
