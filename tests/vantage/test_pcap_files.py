"""Captures are read in every form that tcpdump and Wireshark write, damaged ones up to there."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from overheard import only, read
from wiretap import (
    ASK,
    BEGAN,
    COOKED,
    COOKED_2,
    ETHERNET,
    LOOP,
    NULL,
    RAW,
    Tap,
    block,
    masked,
    opened,
    text,
)

from hangup.errors import UnreadableCaptureError
from hangup.event import FrameReceived
from hangup.vantage.pcap.packets import is_capture


def conversation(**changes: object) -> Tap:
    tap = Tap(**changes)
    connection = opened(tap)
    connection.say(True, masked(b"hi"))
    connection.say(False, text("hello"))
    connection.say(False, b"\x88\x06\x03\xf3boom")
    connection.say(True, b"\x88\x86\0\0\0\0\x03\xf3boom")
    connection.fin(False)
    connection.fin(True)
    return tap


def attempted(raw: bytes) -> str:
    """Give how many connections are told, or the one sentence that says why none is."""
    try:
        capture = read(raw)
    except UnreadableCaptureError as exc:
        return str(exc)
    return f"{len(capture.told) + len(capture.glimpses)} told"


FORMS: dict[str, Callable[[Tap], bytes]] = {
    "microseconds": lambda tap: tap.pcap(),
    "nanoseconds": lambda tap: tap.pcap(nano=True),
    "the other byte order": lambda tap: tap.pcap(">"),
    "pcapng": lambda tap: tap.pcapng(),
    "pcapng in the other byte order": lambda tap: tap.pcapng(">"),
    "pcapng with microseconds": lambda tap: tap.pcapng(resolution=6),
    "pcapng with powers of two": lambda tap: tap.pcapng(resolution=0x80 | 20),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_file_tells_the_same(form: str) -> None:
    tap = conversation()
    raw = FORMS[form](tap)
    assert is_capture(raw[:4])
    trace = only(read(raw)).trace
    assert trace.began == pytest.approx(BEGAN / 1e9 + 0.001, abs=1e-4)
    came = trace.all(FrameReceived)
    assert [(event.opcode, event.data, event.code) for event in came] == [
        ("text", b"hello", None),
        ("close", b"", 1011),
    ]
    assert came[0].at == pytest.approx(0.006, abs=1e-5)


@pytest.mark.parametrize("link", [ETHERNET, RAW, LOOP, NULL, COOKED, COOKED_2])
def test_every_link_type_tells_the_same(link: int) -> None:
    assert len(only(read(conversation(link=link).pcap())).trace.all(FrameReceived)) == 2


def test_tags_of_vlans_are_passed_over() -> None:
    assert only(read(conversation(tags=2).pcap())).unread == ""


def test_packets_without_times_of_their_own_are_read() -> None:
    tap = conversation()
    raw = tap.pcapng()[: -sum(len(block("<", 6, b"\0" * 20 + data)) for _, data in tap.packets)]
    simple = b"".join(block("<", 3, struct.pack("<I", len(data)) + data) for _, data in tap.packets)
    assert len(only(read(raw + simple)).trace.all(FrameReceived)) == 2


def test_several_sections_are_read_on() -> None:
    first, second = Tap(), Tap()
    opened(first)
    opened(second, client=("192.0.2.9", 1234))
    assert len(read(first.pcapng() + second.pcapng(">")).told) == 2


@pytest.mark.parametrize("form", ["microseconds", "pcapng"])
def test_a_file_that_was_cut_is_told_up_to_there(form: str) -> None:
    raw = FORMS[form](conversation())
    told = [attempted(raw[:size]) for size in range(4, len(raw), 7)]
    assert told[0].startswith("a.pcap: it is damaged: ")
    assert set(told[-40:]) == {"1 told"}


@settings(max_examples=150)
@given(
    form=st.sampled_from(sorted(FORMS)),
    changes=st.lists(
        st.tuples(st.integers(4, 5000), st.binary(min_size=1, max_size=6)), max_size=6
    ),
    tail=st.binary(max_size=40),
)
def test_no_change_of_a_file_makes_it_crash(
    form: str, changes: list[tuple[int, bytes]], tail: bytes
) -> None:
    raw = bytearray(FORMS[form](conversation()))
    for at, data in changes:
        at = 4 + at % (len(raw) - 4)
        raw[at : at + len(data)] = data
    assert re.fullmatch(r"[1-9]\d* told|a\.pcap: [^\n]+", attempted(bytes(raw) + tail))


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (struct.pack("<I", 0xA1B2C3D4), "it is damaged: it ends in the middle of"),
        (Tap().pcap(), "there is no packet in it"),
        (Tap().pcap() + struct.pack("<IIII", 0, 0, 1 << 31, 0), "a packet at byte 24 claims"),
        (Tap().pcapng() + struct.pack("<II", 6, 0xFFFFFFF0), "a block at byte "),
        (Tap().pcapng() + struct.pack("<II", 99, 0xFFFFFFF0), "it ends in the middle of"),
        (Tap().pcapng() + struct.pack("<II", 6, 3), "claims to have 3 bytes"),
        (Tap().pcapng() + block("<", 6, struct.pack("<IIIII", 7, 0, 0, 0, 0)), "interface 7"),
        (Tap().pcapng() + block("<", 6, struct.pack("<IIIII", 0, 0, 0, 9, 9)), "longer than its"),
        (Tap().pcapng() + block("<", 6, b""), "is too short"),
        (struct.pack(">III", 0x0A0D0D0A, 28, 7), "has no byte order"),
        (conversation().pcap()[:20] + struct.pack("<I", 127) + b"", "there is no packet in it"),
    ],
)
def test_a_file_without_anything_to_tell_gets_one_sentence(raw: bytes, why: str) -> None:
    with pytest.raises(UnreadableCaptureError) as caught:
        read(raw)
    assert why in str(caught.value)


def test_an_unknown_link_type_is_named() -> None:
    tap = conversation()
    raw = tap.pcap()
    with pytest.raises(UnreadableCaptureError, match="link type 127, which is not read"):
        read(raw[:20] + struct.pack("<I", 127) + raw[24:])


def test_a_capture_of_other_traffic_says_how_much() -> None:
    tap = Tap()
    for number in range(3):
        connection = tap.connection(client=("192.0.2.1", 4000 + number)).open()
        connection.say(False, b"220 mail.example ESMTP\r\n")
        connection.say(True, b"EHLO x\r\n")
    with pytest.raises(UnreadableCaptureError, match="none of its 3 TCP connections is a WebSoc"):
        read(tap.pcap())


def test_what_follows_a_damage_is_said_to_be_untold() -> None:
    raw = conversation().pcap()
    capture = read(raw[:-3])
    assert capture.notes[0].startswith("The file is damaged, and told up to there: it ends in")


def test_http_that_asks_for_no_websocket_is_passed_over_until_it_does() -> None:
    tap = Tap()
    connection = tap.connection().open()
    connection.say(True, b"POST /login HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody")
    connection.say(False, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    connection.say(True, ASK)
    connection.say(False, b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
    connection.say(True, ASK)
    capture = read(tap.pcap())
    statuses = [told.trace.response and told.trace.response.status for told in capture.told]
    assert statuses == [401, None]


def test_a_key_that_a_client_takes_each_time_makes_no_proxy() -> None:
    tap = Tap()
    for number in range(2):
        connection = opened(tap, server=("192.0.2.2", 80 + number))
        connection.fin(True)
        connection.fin(False)
    assert [told.hop for told in read(tap.pcap()).told] == [0, 0]
