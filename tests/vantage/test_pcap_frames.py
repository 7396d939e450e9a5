"""Overheard frames are read as the probe reads its own, whatever comes and in whichever pieces."""

from __future__ import annotations

import contextlib
import itertools
import struct
import zlib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from websockets.extensions.permessage_deflate import PerMessageDeflate

from hangup.event import FrameReceived, FrameRejected
from hangup.framing import Opcode, apply_mask, framed
from hangup.probe.frames import WatchedProtocol
from hangup.probe.recorder import Recorder
from hangup.redact import Redactor
from hangup.vantage.pcap import inflate
from hangup.vantage.pcap.frames import Frame, FrameReader, Illegal
from hangup.vantage.pcap.inflate import Inflater
from hangup.vantage.pcap.room import Room

MOST = 1024
PLENTY = 1 << 30
FRAGMENTED = ("frame.fragmentation",)


def frame(first: int, payload: bytes, mask: bytes = b"") -> bytes:
    size = len(payload)
    second = 0x80 if mask else 0
    if size < 126:
        head = struct.pack("!BB", first, second | size)
    elif size < 1 << 16:
        head = struct.pack("!BBH", first, second | 126, size)
    else:
        head = struct.pack("!BBQ", first, second | 127, size)
    return head + mask + (apply_mask(payload, mask) if mask else payload)


def squeezed(message: bytes) -> bytes:
    squeezer = zlib.compressobj(wbits=-15)
    raw = squeezer.compress(message) + squeezer.flush(zlib.Z_SYNC_FLUSH)
    return raw.removesuffix(b"\0\0\xff\xff")


def reader(*, masked: bool = False, room: Room | None = None) -> FrameReader:
    inflater = Inflater(room) if room else None
    return FrameReader(masked=masked, inflater=inflater, most=MOST, check_text=not masked)


def overheard(data: bytes, *cuts: int, deflate: bool = False) -> list[tuple[object, ...]]:
    reads = reader(room=Room(PLENTY) if deflate else None)
    found: list[tuple[object, ...]] = []
    for begin, end in itertools.pairwise((0, *sorted(cuts), len(data))):
        for each in reads.take(0, data[begin:end]):
            if isinstance(each, Illegal):
                found.append((each.failure,))
            else:
                head = b"" if each.opcode is Opcode.CLOSE and len(each.head) > 1 else each.head
                found.append((int(each.opcode), each.fin, each.size, each.wire_size, head))
    rest = reads.rest(0)
    return [*found, *([(rest.failure,)] if rest else [])]


def watched(data: bytes, *, deflate: bool = False) -> list[tuple[object, ...]]:
    recorder = Recorder(Redactor(()), lambda: 0.0)
    protocol = WatchedProtocol(
        recorder, key="", subprotocols=(), compression=False, answer_pings=True
    )
    if deflate:
        protocol.extensions = [PerMessageDeflate(False, False, 15, 15), protocol._tap]
    else:
        protocol.extensions = [protocol._tap]
    with contextlib.suppress(UnicodeDecodeError):
        protocol.receive(data)
    protocol.end()
    numbers = {"cont": 0, "text": 1, "binary": 2, "close": 8, "ping": 9, "pong": 10}
    found: list[tuple[object, ...]] = []
    events = recorder.trace(id="t", experiment="x", variant="", url="ws://h/").events
    for event in events:
        if isinstance(event, FrameRejected):
            found.append((event.failure,))
        elif isinstance(event, FrameReceived):
            size, head = event.size, event.data
            found.append((numbers[event.opcode], event.fin, size, event.wire_size, head))
    return found


def alike(ours: list[tuple[object, ...]], theirs: list[tuple[object, ...]]) -> bool:
    """Whether both tell the same frames, and of the first illegal one the same.

    Of one that does not follow, the probe shows the payload too, and what may be wrong with that.
    """
    if ours[-1:] == [FRAGMENTED] and theirs and len(theirs[-1]) == 1:
        return theirs[: len(ours) - 1] == ours[:-1] and len(theirs) <= len(ours) + 1
    return ours == theirs


