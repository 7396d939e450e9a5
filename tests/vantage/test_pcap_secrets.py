"""No credential of a capture is kept, wherever it stands."""

from __future__ import annotations

import base64

import pytest
from overheard import only, read
from wiretap import SWITCH, Tap, masked, opened, text

from hangup.event import FrameReceived, FrameSent, RequestSent
from hangup.framing import Opcode, framed
from hangup.trace import dump_traces

SECRET = "s3cret-Value-of-31-characters.."
HEAD = (
    "GET {target} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{more}\r\n"
)


def asked(target: str = "/ws", host: str = "a.example", more: str = "") -> bytes:
    return HEAD.format(target=target, host=host, more=more).encode()


def trace_of(request: bytes, *messages: bytes, answer: bytes = SWITCH) -> bytes:
    """Give the line of the trace of a connection on which the messages came and went."""
    tap = Tap()
    connection = tap.connection().open()
    connection.say(True, request)
    connection.say(False, answer)
    for message in messages:
        connection.say(True, masked(message))
        connection.say(False, framed(Opcode.TEXT, message))
    told = only(read(tap.pcap()))
    return dump_traces([told.trace]) + told.account.encode()


@pytest.mark.parametrize(
    "request_",
    [
        asked(f"/ws?token={SECRET}&room=1"),
        asked(more=f"Authorization: Bearer {SECRET}\r\n"),
        asked(more=f"Cookie: sid={SECRET}; theme=dark\r\n"),
        asked(more=f"X-Api-Key: {SECRET}\r\n"),
        asked(more=f"Sec-WebSocket-Protocol: bearer, {SECRET}\r\n"),
        asked(f"http://a.example/ws?access_token={SECRET}"),
    ],
)
def test_what_an_opening_carries_is_kept_nowhere(request_: bytes) -> None:
    line = trace_of(request_, f"I am {SECRET}".encode())
    assert SECRET.encode() not in line
    assert base64.b64encode(SECRET.encode())[:20] not in line
    assert base64.b64encode(f"I am {SECRET}".encode())[8:40] not in line


def test_a_basic_password_is_kept_nowhere() -> None:
    pair = base64.b64encode(f"user:{SECRET}".encode()).decode()
    line = trace_of(asked(more=f"Authorization: Basic {pair}\r\n"), SECRET.encode())
    assert pair.encode() not in line
    assert base64.b64encode(SECRET.encode()) not in line


def test_what_an_answer_sets_is_kept_nowhere() -> None:
    cookie = f"Set-Cookie: session={SECRET}; HttpOnly\r\n\r\n".encode()
    line = trace_of(asked(), SECRET.encode(), answer=SWITCH[:-2] + cookie)
    assert SECRET.encode() not in line
    assert base64.b64encode(SECRET.encode()) not in line


def events_of(*frames: tuple[bool, bytes]) -> list[bytes]:
    """Give the payloads that a trace shows of some frames, in order."""
    tap = Tap()
    connection = opened(tap)
    for client, raw in frames:
        connection.say(client, raw)
    trace = only(read(tap.pcap())).trace
    return [event.data for event in trace.events if isinstance(event, FrameSent | FrameReceived)]


def test_a_token_in_a_message_is_marked_there_and_in_what_came_before() -> None:
    said = events_of(
        (False, text(f"welcome, {SECRET}")),
        (True, masked(f'{{"type": "auth", "token": "{SECRET}"}}'.encode())),
        (False, text(f"bye, {SECRET}")),
    )
    assert said == [
        b"welcome, [redacted]",
        b'{"type": "auth", "token": "[redacted]"}',
        b"bye, [redacted]",
    ]


def test_a_secret_in_two_fragments_is_marked_in_both() -> None:
    tap = Tap()
    connection = tap.connection().open()
    connection.say(True, asked(more=f"Authorization: Bearer {SECRET}\r\n"))
    connection.say(False, SWITCH)
    half = len(SECRET) // 2
    first, second = f"x {SECRET[:half]}".encode(), f"{SECRET[half:]} y".encode()
    connection.say(False, bytes((0x01, len(first))) + first + bytes((0x80, len(second))) + second)
    trace = only(read(tap.pcap())).trace
    assert [event.data for event in trace.all(FrameReceived)] == [b"x [redacted]", b"[redacted] y"]


def test_a_secret_at_the_edge_of_what_is_kept_is_marked_whole() -> None:
    before = b"x" * 1010
    line = trace_of(asked(f"/ws?token={SECRET}"), before + SECRET.encode())
    assert base64.b64encode(before + SECRET.encode())[:1360][-16:] not in line


def test_a_harmless_opening_is_told_as_it_was_written() -> None:
    tap = Tap()
    opened(tap)
    trace = only(read(tap.pcap())).trace
    request = trace.first(RequestSent)
    assert request
    assert request.header("Sec-WebSocket-Key") == "dGhlIHNhbXBsZSBub25jZQ=="
    assert trace.url == "ws://a.example/ws"
