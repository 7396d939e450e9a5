"""However the bytes are cut, the trace is the same."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hangup.event import BytesAfterClose, Event, FrameRejected, StreamEnded
from hangup.lab.wire import BINARY, CLOSE, CONT, PING, PONG, TEXT, close, deflated, frame
from hangup.probe.recorder import Recorder
from hangup.redact import Redactor

from .memory import MemoryWire
from .pair import reading
from .virtual import run_virtually

HTTP = b"HTTP/1.1 502 Bad Gateway\r\nServer: nginx\r\nContent-Length: 40\r\n\r\n" + b"bad" * 20
SECRET = "a-secret-of-some-length"


def recorded(chunks: list[bytes], compression: bool) -> list[Event]:
    """Read chunks to the end; each event without its time."""

    async def peer(wire):
        for chunk in chunks:
            yield chunk

    async def main() -> list[Event]:
        recorder = Recorder(Redactor([SECRET]))
        async with reading(MemoryWire(peer), recorder, compression=compression) as session:
            await session.listen(1)
            await asyncio.sleep(1)
        trace = recorder.trace(id="t1", experiment="test", variant="", url="ws://h/")
        return [msgspec.structs.replace(event, at=0.0) for event in trace.events]

    return run_virtually(main())


def comparable(events: list[Event]) -> list[Event]:
    """Take out what depends on where a read ended: how much of an illegal frame was here."""
    return [
        msgspec.structs.replace(event, size=0, head=b"")
        if isinstance(event, FrameRejected)
        else event
        for event in events
    ]


texts = st.text(max_size=200).map(str.encode) | st.just(SECRET.encode() * 3)
small = st.binary(max_size=100)
legal = st.one_of(
    st.builds(frame, st.just(TEXT), texts),
    st.builds(frame, st.just(BINARY), st.binary(max_size=70_000)),
    st.builds(frame, st.sampled_from([PING, PONG]), small),
    st.builds(
        lambda parts, ping: (
            frame(BINARY, parts[0], fin=False)
            + b"".join(frame(CONT, part, fin=False) + ping for part in parts[1:-1])
            + frame(CONT, parts[-1])
        ),
        st.lists(small, min_size=2, max_size=5),
        st.sampled_from([b"", frame(PING, b"between")]),
    ),
)
compressed = st.builds(lambda data: frame(TEXT, deflated(data), rsv=4), texts)
tail = st.one_of(
    st.just(b""),
    st.builds(close, st.sampled_from([1000, 1011, 4000, 1005]), st.just(b"reason")),
    st.just(frame(CLOSE)),
    st.just(HTTP),
    st.just(HTTP[:40]),
    st.just(close(1000) + HTTP),
    st.just(frame(TEXT, b"half", length=100)),
    st.just(frame(TEXT, b"\xff\xfe")),
    st.binary(max_size=200),
)


@st.composite
def streams(draw) -> tuple[bytes, list[int], bool]:
    compression = draw(st.booleans())
    kinds = legal | compressed if compression else legal
    whole = b"".join(draw(st.lists(kinds, max_size=6))) + draw(tail)
    cuts = draw(st.lists(st.integers(0, len(whole)), max_size=12))
    return whole, cuts, compression


@settings(max_examples=300)
@given(streams())
@example((close(1000) + HTTP, [4], False))
@example((HTTP, [3, 60], False))
def test_the_trace_does_not_depend_on_the_cuts(stream: tuple[bytes, list[int], bool]) -> None:
    whole, cuts, compression = stream
    ends = sorted({0, len(whole), *cuts})
    pieces = [whole[a:b] for a, b in pairwise(ends)]
    at_once = recorded([whole] if whole else [], compression)
    in_pieces = recorded(pieces, compression)
    assert comparable(in_pieces) == comparable(at_once)
    for one, other in zip(at_once, in_pieces, strict=True):
        if isinstance(one, FrameRejected) and SECRET.encode() not in whole:
            assert one.head.startswith(other.head)


def test_the_trace_does_not_depend_on_the_cuts_down_to_single_bytes() -> None:
    whole = (
        frame(TEXT, deflated(b"hello " * 50), rsv=4)
        + frame(PING, b"ping")
        + frame(TEXT, b"a", fin=False)
        + frame(CONT, b"b")
        + close(1011, b"oops")
        + HTTP
    )
    single = recorded([whole[i : i + 1] for i in range(len(whole))], True)
    assert single == recorded([whole], True)
    assert [type(event) for event in single[-2:]] == [StreamEnded, BytesAfterClose]
