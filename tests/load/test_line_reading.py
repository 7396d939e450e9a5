"""However bytes come, the engine counts what the probe's parser finds in them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from hangup.conversation import Conversation
from hangup.endpoint import Endpoint
from hangup.event import FrameReceived, FrameRejected
from hangup.lab.wire import BINARY, CLOSE, CONT, PING, PONG, TEXT, close, frame
from hangup.load.accounts import Accounts
from hangup.load.client import Client
from hangup.load.crew import Crew
from hangup.load.line import GUID, State, now
from hangup.load.order import Load
from hangup.load.retold import Retold
from hangup.load.script import part_of
from hangup.redact import Redactor
from hangup.trace import Trace

texts = st.text(max_size=300).map(str.encode)
messages = st.one_of(
    st.builds(frame, st.just(TEXT), texts),
    st.builds(frame, st.just(BINARY), st.binary(max_size=70_000)),
    st.builds(
        lambda parts: frame(TEXT, parts[0], fin=False) + frame(CONT, parts[1]),
        st.tuples(texts, texts),
    ),
    st.builds(frame, st.sampled_from([PING, PONG]), st.binary(max_size=100)),
)
last = st.one_of(
    st.just(b""),
    st.builds(
        close,
        st.sampled_from([1000, 1001, 1008, 1011, 3000, 4401]),
        st.sampled_from([b"", b"bye", "für".encode()]),
    ),
    st.just(frame(CLOSE, b"")),
    st.just(frame(TEXT, b"\xff\xfe")),
    st.just(b"\x83\x00"),
    st.just(b"\x81\x85\x00\x00\x00\x00hello"),
    st.binary(max_size=40),
)


class Nowhere(asyncio.Transport):
    """Takes what is written."""

    def write(self, data: object) -> None:
        return

    def close(self) -> None:
        return

    def abort(self) -> None:
        return


def read_by_engine(raw: bytes, cuts: list[int]) -> tuple[Client, Trace]:
    async def scene() -> tuple[Client, Trace]:
        endpoint = Endpoint(secure=False, host="h", port=1, target="/ws")
        load = Load(endpoint=endpoint, stages=(), connections=1, hold=9.0, messages=9)
        accounts = Accounts(now())
        part = part_of(endpoint, Conversation(), 9.0)
        crew = Crew(load, ("h",), lambda _: part, accounts)
        client = Client(crew, 1, now(), part)
        client.connection_made(Nowhere())
        digest = hashlib.sha1(client.key.encode() + GUID, usedforsecurity=False).digest()
        head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        client.data_received(head + b"Sec-WebSocket-Accept: %b\r\n\r\n" % base64.b64encode(digest))
        for chunk in _pieces(raw, cuts):
            client.data_received(chunk)
        state = State.CLOSING if client.state is State.CLOSING else State.OPEN
        client.eof_received()
        trace = await Retold(client, state, "h", Redactor(())).trace(0.0)
        return client, trace

    return asyncio.run(scene())


def _pieces(raw: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(raw), *(cut % (len(raw) + 1) for cut in cuts)})
    return [raw[a:b] for a, b in pairwise(places)]


@settings(max_examples=150)
@given(st.lists(messages, max_size=6), last, st.lists(st.integers(0, 1 << 20), max_size=12))
def test_what_is_counted_is_what_the_probe_finds(
    frames: list[bytes], end: bytes, cuts: list[int]
) -> None:
    client, trace = read_by_engine(b"".join(frames) + end, cuts)
    received = trace.all(FrameReceived)
    closes = [each for each in received if each.opcode == "close"]
    rejected = _is_refused(trace)
    assert client.broken is (rejected and not client.close_payload)
    if closes and not rejected:
        code = int.from_bytes(client.close_payload[:2], "big") if client.close_payload else None
        assert code == closes[0].code
    data = [e for e in received if e.opcode in ("text", "binary", "cont") and e.fin]
    whole = len(data) - rejected * (bool(data) and _last_is_broken(trace))
    assert client.heard == whole


def _is_refused(trace: Trace) -> bool:
    """Whether the client ended it for what came; what the end cut off has a name and no answer."""
    rejected = trace.first(FrameRejected)
    return rejected is not None and "too short" not in rejected.text


def _last_is_broken(trace: Trace) -> bool:
    """Whether the last message came whole and was refused for what it held."""
    rejected = trace.first(FrameRejected)
    return rejected is not None and rejected.failure == "frame.utf8"


@settings(max_examples=60)
@given(
    st.lists(messages, min_size=20, max_size=60),
    st.sampled_from([close(1011, b"boom"), frame(TEXT, b"\xff\xfe"), b"\x83\x00", b"\x81\x0a"]),
    st.lists(st.integers(0, 1 << 22), max_size=60),
)
def test_what_is_let_go_of_a_long_connection_changes_nothing_of_its_end(
    frames: list[bytes], end: bytes, cuts: list[int]
) -> None:
    client, trace = read_by_engine(b"".join(frames) + end, cuts)
    rejected = trace.first(FrameRejected)
    assert client.broken is (rejected is not None)
    received = trace.all(FrameReceived)
    if end.startswith(b"\x88"):
        assert (received[-1].code, received[-1].reason) == (1011, "boom")
    assert sum(len(data) for _, _, data in client.told) < 400_000
