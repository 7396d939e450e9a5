"""Frames are read alike in whichever pieces they come, and what no client may send is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, apply_mask
from websockets.frames import Opcode as Theirs

from hangup.framing import BrokenError, Opcode, Reader, framed

MASK = b"\x01\x02\x03\x04"
PAYLOADS = st.binary(max_size=300) | st.integers(65_530, 65_540).map(bytes)


def sent(opcode: int, payload: bytes, *, final: bool = True) -> bytes:
    """Give a frame as the websockets library writes it for a client."""
    return Frame(Theirs(opcode), payload, fin=final).serialize(mask=True)


def raw(first: int, second: int, payload: bytes = b"") -> bytes:
    """Give a frame with any first two bytes."""
    return bytes((first, second)) + MASK + apply_mask(payload, MASK)


def read(reader: Reader, data: bytes, step: int) -> list[tuple[Opcode, bytes]]:
    return [each for at in range(0, len(data), step) for each in reader.read(data[at : at + step])]


@given(
    messages=st.lists(st.lists(PAYLOADS, min_size=1, max_size=3), max_size=4),
    ping=st.binary(max_size=125),
    step=st.integers(1, 70_000),
)
def test_messages_are_whole_in_whichever_pieces_they_come(
    messages: list[list[bytes]], ping: bytes, step: int
) -> None:
    data, wanted = b"", []
    for parts in messages:
        for at, part in enumerate(parts):
            data += sent(0 if at else 2, part, final=at == len(parts) - 1) + sent(9, ping)
            if at < len(parts) - 1:
                wanted.append((Opcode.PING, ping))
        wanted += [(Opcode.BINARY, b"".join(parts)), (Opcode.PING, ping)]
    assert read(Reader(1 << 20), data, max(step, len(data) // 500)) == wanted


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (raw(0x81, 0x01), 1002),
        (raw(0xC1, 0x80), 1002),
        (raw(0x83, 0x80), 1002),
        (raw(0x8B, 0x80), 1002),
        (raw(0x80, 0x80), 1002),
        (raw(0x01, 0x80) + raw(0x81, 0x80), 1002),
        (raw(0x09, 0x80), 1002),
        (raw(0x89, 0xFE), 1002),
        (sent(2, bytes(101)), 1009),
        (sent(2, bytes(60), final=False) + sent(0, bytes(60)), 1009),
        (b"\x82\xff" + b"\xff" * 8, 1009),
    ],
    ids=[
        "not masked",
        "reserved bit",
        "unknown frame",
        "unknown control frame",
        "continuation of nothing",
        "message within a message",
        "fragmented ping",
        "long ping",
        "large",
        "large in the end",
        "a length of 2^64",
    ],
)
def test_what_no_client_may_send_is_refused(data: bytes, code: int) -> None:
    with pytest.raises(BrokenError) as broken:
        read(Reader(100), data, len(data))
    assert broken.value.code == code


@given(payload=PAYLOADS)
def test_a_frame_is_written_as_the_library_writes_it(payload: bytes) -> None:
    theirs = Frame(Theirs.BINARY, payload).serialize(mask=False)
    assert framed(Opcode.BINARY, payload) == theirs


@pytest.mark.parametrize("first", [0x81, 0x82, 0x88, 0x89, 0x8A])
def test_a_server_s_frame_of_absurd_length_is_not_waited_for(first: int) -> None:
    head = bytes((first, 127)) + (1 << 40).to_bytes(8, "big")
    with pytest.raises(BrokenError) as broken:
        list(Reader(1 << 20, masked=False).read(head))
    assert broken.value.code == 1009
