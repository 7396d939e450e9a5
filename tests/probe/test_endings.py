"""How a WebSocket ends: who first, with what, after what (closure_of on real connections)."""

from __future__ import annotations

import asyncio

import pytest

from hangup.closure import IDLE_AFTER, closure_of
from hangup.event import (
    Connecting,
    DeadlineExpired,
    FrameReceived,
    FrameRejected,
    FrameSent,
    LocalClose,
    StreamEnded,
    StreamReset,
    Upgraded,
)
from hangup.lab.wire import CLOSE, PING, TEXT, close, frame
from hangup.trace import Trace

from .peer import bye, fin, hear, hear_all, request, reset, say, stay, upgraded
from .watching import say_nothing, watch

BIG = 8 * 1024 * 1024
SERVER = b"Server: Caddy"


async def say_hello(session) -> None:
    await session.send("hello")
    await session.listen(2)


def hello() -> int:
    """The size of the frame in which say_hello sends its message."""
    return 2 + 4 + len("hello")


def test_without_an_open_websocket_there_is_no_closure() -> None:
    assert closure_of(watch(request(), fin())) is None


def test_a_close_frame_of_the_peer() -> None:
    trace = watch(upgraded(), say(close(1011, b"oops")), bye(), script=say_nothing)
    closure = closure_of(trace)
    assert (closure.origin, closure.closed_by) == ("peer-frame", "remote")
    assert (closure.code, closure.reason) == (1011, "oops")
    assert (closure.after, closure.frames_received) == ("upgrade", 0)
    assert (closure.echoed, closure.transport_end, closure.chosen) == (True, "fin", False)


def test_a_close_frame_without_a_code_is_1005() -> None:
    trace = watch(upgraded(), say(frame(CLOSE)), bye(), script=say_nothing)
    assert closure_of(trace).code == 1005
    assert trace.last(FrameSent).code is None


def test_a_close_frame_that_an_intermediary_is_known_to_write() -> None:
    trace = watch(upgraded(b"", SERVER), say(close(1001)), bye(), script=say_nothing)
    assert closure_of(trace).origin == "intermediary-frame"


def test_a_close_after_our_message_is_after_that_message() -> None:
    trace = watch(upgraded(), hear(hello()), say(close(1008)), bye(), script=say_hello)
    closure = closure_of(trace)
    assert (closure.after, closure.messages_sent) == ("message:1", 1)
    sent = next(e for e in trace.all(FrameSent) if e.opcode == "text")
    assert closure.elapsed_ms == pytest.approx(
        (trace.first(FrameReceived).at - sent.at) * 1000, abs=0.01
    )


def test_frames_that_came_before_the_end_are_counted() -> None:
    before = frame(TEXT, b"one") + frame(PING, b"two")
    trace = watch(upgraded(), say(before + close(1000)), bye(), script=say_nothing)
    assert closure_of(trace).frames_received == 2


def test_a_fin_without_a_close_frame_is_1006() -> None:
    closure = closure_of(watch(upgraded(), fin(), script=say_nothing))
    assert (closure.origin, closure.closed_by, closure.code) == ("fin", "remote", 1006)
    assert (closure.transport_end, closure.echoed) == ("fin", None)


def test_a_reset_is_1006() -> None:
    closure = closure_of(watch(upgraded(), reset(), script=say_nothing))
    assert (closure.origin, closure.closed_by, closure.code) == ("rst", "remote", 1006)
    assert closure.transport_end == "rst"


def test_our_own_close_that_is_answered() -> None:
    async def script(session) -> None:
        await session.close()

    answer = say(close(1000))
    closure = closure_of(watch(upgraded(), hear(8), answer, fin(), script=script))
    assert (closure.origin, closure.closed_by, closure.code) == ("own-library", "local", 1000)
    assert (closure.chosen, closure.echoed, closure.transport_end) == (True, True, "fin")


def test_our_own_close_that_is_not_answered() -> None:
    async def script(session) -> None:
        await session.close()

    trace = watch(upgraded(), hear_all(), script=script)
    assert trace.first(DeadlineExpired).waiting_for == "the answer to our close frame"
    assert trace.first(LocalClose).abort
    closure = closure_of(trace)
    assert (closure.closed_by, closure.echoed, closure.transport_end) == ("local", False, "silence")


def test_a_close_that_the_library_sends_for_an_illegal_frame() -> None:
    trace = watch(upgraded(), say(frame(3)), bye(), script=say_nothing)
    closure = closure_of(trace)
    assert trace.first(FrameRejected)
    assert (closure.origin, closure.code, closure.chosen) == ("own-library", 1002, False)
    assert closure.echoed is None  # what follows an illegal frame is not read any more


