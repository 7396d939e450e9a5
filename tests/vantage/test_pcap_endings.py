"""What a capture tells of a connection ends as what the probe saw of it."""

from __future__ import annotations

import pytest
from overheard import only, overheard_probe, read
from wiretap import Tap, closing, text

from hangup.ending import ending_of
from hangup.event import FrameReceived, FrameRejected, FrameSent, RequestSent, ResponseReceived
from hangup.framing import Opcode, framed
from hangup.trace import Trace
from hangup.vantage.pcap.capture import Told
from probe.peer import (
    Action,
    fin,
    hear,
    hear_all,
    request,
    reset,
    say,
    stay,
    upgraded,
)

REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\nServer: x\r\n\r\nnope"


async def converse(session: object) -> None:
    await session.send("hello")
    await session.hear(None, 1.0)
    await session.listen(0.2)


async def wait(session: object) -> None:
    await session.listen(0.3)


async def break_off(session: object) -> None:
    await session.send("hello")
    session.break_off()


def overhear(*actions: Action, script: object = wait) -> tuple[Trace, Told]:
    """Play the actions to the probe through a relay; give its trace and what the relay saw."""
    trace, tap = overheard_probe(*actions, script=script)
    return trace, only(read(tap.pcap(nano=True)))


ENDINGS = {
    "the server closes": (upgraded(), say(closing(1000)), hear(6), fin()),
    "the server closes with a reason": (upgraded(), say(closing(1011, "boom")), hear(6), fin()),
    "the server closes after messages": (upgraded(), say(text("a") + closing(4000, "x")), fin()),
    "the client closes": (upgraded(), hear(8), say(closing(1000)), hear_all(), fin()),
    "the server ends TCP": (upgraded(), fin()),
    "half a frame and the end": (upgraded(), say(text("hello")[:4]), fin()),
    "no answer to a close": (upgraded(), stay()),
    "an illegal frame": (upgraded(), say(b"\x83\x01x"), stay()),
    "HTTP among frames": (upgraded(), say(b"HTTP/1.1 502 Bad Gateway\r\n\r\n"), stay()),
    "text that is none": (upgraded(), say(framed(Opcode.TEXT, b"\xff")), stay()),
    "a refusal": (request(), say(REFUSED)),
    "an end before any answer": (request(), fin()),
    "a reset before any answer": (request(), reset()),
    "no answer": (request(), stay()),
    "half an answer": (request(), say(REFUSED[:20]), fin()),
    "no HTTP": (request(), say(b"SSH-2.0-OpenSSH\r\n\r\n"), stay()),
    "a false accept": (upgraded(omit=b"Sec-WebSocket-Accept"), stay()),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_a_capture_and_the_probe_tell_the_same_end(name: str) -> None:
    trace, told = overhear(*ENDINGS[name])
    seen, overheard = ending_of(trace), ending_of(told.trace)
    assert (overheard.kind, told.unread) == (seen.kind, "")
    assert overheard.same_as(seen)
    rejected, known = told.trace.first(FrameRejected), trace.first(FrameRejected)
    assert (rejected and rejected.failure) == (known and known.failure)


def test_frames_and_heads_are_those_that_the_probe_saw() -> None:
    hear_hello = hear(11)
    trace, told = overhear(
        upgraded(b"", b"Server: x"),
        hear_hello,
        say(text("first") + framed(Opcode.PING, b"p") + text("second" * 200)),
        hear(7),
        say(closing(1001, "bye")),
        hear_all(),
        fin(),
        script=converse,
    )
    kinds = (RequestSent, ResponseReceived, FrameSent, FrameReceived)
    for kind in kinds:
        assert [plain(e) for e in told.trace.all(kind)] == [plain(e) for e in trace.all(kind)]
    assert told.trace.url == trace.url
    assert told.trace.hangup_id == trace.hangup_id


def plain(event: object) -> dict[str, object]:
    """Give an event without its times."""
    fields = {name: getattr(event, name) for name in event.__struct_fields__}
    return {name: value for name, value in fields.items() if name not in ("at", "took")}


def test_a_reset_by_the_server_is_told() -> None:
    trace, told = overhear(upgraded(), hear(11), reset(), script=converse)
    assert ending_of(told.trace).kind == ending_of(trace).kind == "rst"
    assert "RST by the server" in told.account


def test_who_breaks_off_is_told() -> None:
    trace, told = overhear(upgraded(), hear_all(), script=break_off)
    assert ending_of(told.trace).same_as(ending_of(trace))
    assert told.by_client
    assert "RST by the client" in told.account


def test_messages_that_are_compressed_are_read() -> None:
    deflate = b"Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover"
    packed = bytes.fromhex("f248cdc9c90700")  # RFC 7692, 7.2.3.1
    _, told = overhear(
        upgraded(bytes((0xC1, len(packed))) + packed, deflate), hear(11), fin(), script=converse
    )
    (came,) = told.trace.all(FrameReceived)
    assert (came.data, came.size, came.wire_size, came.compressed) == (b"Hello", 5, 7, True)
    assert told.trace.all(FrameSent)[0].data == b"hello"


def test_a_capture_of_nothing_but_a_refused_connection_says_so() -> None:
    tap = Tap()
    connection = tap.connection()
    connection.send(True, 2)
    connection.rst(False)
    told = only(read(tap.pcap()))
    assert ending_of(told.trace).kind == "tcp-refused"
    assert told.trace.url == "ws://192.0.2.2:80/"


def test_a_syn_that_is_never_answered_is_told() -> None:
    tap = Tap()
    connection = tap.connection()
    for second in (0, 1, 3, 7):
        tap.add(connection.packet(True, 2), tap.packets[0][0] + second * 10**9 if second else None)
    told = only(read(tap.pcap()))
    assert ending_of(told.trace).kind == "tcp-silent"
