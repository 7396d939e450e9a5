"""Frames: legal ones are recorded whole, illegal ones are kept and named."""

from __future__ import annotations

import pytest

from hangup.closure import closure_of
from hangup.event import (
    BytesAfterClose,
    DeadlineExpired,
    FrameReceived,
    FrameRejected,
    FrameSent,
    PongWithheld,
    StreamEnded,
)
from hangup.lab.wire import BINARY, CLOSE, CONT, PING, PONG, TEXT, close, deflated, frame
from hangup.probe.frames import MOST_MESSAGE
from hangup.probe.opening import Opening
from hangup.probe.raw import KEPT_HEAD

from .peer import bye, fin, hear_all, say, stay, upgraded
from .watching import say_nothing, watch

BAD_GATEWAY = (
    b"HTTP/1.1 502 Bad Gateway\r\nServer: nginx\r\nContent-Type: text/html\r\n"
    b"Content-Length: 11\r\n\r\nbad gateway"
)
DEFLATE = b"Sec-WebSocket-Extensions: permessage-deflate"


def after_the_101(*sent: bytes, headers: tuple[bytes, ...] = (), **more):
    """Upgrade, send these bytes in a write each, and end when an answer comes."""
    actions = (upgraded(b"", *headers), *(say(data) for data in sent), bye())
    return watch(*actions, script=more.pop("script", say_nothing), within=2, **more)


def test_a_message_is_recorded_with_its_first_bytes() -> None:
    trace = after_the_101(frame(TEXT, b"a" * 3000), close(1000))
    received = trace.first(FrameReceived)
    assert (received.opcode, received.size, received.wire_size) == ("text", 3000, 3000)
    assert received.data == b"a" * 1024
    assert not received.compressed


def test_a_compressed_message_has_two_sizes() -> None:
    packed = deflated(b"b" * 3000)
    trace = after_the_101(frame(BINARY, packed, rsv=4), close(1000), headers=(DEFLATE,))
    received = trace.first(FrameReceived)
    assert (received.size, received.wire_size, received.compressed) == (3000, len(packed), True)
    assert received.data == b"b" * 1024


def test_fragments_are_frames_and_one_message() -> None:
    heard = []

    async def script(session) -> None:
        heard.append(await session.hear(None, 1))

    trace = after_the_101(
        frame(TEXT, b"one ", fin=False), frame(CONT, b"two"), close(1000), script=script
    )
    assert heard == ["one two"]
    assert [(f.opcode, f.fin) for f in trace.all(FrameReceived)][:2] == [
        ("text", False),
        ("cont", True),
    ]


def test_a_ping_is_answered_and_both_are_recorded() -> None:
    trace = after_the_101(frame(PING, b"are you there"), close(1000))
    pong = trace.first(FrameSent)
    assert (pong.opcode, pong.data, pong.automatic) == ("pong", b"are you there", True)


def test_a_pong_can_be_withheld() -> None:
    trace = after_the_101(frame(PING, b"hello"), close(1000), opening=Opening(answer_pings=False))
    assert trace.first(PongWithheld).size == 5
    assert not [f for f in trace.all(FrameSent) if f.opcode == "pong"]


def test_our_ping_waits_for_its_own_pong() -> None:
    answers = []

    async def script(session) -> None:
        answers.append(await session.ping(b"mine", 1))

    after_the_101(frame(PONG, b"unasked"), frame(PONG, b"mine"), script=script)
    assert answers == [True]


def test_a_pong_that_never_comes_is_a_deadline() -> None:
    async def script(session) -> None:
        assert not await session.ping(b"mine", 0.1)

    trace = watch(upgraded(), hear_all(), script=script, within=3)
    assert trace.first(DeadlineExpired).waiting_for == "a pong"


ILLEGAL = [
    (frame(TEXT, b"x", rsv=1), "frame.reserved-bits", 1002),
    (frame(TEXT, b"x", rsv=4), "frame.reserved-bits", 1002),
    (frame(3, b"x"), "frame.opcode", 1002),
    (frame(11, b"x"), "frame.opcode", 1002),
    (frame(TEXT, b"x", mask=b"abcd"), "frame.masked", 1002),
    (frame(PING, b"x" * 126), "frame.control", 1002),
    (frame(PING, b"x", fin=False), "frame.control", 1002),
    (frame(CONT, b"x"), "frame.fragmentation", 1002),
    (frame(TEXT, b"x", fin=False) + frame(TEXT, b"y"), "frame.fragmentation", 1002),
    (frame(CLOSE, b"x"), "frame.close-payload", 1002),
    (close(1005), "frame.close-payload", 1002),
    (close(1006), "frame.close-payload", 1002),
    (close(999), "frame.close-payload", 1002),
    (close(5000), "frame.close-payload", 1002),
    (close(1000, b"\xff\xfe"), "frame.utf8", 1007),
    (frame(TEXT, b"\xff"), "frame.utf8", 1007),
    (frame(TEXT, b"\xf0\x9f", fin=False) + frame(CONT, b"x"), "frame.utf8", 1007),
    (frame(TEXT, b"cut \xf0\x9f"), "frame.utf8", 1007),
    (frame(TEXT, b"", length=1 << 30), "frame.too-big", 1009),
    (frame(BINARY, b"", length=MOST_MESSAGE + 1), "frame.too-big", 1009),
    (BAD_GATEWAY, "frame.http-in-stream", 1002),
    (b"\x07\x00" + b"HTTP/1.1", "frame.opcode", 1002),
]