def test_tcp_that_stays_open_after_the_closing_handshake() -> None:
    trace = watch(upgraded(), say(close(1000)), hear_all(), script=say_nothing)
    given_up = trace.first(LocalClose)
    assert (given_up.why, given_up.abort) == (
        "the closing handshake is done, TCP is still open",
        False,
    )
    assert closure_of(trace).transport_end == "open"


def test_a_websocket_that_only_our_deadline_ends() -> None:
    trace = watch(upgraded(), hear_all(), script=say_nothing, within=0.2)
    closure = closure_of(trace)
    assert (closure.origin, closure.closed_by, closure.code) == ("deadline", "neither", None)
    assert closure.transport_end == "open"


def test_a_big_message_that_is_refused_while_it_is_sent_ends_by_the_close_frame() -> None:
    """The peer closes with 1009 and resets: our write breaks, the frame is still to be read."""

    async def script(session) -> None:
        assert not await session.send(b"x" * BIG)
        await session.listen(2)

    refused = say(close(1009, b"too big"))
    trace = watch(upgraded(), hear(100_000), refused, reset(), script=script)
    closure = closure_of(trace)
    assert (closure.origin, closure.code, closure.reason) == ("peer-frame", 1009, "too big")
    assert (closure.after, closure.transport_end) == ("message:1", "rst")
    assert len(trace.all(StreamReset)) == 1


def test_a_reset_while_we_send_says_so() -> None:
    async def script(session) -> None:
        assert not await session.send(b"x" * BIG)
        assert not await session.send(b"more")

    trace = watch(upgraded(), hear(100_000), reset(), script=script)
    assert [reset.failure for reset in trace.all(StreamReset)] in (
        [["tcp.reset"], ["tcp.broken-pipe"]]
    )
    assert closure_of(trace).origin == "rst"


def test_a_peer_that_stops_reading_ends_by_our_deadline() -> None:
    async def script(session) -> None:
        await session.send(b"x" * BIG)

    trace = watch(upgraded(), stay(), script=script, within=0.5)
    expired = trace.all(DeadlineExpired)
    assert [e.waiting_for for e in expired] == [
        f"the peer to take a message of {BIG} bytes",
        "the experiment to end",
    ]
    assert closure_of(trace).origin == "deadline"


def test_after_a_message_that_was_half_sent_nothing_more_is() -> None:
    async def script(session) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(session.send(b"x" * BIG), 0.1)
        assert not await session.send(b"never")

    trace = watch(upgraded(), stay(), script=script, within=3)
    assert trace.first(LocalClose).abort


def test_a_message_to_a_connection_that_is_over_is_not_sent() -> None:
    async def script(session) -> None:
        await session.listen(2)
        assert not await session.send("too late")
        assert not await session.ping(b"", 1)
        assert await session.hear(None, 1) is None

    trace = watch(upgraded(), fin(), script=script)
    assert not trace.all(FrameSent)


def test_the_peers_end_wakes_whoever_waits() -> None:
    async def script(session) -> None:
        assert await session.hear("never", 60) is None

    trace = watch(upgraded(), fin(), script=script)
    assert trace.first(StreamEnded).at < 2
    assert not trace.first(DeadlineExpired)


def synthetic(*events) -> Trace:
    opened = Upgraded(at=1.0, subprotocol=None, extensions=(), glued=0)
    first = Connecting(at=0.0, address="::1", port=1)
    return Trace(
        id="t1", experiment="test", url="ws://h/", began=0.0, events=(first, opened, *events)
    )


def test_an_end_long_after_the_last_frame_is_one_of_an_idle_connection() -> None:
    last = FrameReceived(at=2.0, opcode="text", size=1, wire_size=1)
    closure = closure_of(synthetic(last, StreamEnded(at=2.0 + 2 * IDLE_AFTER)))
    assert (closure.after, closure.elapsed_ms) == ("idle", 2000 * IDLE_AFTER)


def test_an_end_soon_after_the_upgrade_runs_from_the_upgrade() -> None:
    closure = closure_of(synthetic(StreamEnded(at=1.003)))
    assert (closure.after, closure.elapsed_ms) == ("upgrade", 3.0)


def test_what_comes_after_the_first_sign_does_not_count() -> None:
    """Events of one turn of the loop can have one time: the order decides."""
    frames = [
        FrameReceived(at=1.0, opcode="close", size=2, wire_size=2, code=1000),
        FrameReceived(at=1.0, opcode="text", size=1, wire_size=1),
        FrameSent(at=1.0, opcode="text", size=1),
    ]
    closure = closure_of(synthetic(*frames))
    assert (closure.frames_received, closure.messages_sent, closure.after) == (0, 0, "upgrade")
