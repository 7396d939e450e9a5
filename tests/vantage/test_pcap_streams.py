"""One direction of TCP is put back in order, and what is missing is said and not guessed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from overheard import only, read
from wiretap import ACK, FIN, MILLI, PSH, SYN, Tap, ip_packet, masked, opened, text

from hangup.event import EventsDropped, FrameReceived, FrameSent, StreamEnded, TcpInfo, Upgraded
from hangup.vantage.pcap.room import Room
from hangup.vantage.pcap.segments import Segment
from hangup.vantage.pcap.stream import MOST_WAITING, Direction


def heard(tap: Tap) -> list[bytes]:
    return [event.data for event in only(read(tap.pcap(nano=True))).trace.all(FrameReceived)]


@settings(max_examples=200)
@given(data=st.data(), start=st.integers(0, 2**32 - 1))
def test_whatever_order_and_overlap_the_bytes_are_the_same(data: st.DataObject, start: int) -> None:
    said = data.draw(st.binary(min_size=1, max_size=300))
    cuts = data.draw(st.lists(st.tuples(st.integers(0, 299), st.integers(1, 80)), max_size=12))
    whole = [(at, 40) for at in range(0, len(said), 40)]
    pieces = data.draw(st.permutations([*whole, *((a, n) for a, n in cuts if a < len(said))]))
    direction, came = Direction(Room()), b""
    segments = [Segment(0, b"", (start - 1) % 2**32, 0, SYN, b"", 0)]
    for at, size in pieces:
        segments.append(Segment(1, b"", (start + at) % 2**32, 0, PSH, said[at : at + size], 0))
    segments.append(Segment(2, b"", (start + len(said)) % 2**32, 0, FIN, b"", 0))
    for segment in segments:
        came += b"".join(piece for _, piece in direction.take(segment))
    direction.finish(3)
    assert (came, direction.gap, direction.ended) == (said, None, 2)


def test_what_comes_late_is_told_at_the_time_when_it_could_be_read() -> None:
    tap = Tap()
    connection = opened(tap)
    first = connection.packet(False, PSH | ACK, text("one"))
    connection.next[False] += len(text("one"))
    connection.say(False, text("two"))
    tap.add(first)
    trace = only(read(tap.pcap(nano=True))).trace
    times = [event.at for event in trace.all(FrameReceived)]
    assert times == [pytest.approx((len(tap.packets) - 1) * MILLI / 1e9)] * 2


def test_what_is_sent_again_is_told_once_and_counted() -> None:
    tap = Tap()
    connection = opened(tap)
    connection.say(True, masked(b"hi"))
    again = connection.packet(True, PSH | ACK, masked(b"hi"), back=8)
    for _ in range(4):
        tap.add(again, tap.now + 300 * MILLI)
    told = only(read(tap.pcap()))
    assert len(told.trace.all(FrameSent)) == 1
    info = told.trace.last(TcpInfo)
    assert info
    assert (info.total_retransmits, info.retransmits, info.unacked) == (4, 4, 1)
    assert "the server acknowledges nothing that the client sent 5 times" in told.account


def test_a_packet_that_a_capture_holds_twice_was_not_sent_twice() -> None:
    tap = Tap()
    connection = opened(tap)
    connection.say(True, masked(b"hi"))
    tap.add(connection.packet(True, PSH | ACK, masked(b"hi"), back=8), tap.now + 1000)
    info = only(read(tap.pcap(nano=True))).trace.last(TcpInfo)
    assert info
    assert info.total_retransmits == 0


def test_bytes_that_are_missing_end_what_is_told() -> None:
    tap = Tap()
    connection = opened(tap)
    connection.say(False, text("before"))
    connection.next[False] += 20  # not captured
    connection.say(False, text("behind"))
    connection.send(True, ACK)
    connection.fin(False)
    told = only(read(tap.pcap()))
    assert [event.data for event in told.trace.all(FrameReceived)] == [b"before"]
    assert told.trace.first(StreamEnded) is None
    assert told.unread == "bytes of it are not in the capture"
    assert "bytes of the server are missing" in told.account
    assert told.trace.first(EventsDropped)


def test_bytes_that_were_acknowledged_and_never_captured_are_missing() -> None:
    tap = Tap()
    connection = opened(tap)
    connection.next[False] += 30
    connection.send(True, ACK)
    assert only(read(tap.pcap())).unread


def test_a_packet_that_was_cut_short_ends_what_is_told() -> None:
    tap = Tap()
    connection = opened(tap)
    connection.say(False, text("short"))
    connection.say(False, text("long" * 200))
    connection.say(False, text("behind"))
    told = only(read(tap.pcap(snap=400)))
    assert [event.size for event in told.trace.all(FrameReceived)] == [5]
    assert told.unread


def test_packets_cut_within_their_headers_are_said() -> None:
    tap = Tap()
    opened(tap)
    short = Tap()
    short.packets = [(ns, data[:40]) for ns, data in tap.packets]
    note = "5 packets were cut before their TCP header ended: capture with -s 0."
    assert read(tap.pcap() + short.pcap()[24:]).notes == [note]


def test_fragments_are_counted_and_what_they_held_is_missing() -> None:
    tap = Tap()
    connection = opened(tap)
    packet = connection.packet(False, PSH | ACK, text("lost"))
    connection.next[False] += len(text("lost"))
    tap.add(ip_packet("192.0.2.2", "192.0.2.1", packet[20:], fragment=0x2000))
    connection.say(False, text("behind"))
    capture = read(tap.pcap())
    assert capture.notes == ["1 fragments of IP packets were not put together."]
    assert only(capture).unread


def test_what_waits_for_a_hole_is_bounded() -> None:
    room = Room()
    direction = Direction(room)
    list(direction.take(Segment(0, b"", 0, 0, SYN, b"", 0)))
    for number in range(MOST_WAITING // 1000 + 2):
        at = 100 + number * 1000
        assert list(direction.take(Segment(1, b"", at, 0, ACK, bytes(1000), 0))) == []
    assert direction.gap == 1
    assert direction.lacking > MOST_WAITING
    assert room.left == Room().left


def test_the_same_ports_are_used_again_by_another_connection() -> None:
    tap = Tap()
    opened(tap).fin(True)
    opened(tap, first=900_000)
    assert len(read(tap.pcap()).told) == 2


def test_a_keepalive_is_nothing_that_was_sent_again() -> None:
    tap = Tap()
    connection = opened(tap)
    tap.add(connection.packet(True, ACK, b"\0", back=1), tap.now + 1000 * MILLI)
    info = only(read(tap.pcap())).trace.last(TcpInfo)
    assert info
    assert info.total_retransmits == 0


def test_a_connection_of_ipv6_is_read() -> None:
    tap = Tap()
    connection = opened(tap, client=("2001:db8::1", 50_000), server=("2001:db8::2", 8080))
    connection.say(False, text("six"))
    told = only(read(tap.pcap()))
    assert told.server == "[2001:db8::2]:8080"
    assert told.trace.first(Upgraded)
    assert [event.data for event in told.trace.all(FrameReceived)] == [b"six"]


def test_text_is_heard_whatever_the_segments() -> None:
    tap = Tap()
    connection = opened(tap)
    connection.say(False, text("a" * 300) + text("b"), size=7)
    assert heard(tap) == [b"a" * 300, b"b"]