@pytest.mark.parametrize(("sent", "failure", "code"), ILLEGAL)
def test_an_illegal_frame_is_kept_named_and_answered(sent: bytes, failure: str, code: int) -> None:
    trace = after_the_101(sent)
    rejected = trace.first(FrameRejected)
    assert rejected.failure == failure
    assert rejected.head
    assert sent.endswith(rejected.head)
    answer = trace.last(FrameSent)
    assert (answer.opcode, answer.code, answer.automatic) == ("close", code, True)


def test_a_close_in_the_middle_of_a_message_is_legal() -> None:
    """RFC 6455, 5.4: control frames may stand between fragments; websockets refuses this one."""
    trace = after_the_101(frame(TEXT, b"x", fin=False) + close(1011, b"crashed"))
    assert not trace.first(FrameRejected)
    assert trace.last(FrameSent).code == 1011
    assert closure_of(trace).reason == "crashed"


def test_a_message_that_does_not_inflate_is_named() -> None:
    trace = after_the_101(frame(TEXT, b"\xff\xff\xff", rsv=4), headers=(DEFLATE,))
    assert trace.first(FrameRejected).failure == "frame.compression"


def test_a_small_frame_that_inflates_beyond_all_bounds_is_too_big() -> None:
    bomb = deflated(b"0" * (MOST_MESSAGE + 1))
    trace = after_the_101(frame(BINARY, bomb, rsv=4), headers=(DEFLATE,))
    assert trace.first(FrameRejected).failure == "frame.too-big"


def test_a_short_http_response_in_the_stream_is_named_when_the_stream_ends() -> None:
    short = b"HTTP/1.1 400 Bad Request\r\n\r\n"
    trace = watch(upgraded(), say(short), fin(), script=say_nothing)
    rejected = trace.first(FrameRejected)
    assert (rejected.failure, rejected.head) == ("frame.http-in-stream", short)
    assert trace.first(StreamEnded)


def test_the_head_of_an_illegal_frame_is_bounded() -> None:
    trace = after_the_101(frame(TEXT, b"z" * 5000, rsv=2))
    assert len(trace.first(FrameRejected).head) == KEPT_HEAD


def test_half_a_frame_and_then_silence_names_the_pending_bytes() -> None:
    half = frame(TEXT, b"half of it", length=1000)

    async def script(session) -> None:
        await session.hear(None, 0.1)

    trace = watch(upgraded(), say(half), hear_all(), script=script, within=3)
    expired = trace.first(DeadlineExpired)
    assert expired.waiting_for == "any message"
    assert (expired.pending, expired.pending_head) == (len(half), half)


def test_half_a_frame_and_then_fin_is_counted() -> None:
    half = frame(TEXT, b"half", length=1000)
    trace = watch(upgraded(), say(half), fin(), script=say_nothing)
    assert trace.first(StreamEnded).pending == len(half)
    assert closure_of(trace).origin == "fin"


@pytest.mark.parametrize("cut", [True, False])
def test_bytes_after_the_close_frame_are_kept(cut: bool) -> None:
    parts = (close(1011), BAD_GATEWAY) if cut else (close(1011) + BAD_GATEWAY,)
    trace = watch(upgraded(), *(say(part) for part in parts), fin(), script=say_nothing)
    after = trace.first(BytesAfterClose)
    assert (after.size, after.head) == (len(BAD_GATEWAY), BAD_GATEWAY)
    assert trace.first(StreamEnded).pending == 0


def test_a_close_without_a_code_has_none() -> None:
    received = after_the_101(frame(CLOSE)).first(FrameReceived)
    assert (received.code, received.reason, received.reason_valid) == (None, "", True)


def test_an_illegal_reason_is_shown_as_far_as_it_can_be() -> None:
    received = after_the_101(close(1011, b"oh\xffno")).first(FrameReceived)
    assert (received.reason, received.reason_valid) == ("oh\ufffdno", False)


def test_a_reason_is_kept_as_it_is_whatever_it_would_do_to_a_terminal_or_a_page() -> None:
    reason = "\x1b[2J<script>alert(1)</script>"
    assert after_the_101(close(4000, reason.encode())).first(FrameReceived).reason == reason


def test_silence_on_an_open_websocket_leaves_nothing_pending() -> None:
    async def script(session) -> None:
        await session.hear("never", 0.1)

    trace = watch(upgraded(), stay(), script=script, within=0.5)
    assert trace.first(DeadlineExpired).pending == 0
