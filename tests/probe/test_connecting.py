"""Addresses and TCP: what the resolver and the kernel say."""

from __future__ import annotations

import asyncio
import socket
import threading

from hangup.event import (
    Connected,
    ConnectFailed,
    Connecting,
    DeadlineExpired,
    LocalClose,
    Resolved,
    ResolveFailed,
    StreamEnded,
    StreamReset,
    TcpInfo,
)

from .peer import fin, playing, request, reset, stay
from .watching import endpoint_at, names, trace_of, watch


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def failing(error: Exception):
    def lookup(host: str, port: int, family: int) -> list[str]:
        raise error

    return lookup


def test_a_literal_address_is_not_resolved() -> None:
    resolved = watch(request(), fin()).first(Resolved)
    assert resolved
    assert (resolved.source, resolved.addresses) == ("literal", ("127.0.0.1",))


def test_an_override_takes_the_place_of_the_resolver() -> None:
    async def main():
        async with playing(request(), fin()) as peer:
            overrides = (("nowhere.invalid", peer.port, "127.0.0.1"),)
            return await trace_of(
                endpoint_at(peer.port, host="nowhere.invalid", overrides=overrides)
            )

    trace = asyncio.run(main())
    assert trace.first(Resolved).source == "override"
    assert trace.first(Connected)


def test_a_name_that_does_not_exist_is_named() -> None:
    error = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    trace = asyncio.run(trace_of(endpoint_at(1, host="nowhere.invalid"), lookup=failing(error)))
    failed = trace.first(ResolveFailed)
    assert (failed.host, failed.failure) == ("nowhere.invalid", "dns.no-such-name")
    assert "not known" in failed.text
    assert not trace.first(Connecting)


def test_an_unknown_resolver_error_keeps_its_text() -> None:
    error = socket.gaierror(-1234, "the resolver is on strike")
    trace = asyncio.run(trace_of(endpoint_at(1, host="nowhere.invalid"), lookup=failing(error)))
    failed = trace.first(ResolveFailed)
    assert failed.failure == "unknown"
    assert "the resolver is on strike" in failed.text


def test_a_resolver_that_hangs_does_not_hold_the_run() -> None:
    let_go = threading.Event()

    def hanging(host: str, port: int, family: int) -> list[str]:
        let_go.wait()
        return ["127.0.0.1"]

    trace = asyncio.run(trace_of(endpoint_at(1, host="slow.invalid"), patience=0.1, lookup=hanging))
    let_go.set()
    expired = trace.first(DeadlineExpired)
    assert expired.waiting_for == "DNS"
    assert expired.at < 1


def test_every_address_of_a_name_is_tried_and_recorded() -> None:
    async def main():
        async with playing(request(), fin()) as peer:
            return await trace_of(
                endpoint_at(peer.port, host="two.invalid"),
                lookup=lambda *_: ["127.0.0.2", "127.0.0.1"],
            )

    trace = asyncio.run(main())
    assert trace.first(Resolved).addresses == ("127.0.0.2", "127.0.0.1")
    failed = trace.first(ConnectFailed)
    assert (failed.address, failed.failure) == ("127.0.0.2", "tcp.refused")
    assert trace.first(Connected).address == "127.0.0.1"


def test_a_refused_connection_is_named() -> None:
    trace = asyncio.run(trace_of(endpoint_at(unused_port())))
    assert names(trace) == ["Resolved", "Connecting", "ConnectFailed"]
    assert trace.first(ConnectFailed).failure == "tcp.refused"


def test_an_address_of_a_family_that_is_not_here_is_a_failure_and_no_error() -> None:
    trace = asyncio.run(trace_of(endpoint_at(unused_port(), host="::1"), patience=0.5))
    assert trace.first(ConnectFailed).failure in (
        "tcp.refused",
        "tcp.no-local-address",
        "tcp.family-unsupported",
        "tcp.network-unreachable",
    )


def test_a_fin_before_any_byte_of_a_response_is_an_end() -> None:
    trace = watch(request(), fin())
    assert names(trace)[-3:] == ["StreamEnded", "TcpInfo", "LocalClose"]
    assert trace.first(StreamEnded).pending == 0


def test_a_reset_before_the_request_is_read_is_a_reset() -> None:
    trace = watch(reset())
    assert trace.first(StreamReset).failure in ("tcp.reset", "tcp.broken-pipe")


def test_a_reset_after_the_request_is_a_reset() -> None:
    assert watch(request(), reset()).first(StreamReset).failure == "tcp.reset"


def test_silence_after_the_request_ends_by_our_patience() -> None:
    trace = watch(request(), stay(), patience=0.1)
    expired = trace.first(DeadlineExpired)
    assert expired.waiting_for == "an HTTP response"
    assert expired.pending == 0
    assert trace.first(LocalClose)


def test_the_kernels_view_of_the_connection_is_kept() -> None:
    info = watch(request(), fin()).first(TcpInfo)
    assert info.state == "close-wait"
    assert info.bytes_acked > 100
