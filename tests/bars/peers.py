"""Scripted servers on raw sockets: each plays one behaviour to every connection, in its thread."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import itertools
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
STEP = 0.3
"""Seconds that stand for a keepalive's interval and for its timeout."""
MEBIBYTE = bytes(2**20)

Play = Callable[[socket.socket], None]


class Peer:
    """A listening server that plays to every connection until it is closed."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws"

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._open.add(connection)
                thread = threading.Thread(target=self._serve, args=[connection])
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError, EOFError):
            self._play(connection)
        self._open.discard(connection)

    def close(self) -> None:
        """End the listener and whatever is still being played."""
        for each in (self._listener, *list(self._open)):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in (self._accepting, *self._threads):
            thread.join(10)


@contextlib.contextmanager
def playing(play: Play) -> Iterator[Peer]:
    """Play a behaviour while the context lasts."""
    peer = Peer(play)
    try:
        yield peer
    finally:
        peer.close()


# --- the parts that behaviours are made of ---


def read_head(wire: socket.socket) -> bytes:
    """Read a request up to its empty line."""
    head = b""
    while b"\r\n\r\n" not in head:
        head += _some(wire)
    return head


def header(head: bytes, name: bytes) -> bytes:
    """Give a header's value, empty when it is absent."""
    lines = (line.partition(b":") for line in head.split(b"\r\n"))
    return next((v.strip() for key, _, v in lines if key.lower() == name.lower()), b"")


def switching(head: bytes, *more: bytes) -> bytes:
    """Give the 101 that answers a request, with more header lines."""
    digest = hashlib.sha1(header(head, b"Sec-WebSocket-Key") + GUID).digest()
    accept = b"Sec-WebSocket-Accept: " + base64.b64encode(digest)
    first = (b"HTTP/1.1 101 Switching Protocols", b"Upgrade: websocket", b"Connection: Upgrade")
    return b"\r\n".join((*first, accept, *more, b"", b""))


def open_websocket(wire: socket.socket) -> bytes:
    """Answer 101 on /ws and give the request; anything else is answered 404 and ends."""
    head = read_head(wire)
    if head.split()[1].partition(b"?")[0] != b"/ws" or not header(head, b"Upgrade"):
        wire.sendall(NOT_FOUND)
        raise EOFError
    wire.sendall(switching(head))
    return head


def frame(opcode: int, payload: bytes = b"") -> bytes:
    """Give an unmasked frame (RFC 6455, 5.2)."""
    size = len(payload)
    if size < 126:
        return bytes((0x80 | opcode, size)) + payload
    if size < 65_536:
        return bytes((0x80 | opcode, 126)) + struct.pack("!H", size) + payload
    return bytes((0x80 | opcode, 127)) + struct.pack("!Q", size) + payload


def close(code: int, reason: bytes = b"") -> bytes:
    """Give a close frame."""
    return frame(CLOSE, struct.pack("!H", code) + reason)


@dataclass(frozen=True)
class Frame:
    """A frame that a client sent."""

    opcode: int
    payload: bytes


def read_frame(wire: socket.socket) -> Frame:
    """Read one masked frame of at most 64 KiB."""
    first, second = _exactly(wire, 2)
    size = second & 0x7F
    if size == 126:
        (size,) = struct.unpack("!H", _exactly(wire, 2))
    mask = _exactly(wire, 4)
    payload = bytes(a ^ b for a, b in zip(_exactly(wire, size), itertools.cycle(mask)))
    return Frame(first & 0x0F, payload)


def comes(wire: socket.socket, within: float) -> bool:
    """Wait until something can be read, at most so many seconds."""
    return bool(select.select([wire], [], [], within)[0])


def drain(wire: socket.socket) -> None:
    """Read until the client ends, so that closing is no reset."""
    while wire.recv(65_536):
        pass


def hold(wire: socket.socket) -> None:
    """Say no more, and wait until the client ends."""
    drain(wire)


def _some(wire: socket.socket) -> bytes:
    data = wire.recv(65_536)
    if not data:
        raise EOFError
    return data


