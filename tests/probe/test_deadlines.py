"""Every wait has its end, to the moment; on virtual time, so that no test waits for one."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from hangup.closure import closure_of
from hangup.event import (
    DeadlineExpired,
    EventsDropped,
    Expecting,
    FrameReceived,
    LocalClose,
    Matched,
    PongWithheld,
    StreamReset,
)
from hangup.lab.wire import PING, TEXT, close, frame
from hangup.probe.http import BODY_PATIENCE
from hangup.probe.opening import Opening
from hangup.probe.recorder import MOST_FRAMES
from hangup.probe.session import CLOSE_PATIENCE, END_PATIENCE

from .memory import Peer, connecting_to
from .virtual import StuckError, run_virtually
from .watching import endpoint_at, say_nothing, trace_of

PATIENCE = 7.0
DEADLINE = 3600.0


def dialled(
    peer: Peer, script=None, *, takes: int | None = None, breaks: int | None = None, **more
):
    connect = connecting_to(peer, takes, breaks)
    return run_virtually(
        trace_of(
            endpoint_at(80), script, patience=PATIENCE, within=DEADLINE, connect=connect, **more
        )
    )


async def silent(wire):
    await asyncio.Event().wait()
    yield b""


async def open_and_silent(wire):
    yield await wire.accepted()
    await asyncio.Event().wait()


def test_a_request_without_an_answer_takes_our_patience() -> None:
    trace = dialled(silent)
    expired = trace.first(DeadlineExpired)
    assert (expired.waiting_for, expired.at, expired.since) == ("an HTTP response", PATIENCE, 0.0)


def test_a_head_that_drips_takes_no_more_than_our_patience() -> None:
    async def drip(wire):
        yield b"HTTP/1.1 200 OK\r\n"
        while True:
            await asyncio.sleep(1)
            yield b"x"

    expired = dialled(drip).first(DeadlineExpired)
    assert (expired.waiting_for, expired.at) == ("the end of the response's head", PATIENCE)


def test_a_body_that_drips_takes_no_more_than_its_own_patience() -> None:
    async def drip(wire):
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
        while True:
            await asyncio.sleep(0.2)
            yield b"x"

    trace = dialled(drip)
    assert trace.response.body == b"xxxx"
    assert not trace.response.body_complete
    assert trace.last(LocalClose).at == pytest.approx(BODY_PATIENCE)


def test_a_reply_that_does_not_come_takes_the_time_it_was_given() -> None:
    async def script(session) -> None:
        assert await session.hear("never", 2.5) is None

    trace = dialled(open_and_silent, script)
    expired = trace.first(DeadlineExpired)
    assert (expired.waiting_for, expired.at) == ("a message matching 'never'", 2.5)
    assert trace.first(Expecting).deadline == 2.5


def test_a_reply_that_comes_late_but_in_time_is_heard_at_its_time() -> None:
    async def late(wire):
        yield await wire.accepted()
        await asyncio.sleep(2)
        yield frame(TEXT, b"not this")
        yield frame(TEXT, b"but this")
        await asyncio.Event().wait()

    async def script(session) -> None:
        assert await session.hear("^but", 5) == "but this"

    trace = dialled(late, script)
    assert trace.first(Matched).at == 2.0


@pytest.mark.parametrize("pattern", ['"total": 9', 'total": [0-9]+', "x{3}total|^\\["])
def test_what_is_waited_for_is_heard_wherever_it_stands_in_a_big_message(pattern: str) -> None:
    big = b"[" + b"x" * 100_000 + b'"total": 9' + b"x" * 10_000 + b"]"

    async def report(wire):
        yield await wire.accepted()
        yield frame(TEXT, big)
        await asyncio.Event().wait()

    async def script(session) -> None:
        assert await session.hear(pattern, 3) is not None

    assert dialled(report, script).first(Matched)


def test_messages_that_do_not_match_do_not_prolong_the_wait() -> None:
    async def chatter(wire):
        yield await wire.accepted()
        while True:
            await asyncio.sleep(0.4)
            yield frame(TEXT, b"chatter")

    async def script(session) -> None:
        assert await session.hear("never", 3) is None

    assert dialled(chatter, script).first(DeadlineExpired).at == 3.0


def test_a_pong_that_does_not_come_takes_the_time_it_was_given() -> None:
    async def script(session) -> None:
        assert not await session.ping(b"x", 4)

    assert dialled(open_and_silent, script).first(DeadlineExpired).at == 4.0


def test_a_ping_that_the_peer_does_not_take_costs_no_more_than_its_pong() -> None:
    async def script(session) -> None:
        assert not await session.ping(b"x", 4)

    assert dialled(open_and_silent, script, takes=0).first(DeadlineExpired).at == 4.0


def test_a_write_that_breaks_is_recorded_even_when_reading_goes_on() -> None:
    async def script(session) -> None:
        assert not await session.send("hello")

    trace = dialled(open_and_silent, script, breaks=0)
    broken = trace.first(StreamReset)
    assert (broken.failure, broken.while_sending) == ("tcp.broken-pipe", True)


def test_listening_takes_its_time_and_is_no_failure() -> None:
    async def script(session) -> None:
        await session.listen(50)

    trace = dialled(open_and_silent, script)
    expired = trace.first(DeadlineExpired)
    assert expired.waiting_for == "the answer to our close frame"
    assert (expired.since, expired.at) == (50.0, 50 + CLOSE_PATIENCE)


def test_tcp_that_is_not_ended_takes_the_patience_for_an_end() -> None:
    async def lingering(wire):
        yield await wire.accepted() + close(1000)
        await asyncio.Event().wait()

    trace = dialled(lingering, say_nothing)
    assert trace.first(LocalClose).at == END_PATIENCE


def test_our_close_frame_waits_for_a_peer_that_does_not_read_no_longer_than_for_its_answer() -> (
    None
):
    async def script(session) -> None:
        return

    trace = dialled(open_and_silent, script, takes=0)
    assert trace.last(LocalClose).at == CLOSE_PATIENCE


def test_the_deadline_cuts_a_script_that_waits_too_long() -> None:
    async def script(session) -> None:
        await session.listen(10 * DEADLINE)

    trace = dialled(open_and_silent, script)
    expired = trace.first(DeadlineExpired)
    assert (expired.waiting_for, expired.at) == ("the experiment to end", DEADLINE)
    assert closure_of(trace).origin == "deadline"


def test_the_deadline_cuts_an_endless_stream_of_pings() -> None:
    async def pinging(wire):
        yield await wire.accepted()
        for number in itertools.count():
            await asyncio.sleep(1)
            yield frame(PING, b"%d" % number)

    trace = dialled(pinging, lambda session: session.listen(2 * DEADLINE))
    assert trace.first(DeadlineExpired).at == DEADLINE
    assert len(trace.all(FrameReceived)) == MOST_FRAMES
    dropped = {event.kind: event.count for event in trace.all(EventsDropped)}
    assert dropped == {
        "received ping": DEADLINE - 1 - MOST_FRAMES,
        "sent pong": DEADLINE - 1 - MOST_FRAMES,
    }


def test_pings_that_we_do_not_answer_are_bounded_too() -> None:
    async def pinging(wire):
        yield await wire.accepted() + frame(PING) * (MOST_FRAMES + 5)

    trace = dialled(pinging, say_nothing, opening=Opening(answer_pings=False))
    assert len(trace.all(PongWithheld)) == MOST_FRAMES
    assert {event.kind: event.count for event in trace.all(EventsDropped)} == {
        "received ping": 5,
        "withheld pong": 5,
    }


def test_an_end_after_a_minute_of_silence_is_one_of_an_idle_connection() -> None:
    async def impatient(wire):
        yield await wire.accepted()
        await asyncio.sleep(60)
        yield close(1001, b"idle")

    async def script(session) -> None:
        await session.send("hello")
        await session.listen(100)

    closure = closure_of(dialled(impatient, script))
    assert (closure.after, closure.elapsed_ms) == ("idle", 60_000.0)


def test_a_script_that_fails_is_our_error_and_leaves_no_reader_behind() -> None:
    async def script(session) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        dialled(open_and_silent, script)


def test_virtual_time_that_nothing_moves_is_told() -> None:
    with pytest.raises(StuckError):
        run_virtually(asyncio.Event().wait())
