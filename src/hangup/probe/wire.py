"""The seam to the network: bytes in, bytes out, and how the stream ended."""

from __future__ import annotations

import asyncio
import select
import socket
import ssl
import struct
from typing import Protocol

from hangup.event import TcpInfo

CHUNK = 65536


class Wire(Protocol):
    """A byte stream; `read` gives b"" at its end, and errors are the system's own.

    `waiting` says whether something has come that was not read, the end included. After
    `break_off` closing it sends a reset in place of a FIN.
    """

    close_notify: bool | None

    async def read(self) -> bytes: ...
    def waiting(self) -> bool: ...
    async def write(self, data: bytes) -> None: ...
    def close(self) -> None: ...
    def break_off(self) -> None: ...
    def tcp_info(self, at: float) -> TcpInfo | None: ...


class SocketWire:
    """A connected, non-blocking TCP socket."""

    close_notify: bool | None = None

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._loop = asyncio.get_running_loop()

    async def read(self) -> bytes:
        # sock_recv returns without yielding when bytes are there: a peer that floods us would
        # otherwise keep every timer, and so every deadline, from firing.
        await asyncio.sleep(0)
        return await self._loop.sock_recv(self._sock, CHUNK)

    def waiting(self) -> bool:
        poll = select.poll()
        poll.register(self._sock, select.POLLIN)
        return bool(poll.poll(0))

    async def write(self, data: bytes) -> None:
        await self._loop.sock_sendall(self._sock, data)
        await asyncio.sleep(0)  # as in read, for a peer that takes all that we send

    def close(self) -> None:
        self._sock.close()

    def break_off(self) -> None:
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def tcp_info(self, at: float) -> TcpInfo | None:
        if not hasattr(socket, "TCP_INFO"):
            return None
        try:
            raw = self._sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 232)
        except OSError:
            return None
        return _decode_tcp_info(raw, at)


class TlsWire:
    """TLS over another wire, kept Sans-I/O so that FIN and close_notify stay apart."""

    def __init__(self, wire: Wire, context: ssl.SSLContext, server_name: str) -> None:
        self.close_notify: bool | None = False
        self.first_bytes = b""
        self._wire = wire
        self._flushing = asyncio.Lock()
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.object = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)

    async def handshake(self) -> None:
        """Run the TLS handshake; raises what ssl and the socket raise."""
        while True:
            try:
                self.object.do_handshake()
            except ssl.SSLWantReadError:
                await self._exchange()
            except ssl.SSLError:
                await self._flush()  # the alert that tells the peer why
                raise
            else:
                await self._flush()
                return

    async def read(self) -> bytes:
        while True:
            try:
                data = self.object.read(CHUNK)
            except ssl.SSLWantReadError:
                await self._exchange()
            except ssl.SSLEOFError:
                return b""
            else:
                # An SSLObject gives b"" for close_notify only; a bare FIN raises SSLEOFError.
                self.close_notify = not data
                return data

    def waiting(self) -> bool:
        return self._wire.waiting()

    async def write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self.object.write(rest) :]
        await self._flush()

    def close(self) -> None:
        self._wire.close()

    def break_off(self) -> None:
        self._wire.break_off()

    def tcp_info(self, at: float) -> TcpInfo | None:
        return self._wire.tcp_info(at)

    async def _exchange(self) -> None:
        await self._flush()
        data = await self._wire.read()
        if len(self.first_bytes) < 64:
            self.first_bytes += data[:64]
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    async def _flush(self) -> None:
        async with self._flushing:  # reader and writer both flush, and records must not interleave
            if self._outgoing.pending:
                await self._wire.write(self._outgoing.read())


_TCP_STATES = [
    "unknown",
    "established",
    "syn-sent",
    "syn-recv",
    "fin-wait-1",
    "fin-wait-2",
    "time-wait",
    "close",
    "close-wait",
    "last-ack",
    "listen",
    "closing",
]


def _decode_tcp_info(raw: bytes, at: float) -> TcpInfo | None:
    """Decode struct tcp_info of linux/tcp.h: 8 bytes, 24 32-bit and then 64-bit fields."""
    if len(raw) < 104:
        return None
    state, _, retransmits = raw[0], raw[1], raw[2]
    words = struct.unpack_from("=24I", raw, 8)
    long = struct.unpack_from("=4Q", raw, 104) if len(raw) >= 136 else None
    return TcpInfo(
        at=at,
        state=_TCP_STATES[state] if state < len(_TCP_STATES) else "unknown",
        rtt_ms=words[15] / 1000,
        retransmits=retransmits,
        total_retransmits=words[23],
        unacked=words[4],
        lost=words[6],
        bytes_acked=long[2] if long else None,
        bytes_received=long[3] if long else None,
    )
