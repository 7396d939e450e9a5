"""Scripted servers that say back what they hear, or say what must not come through."""

from __future__ import annotations

import itertools
import json
import socket

from .peers import (
    PING,
    TEXT,
    answer,
    close,
    comes,
    drain,
    frame,
    header,
    hold,
    open_websocket,
    read_frame,
    read_head,
    switching,
)


def mirror(wire: socket.socket) -> None:
    """Open, and say back the request's head and everything else that is heard."""
    head = open_websocket(wire)
    for at in range(0, len(head), 60_000):
        wire.sendall(frame(TEXT, head[at : at + 60_000]))
    while True:
        answer(wire, read_frame(wire), pong=True)


def counting_mirror(wire: socket.socket) -> None:
    """Open, and say back what was heard first again and again, each time with the next number."""
    open_websocket(wire)
    while (heard := read_frame(wire)).opcode != TEXT:
        answer(wire, heard, pong=True)
    said = json.dumps(heard.payload.decode()).encode()
    for number in itertools.count(1):
        wire.sendall(frame(TEXT, b'{"seq": %d, "said": %s}' % (number, said)))
        if comes(wire, 0.03):
            answer(wire, read_frame(wire), pong=True)


def refusing_mirror(wire: socket.socket) -> None:
    """Refuse the upgrade with the whole request in a header and in the body."""
    head = read_head(wire)
    said = b"HTTP/1.1 403 Forbidden\r\nX-Seen: " + head.replace(b"\r\n", b" ") + b"\r\n"
    said += b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(head)
    wire.sendall(said + head)


def closing_mirror(wire: socket.socket) -> None:
    """Close with what was heard last as the reason, as careless servers do."""
    head = open_websocket(wire)
    said = head.split(b"\r\n")[0]
    for name in (b"Authorization", b"Cookie", b"Sec-WebSocket-Protocol"):
        said = header(head, name) or said
    if comes(wire, 1.0):
        said = read_frame(wire).payload or said
    wire.sendall(close(4401, said[:123]))
    drain(wire)


ESCAPES = b"\x1b]0;owned\x07\x1b[31m\x1b[2J\x9b31m"
MARKUP = b"<script>alert(1)</script><img src=x onerror=alert(2)>"
BIDI = "\u202e\u2066\u200f".encode()
BROKEN = b"\xff\xfe\xc3("
HOSTILE = ESCAPES + MARKUP + BIDI


def hostile_reason(wire: socket.socket) -> None:
    """Close with escapes, markup and bidirectional marks as the reason."""
    open_websocket(wire)
    wire.sendall(close(1011, (b"\x1b[31m\x1b]0;x\x07" + MARKUP + BIDI)[:123]))
    drain(wire)


def broken_reason(wire: socket.socket) -> None:
    """Close with a reason that is no UTF-8."""
    open_websocket(wire)
    wire.sendall(close(1011, BROKEN + ESCAPES))
    drain(wire)


def hostile_messages(wire: socket.socket) -> None:
    """Send hostile text, then text that is no UTF-8."""
    open_websocket(wire)
    wire.sendall(frame(TEXT, HOSTILE.replace(b"\x9b", b"")) + frame(PING, ESCAPES))
    wire.sendall(frame(TEXT, BROKEN))
    drain(wire)


def hostile_refusal(wire: socket.socket) -> None:
    """Refuse with hostile words in the status line, the headers and the body."""
    read_head(wire)
    odd = HOSTILE.replace(b"\x07", b"")
    said = b"HTTP/1.1 403 " + odd + b"\r\nServer: " + odd + b"\r\nX-Odd: " + BROKEN + b"\r\n"
    body = HOSTILE + BROKEN
    wire.sendall(said + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)


def marked_up_refusal(wire: socket.socket) -> None:
    """Refuse in legal HTTP, with markup and colours wherever text may stand."""
    read_head(wire)
    said = b"HTTP/1.1 403 " + MARKUP + BIDI + b"\r\nServer: " + MARKUP + BIDI + b"\r\n"
    wire.sendall(said + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(HOSTILE) + HOSTILE)


def not_http(wire: socket.socket) -> None:
    """Answer with escapes in place of HTTP."""
    read_head(wire)
    wire.sendall(HOSTILE + BROKEN + b"\r\n\r\n")


def hostile_subprotocol(wire: socket.socket) -> None:
    """Answer 101 with a subprotocol nobody offered, made of markup."""
    wire.sendall(switching(read_head(wire), b"Sec-WebSocket-Protocol: " + MARKUP))
    hold(wire)


def endless_header_line(wire: socket.socket) -> None:
    """Answer 101 with one header of 8 MiB."""
    head = read_head(wire)
    wire.sendall(switching(head, b"X-Long: " + b"x" * 2**23))
    hold(wire)
