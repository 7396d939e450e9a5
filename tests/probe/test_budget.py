"""No run outlives its deadline by more than a second, and memory stays bounded."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
import tracemalloc
from collections.abc import Iterator

import pytest

from hangup.closure import closure_of
from hangup.event import (
    ConnectFailed,
    DeadlineExpired,
    EventsDropped,
    FrameReceived,
    FrameRejected,
    LocalClose,
)
from hangup.lab.wire import BINARY, PING, TEXT, frame
from hangup.probe.recorder import MOST_FRAMES

from .peer import endlessly, request, say, slowly, stay, upgraded
from .watching import endpoint_at, say_nothing, trace_of, watch

WITHIN = 0.4
OVERRUN = 1.0
MOST_MEMORY = 40 * 1024 * 1024


async def wait_for_ever(session) -> None:
    await session.hear("never", 1000)


HOSTILE = {
    "accepts TCP and says nothing": (stay(),),
    "reads the request and says nothing": (request(), stay()),
    "sends a byte at a time": (request(), slowly(b"HTTP/1.1 101 Switching" * 99, 0.05)),
    "never completes its headers": (
        request(),
        say(b"HTTP/1.1 200 OK\r\n"),
        slowly(b"X-Pad: padding\r\n" * 999, 0.01),
    ),
    "never completes its body": (
        request(),
        say(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"),
        slowly(b"y" * 9999, 0.05),
    ),
    "sends half a frame": (upgraded(frame(TEXT, b"half", length=100)), stay()),
    "sends a frame a byte at a time": (upgraded(), slowly(frame(TEXT, b"z" * 9999), 0.05)),
    "floods with pings": (upgraded(), endlessly(frame(PING, b"flood") * 2000)),
    "floods with messages": (upgraded(), endlessly(frame(BINARY, b"m" * 500_000))),
    "floods with empty fragments": (
        upgraded(frame(TEXT, b"", fin=False)),
        endlessly(frame(0, b"", fin=False) * 2000),
    ),
    "announces a frame of 1 GiB and floods": (
        upgraded(frame(BINARY, b"", length=1 << 30)),
        endlessly(b"\0" * 1_000_000),
    ),
    "floods after its close frame": (upgraded(frame(8)), endlessly(b"\0" * 1_000_000)),
}


def timed(*actions, **more):
    """Watch, and give with the trace how long that took."""
    began = time.monotonic()
    trace = watch(*actions, patience=30, within=WITHIN, **more)
    return trace, time.monotonic() - began


@pytest.mark.parametrize("peer", HOSTILE)
@pytest.mark.parametrize("script", [wait_for_ever, say_nothing], ids=["awaits", "listens"])
def test_no_peer_holds_a_run_beyond_its_deadline(peer: str, script) -> None:
    trace, took = timed(*HOSTILE[peer], script=script)
    assert took < WITHIN + OVERRUN
    assert trace.last(DeadlineExpired) or trace.last(LocalClose)


@pytest.mark.parametrize("peer", [peer for peer in HOSTILE if "floods" in peer])
def test_no_flood_fills_the_memory(peer: str) -> None:
    tracemalloc.start()
    try:
        watch(*HOSTILE[peer], script=say_nothing, within=WITHIN)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MOST_MEMORY


def test_a_peer_that_floods_while_we_send_does_not_hold_the_run() -> None:
    async def script(session) -> None:
        while await session.send(b"x" * 100_000):
            pass

    trace, took = timed(upgraded(), endlessly(frame(PING, b"!") * 2000), script=script)
    assert took < WITHIN + OVERRUN
    assert trace.first(DeadlineExpired)


def test_a_flood_of_pings_is_counted_and_not_kept() -> None:
    trace, _ = timed(*HOSTILE["floods with pings"], script=say_nothing)
    assert len(trace.all(FrameReceived)) == MOST_FRAMES
    dropped = {event.kind: event.count for event in trace.all(EventsDropped)}
    assert dropped["received ping"] > 0
    assert trace.first(DeadlineExpired).waiting_for == "the experiment to end"


def test_a_frame_of_1_gib_is_refused_by_its_header() -> None:
    trace, _ = timed(*HOSTILE["announces a frame of 1 GiB and floods"], script=say_nothing)
    assert trace.first(FrameRejected).failure == "frame.too-big"
    closure = closure_of(trace)
    assert (closure.origin, closure.code) == ("own-library", 1009)


@contextlib.contextmanager
def full_backlog() -> Iterator[int]:
    """Give a port that answers no SYN: its queue of connections is full (tcp_abort_on_overflow)."""
    with socket.socket() as server, contextlib.ExitStack() as fillers:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(8):
            filler = fillers.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(server.getsockname())
        yield server.getsockname()[1]


def test_an_address_that_answers_no_syn_does_not_hold_the_run() -> None:
    with full_backlog() as port:
        began = time.monotonic()
        trace = asyncio.run(trace_of(endpoint_at(port), patience=30, within=WITHIN))
        took = time.monotonic() - began
    assert took < WITHIN + OVERRUN
    assert trace.first(DeadlineExpired).waiting_for == "the experiment to end"
    assert not trace.first(ConnectFailed)


def test_an_address_that_answers_no_syn_ends_by_our_patience() -> None:
    with full_backlog() as port:
        trace = asyncio.run(trace_of(endpoint_at(port), patience=0.2))
    assert trace.first(DeadlineExpired).waiting_for == "TCP to 127.0.0.1"


def test_an_address_that_answers_no_syn_leaves_time_for_the_next() -> None:
    with full_backlog() as port:
        trace = asyncio.run(
            trace_of(
                endpoint_at(port, host="two.invalid"),
                patience=0.4,
                lookup=lambda *_: ["127.0.0.1", "127.0.0.2"],
            )
        )
    assert trace.first(DeadlineExpired).at == pytest.approx(0.2, abs=0.1)
    assert trace.first(ConnectFailed).address == "127.0.0.2"