FIRSTS = st.sampled_from(
    [0x81, 0x82, 0x80, 0x01, 0x02, 0x00, 0x88, 0x89, 0x8A, 0xC1, 0x41, 0x83, 0x09, 0x91, 0xC9]
)
PAYLOADS = st.one_of(
    st.binary(max_size=130),
    st.text(max_size=40).map(str.encode),
    st.integers(990, 1020).map(lambda code: struct.pack("!H", code) + b"why"),
    st.sampled_from([b"a" * 126, b"b" * 1500, b"c" * 66_000]),
)
FRAMES = st.lists(st.builds(frame, FIRSTS, PAYLOADS), max_size=6).map(b"".join)
PLAIN = st.builds(frame, FIRSTS.filter(lambda first: not first & 0x40), PAYLOADS)
SQUEEZED = st.lists(
    st.one_of(PLAIN, st.builds(frame, st.sampled_from([0xC1, 0xC2]), PAYLOADS.map(squeezed))),
    max_size=5,
).map(b"".join)
STREAMS = st.one_of(FRAMES, st.tuples(FRAMES, st.binary(max_size=20)).map(b"".join))


@settings(max_examples=150)
@example(data=b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
@example(data=frame(0x01, b"\xe2\x82") + frame(0x80, b"\xac"))
@example(data=frame(0x01, b"a") + frame(0x88, b"\x03\xf3") + b"more")
@example(data=frame(0x88, b"\0\0\xff"))
@given(data=FRAMES)
def test_the_probe_and_an_eavesdropper_read_the_same_frames(data: bytes) -> None:
    assert alike(overheard(data), watched(data))


@settings(max_examples=100)
@example(data=frame(0xC1, b"\xff\xff"))
@given(data=SQUEEZED)
def test_they_read_the_same_where_messages_are_compressed(data: bytes) -> None:
    assert alike(overheard(data, deflate=True), watched(data, deflate=True))


@settings(max_examples=100)
@given(data=STREAMS)
def test_of_a_frame_that_is_not_whole_no_more_than_its_head_is_known_before(data: bytes) -> None:
    ours, theirs = overheard(data), watched(data)
    assert alike(ours, theirs) or (ours[:-1] == theirs and len(ours[-1]) == 1)


@settings(max_examples=100)
@given(data=STREAMS, cuts=st.lists(st.integers(0, 500), max_size=8), deflate=st.booleans())
def test_pieces_change_nothing(data: bytes, cuts: list[int], deflate: bool) -> None:
    cuts = [cut for cut in cuts if cut <= len(data)]
    assert overheard(data, *cuts, deflate=deflate) == overheard(data, deflate=deflate)


@settings(max_examples=100)
@given(
    messages=st.lists(st.binary(max_size=3000), max_size=6),
    mask=st.binary(min_size=4, max_size=4),
    takeover=st.booleans(),
    bits=st.integers(9, 15),
)
def test_what_any_deflater_wrote_is_inflated(
    messages: list[bytes], mask: bytes, takeover: bool, bits: int
) -> None:
    squeezer = zlib.compressobj(wbits=-bits)
    reads = reader(masked=True, room=Room(PLENTY))
    found = []
    for message in messages:
        squeezer = squeezer if takeover else zlib.compressobj(wbits=-bits)
        raw = squeezer.compress(message) + squeezer.flush(zlib.Z_SYNC_FLUSH)
        found += reads.take(0, frame(0xC2, raw.removesuffix(b"\0\0\xff\xff"), mask))
    assert [(each.size, each.head) for each in found] == [(len(m), m[:MOST]) for m in messages]


def test_a_message_beyond_any_bound_is_passed_over_and_the_next_one_read() -> None:
    reads = reader()
    size = 40 << 20
    begin = struct.pack("!BBQ", 0x82, 127, size)
    assert list(reads.take(0, begin)) == []
    for _ in range(40):
        last = list(reads.take(0, bytes(1 << 20)))
    assert [(each.size, len(each.head)) for each in last] == [(size, MOST)]
    (following,) = reads.take(0, framed(Opcode.TEXT, b"hi"))
    assert following.head == b"hi"


def test_of_a_bomb_no_more_is_inflated_than_there_is_room_for() -> None:
    bomb, room = squeezed(bytes(1 << 26)), Room(1 << 20)
    (found,) = reader(room=room).take(0, frame(0xC2, bomb))
    assert isinstance(found, Frame)
    assert (found.size, len(found.head)) == (len(bomb), MOST)
    assert room.left < inflate.STRIDE


@pytest.mark.parametrize("sent", [b"H", b"HT", b"HTTP"])
def test_too_little_of_an_http_response_is_told_at_the_end(sent: bytes) -> None:
    reads = reader()
    assert list(reads.take(0, sent)) == []
    rest = reads.rest(0)
    assert (rest and rest.failure) == ("frame.http-in-stream" if sent != b"H" else None)