def _exactly(wire: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = wire.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def answer(wire: socket.socket, received: Frame, *, pong: bool) -> None:
    if received.opcode == TEXT:
        wire.sendall(frame(TEXT, received.payload))
    elif received.opcode == PING and pong:
        wire.sendall(frame(PONG, received.payload))
    elif received.opcode == CLOSE:
        wire.sendall(frame(CLOSE, received.payload))
        raise EOFError


# --- endings that look alike ---


def deaf_to_pings(wire: socket.socket) -> None:
    """Echo every message and never answer a ping."""
    open_websocket(wire)
    while True:
        answer(wire, read_frame(wire), pong=False)


def keepalive_closes(wire: socket.socket) -> None:
    """Echo; after an interval send a ping, and after the timeout close for want of its pong."""
    open_websocket(wire)
    _echo_for(wire, STEP)
    wire.sendall(frame(PING, b"keepalive"))
    _echo_for(wire, STEP)
    wire.sendall(close(1011, b"keepalive ping timeout"))
    drain(wire)


def crashes_after_accept(wire: socket.socket) -> None:
    """Close 1011 without a reason, as hypercorn does when the application raises."""
    open_websocket(wire)
    wire.sendall(close(1011))
    drain(wire)


def _echo_for(wire: socket.socket, seconds: float) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0 and comes(wire, left):
        answer(wire, read_frame(wire), pong=True)


# --- what never ends ---


def says_nothing(wire: socket.socket) -> None:
    """Accept TCP and never answer."""
    hold(wire)


def a_byte_a_second(wire: socket.socket) -> None:
    """Answer with a status line that takes a minute."""
    read_head(wire)
    for byte in b"HTTP/1.1 101 Switching Protocols with much patience\r\n\r\n":
        wire.sendall(bytes([byte]))
        _pause(wire, 1.0)


def a_frame_a_byte_a_second(wire: socket.socket) -> None:
    """Open, and send a message of which a byte comes each second."""
    open_websocket(wire)
    for byte in frame(TEXT, b"patience " * 10):
        wire.sendall(bytes([byte]))
        _pause(wire, 1.0)


def half_a_frame(wire: socket.socket) -> None:
    """Open, and send the first half of a message."""
    open_websocket(wire)
    wire.sendall(frame(TEXT, b"only a half of this comes")[:14])
    hold(wire)


def ping_flood(wire: socket.socket) -> None:
    """Open, and send pings for ever, without reading."""
    open_websocket(wire)
    pings = frame(PING, b"flood") * 1000
    while True:
        wire.sendall(pings)


def ping_flood_read(wire: socket.socket) -> None:
    """Open, and send pings for ever while every pong is read."""
    open_websocket(wire)
    reading = threading.Thread(target=drain_quietly, args=[wire])
    reading.start()
    pings = frame(PING, b"flood") * 1000
    try:
        while True:
            wire.sendall(pings)
    finally:
        reading.join(10)


def gibibyte_frame(wire: socket.socket) -> None:
    """Open, and send a frame of 1 GiB."""
    open_websocket(wire)
    wire.sendall(b"\x82\x7f" + struct.pack("!Q", 2**30))
    for _ in range(1024):
        wire.sendall(MEBIBYTE)
    hold(wire)


def gibibyte_in_fragments(wire: socket.socket) -> None:
    """Open, and send one message of 1 GiB in legal fragments of 32 KiB."""
    open_websocket(wire)
    wire.sendall(b"\x02\x7e" + struct.pack("!H", 2**15) + bytes(2**15))
    fragments = (b"\x00\x7e" + struct.pack("!H", 2**15) + bytes(2**15)) * 32
    for _ in range(1024):
        wire.sendall(fragments)
    hold(wire)


def one_letter_for_ever(wire: socket.socket) -> None:
    """Open, and send one huge text of the same letter after the other."""
    open_websocket(wire)
    message = frame(TEXT, b"a" * 15_000_000)
    while True:
        wire.sendall(message)


def headers_without_end(wire: socket.socket) -> None:
    """Answer with one header line after the other, for ever."""
    read_head(wire)
    wire.sendall(b"HTTP/1.1 101 Switching Protocols\r\n")
    for number in itertools.count():
        wire.sendall(b"X-%d: more\r\n" % number)
        _pause(wire, 0.01)


def headers_flooding(wire: socket.socket) -> None:
    """Answer with headers without end, as fast as they are taken."""
    read_head(wire)
    wire.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        wire.sendall(b"X: " + MEBIBYTE.replace(b"\0", b"x") + b"\r\n")


def headers_that_stop(wire: socket.socket) -> None:
    """Answer with a head whose empty line never comes."""
    read_head(wire)
    wire.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n")
    hold(wire)


def body_without_end(wire: socket.socket) -> None:
    """Refuse with a body that never ends, as fast as it is taken."""
    read_head(wire)
    wire.sendall(b"HTTP/1.1 503 Service Unavailable\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        wire.sendall(b"10000\r\n" + bytes(2**16) + b"\r\n")


def _pause(wire: socket.socket, seconds: float) -> None:
    """Wait; a client that ends meanwhile ends the play."""
    if comes(wire, seconds) and not wire.recv(65_536):
        raise EOFError


def drain_quietly(wire: socket.socket) -> None:
    with contextlib.suppress(OSError):
        drain(wire)
