"""Scripted servers that send without measure: heads, interim answers, frames, what inflates."""

from __future__ import annotations

import itertools
import select
import socket
import zlib

from .peers import (
    PING,
    TEXT,
    Play,
    close,
    comes,
    drain,
    frame,
    hold,
    open_websocket,
    read_head,
    switching,
)

__all__ = ["Play"]
DEFLATE = b"Sec-WebSocket-Extensions: permessage-deflate"
BOMB = b"\xc1" + frame(TEXT, zlib.compress(b"a" * (64 << 20), level=1, wbits=-15))[1:]
"""A message of 300 KB that inflates to 64 MiB, where 16 are the most."""


def hundred_thousand_headers(wire: socket.socket) -> None:
    """Answer 101 with more headers than anybody reads."""
    head = read_head(wire)
    wire.sendall(switching(head, *(b"X-%d: y" % number for number in range(100_000))))
    hold(wire)


def endless_interim_answers(wire: socket.socket) -> None:
    """Say that the answer is yet to come, for ever."""
    read_head(wire)
    while True:
        wire.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n" * 200)


def dripping_head(wire: socket.socket) -> None:
    """Answer a byte at a time, so that something comes always."""
    read_head(wire)
    for byte in itertools.chain(b"HTTP/1.1 101 Switching Protocols\r\n", itertools.repeat(0x41)):
        wire.sendall(bytes((byte,)))
        if select.select([wire], [], [], 0.05)[0]:
            return


def dripping_body(wire: socket.socket) -> None:
    """Refuse with a body that never ends."""
    read_head(wire)
    wire.sendall(b"HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not comes(wire, 0.05):
        wire.sendall(b"1\r\nx\r\n")


def redirecting_to_itself(wire: socket.socket) -> None:
    """Send the client on, and on, to a place whose name holds escapes."""
    read_head(wire)
    wire.sendall(
        b"HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\x1b[31m<script>\r\n"
        b"Content-Length: 0\r\nConnection: close\r\n\r\n"
    )


def endless_pings(wire: socket.socket) -> None:
    """Ping as fast as the network takes it."""
    open_websocket(wire)
    while True:
        wire.sendall(frame(PING, b"x" * 125) * 100)


def endless_small_messages(wire: socket.socket) -> None:
    """Send messages of a byte as fast as the network takes them."""
    open_websocket(wire)
    while True:
        wire.sendall(frame(TEXT, b"x") * 5000)


def endless_fragments(wire: socket.socket) -> None:
    """Begin a message and never end it, with fragments that hold nothing."""
    open_websocket(wire)
    wire.sendall(b"\x01\x00")
    while True:
        wire.sendall(b"\x00\x00" * 5000)


def frame_of_all_bytes(wire: socket.socket) -> None:
    """Announce a frame of 2^63 - 1 bytes, and begin with it."""
    open_websocket(wire)
    wire.sendall(b"\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff" + bytes(1000))
    drain(wire)


def inflating_messages(wire: socket.socket) -> None:
    """Send messages of 15 MiB in a few kilobytes each, with one context for all of them."""
    wire.sendall(switching(read_head(wire), DEFLATE))
    deflate = zlib.compressobj(level=9, wbits=-15)
    while True:
        raw = deflate.compress(b"a" * (15 << 20)) + deflate.flush(zlib.Z_SYNC_FLUSH)
        wire.sendall(b"\xc1" + frame(TEXT, raw[:-4])[1:])


def inflating_without_end(wire: socket.socket) -> None:
    """Send one message that inflates to more than anybody takes."""
    wire.sendall(switching(read_head(wire), DEFLATE) + BOMB)
    drain(wire)


def closing_again_and_again(wire: socket.socket) -> None:
    """Close with one reason after the other, for ever."""
    open_websocket(wire)
    for number in itertools.count(1000):
        wire.sendall(close(1000 + number % 15, b"number %d" % number) * 50)
