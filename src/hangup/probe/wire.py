"""The seam to the network: bytes in, bytes out, and how the stream ended."""

from __future__ import annotations

import asyncio
import contextlib
import select
import socket
import ssl
import struct
import sys
from typing import Protocol

from hangup.event import TcpInfo

CHUNK = 65536
NARROW_BUFFER, NARROW_SEGMENT = 4096, 1400
"""Bytes of a receive buffer that is soon full, and of a segment.

The peer's kernel sizes its own buffer by the segment: for the 64 KiB of loopback it takes in three
megabytes before its application feels that nobody reads, for those of a network 70 kilobytes.
"""
WIDE_BUFFER = 262_144
"""Bytes of the buffer into which a narrow socket reads what has been waiting."""


class Stream(Protocol):
    """Bytes in and out; `read` gives b"" at the end, and errors are the system's own."""

    close_notify: bool | None

    async def read(self) -> bytes: ...
    async def write(self, data: bytes) -> None: ...


class Wire(Stream, Protocol):
    """A stream of a socket.

    `waiting` says whether something has come that was not read, the end included. Between `pause`
    and `resume` nothing is taken from the network; `flowing` waits for the end of that. `buffer` is
    what the kernel keeps for us, `unread` what of it is taken, both in bytes. After `break_off`
    closing it sends a reset in place of a FIN.
    """

    @property
    def buffer(self) -> int: ...
    @property
    def unread(self) -> int | None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...
    async def flowing(self) -> None: ...
    def waiting(self) -> bool: ...
    def close(self) -> None: ...
    def break_off(self) -> None: ...
    def tcp_info(self, at: float) -> TcpInfo | None: ...


class SocketWire:
    """A connected, non-blocking TCP socket."""

    close_notify: bool | None = None

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._loop = asyncio.get_running_loop()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._awaited: asyncio.Future[bytes] | None = None

    @property
    def buffer(self) -> int:
        """Ask the kernel."""
        return self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)

    @property
    def unread(self) -> int | None:
        """Ask the kernel; None where it does not say."""
        if sys.platform == "win32":
            return None
        import fcntl  # here: only who paused asks
        import termios

        try:
            return int.from_bytes(fcntl.ioctl(self._sock, termios.FIONREAD, bytes(4)), "little")
        except OSError:
            return None

    def pause(self) -> None:
        self._flowing.clear()
        self._loop.remove_reader(self._sock)

    def resume(self) -> None:
        self._flowing.set()
        self._listen()

    async def flowing(self) -> None:
        await self._flowing.wait()

    async def read(self) -> bytes:
        # Bytes that are there are read without yielding: a peer that floods us would otherwise
        # keep every timer, and so every deadline, from firing.
        await asyncio.sleep(0)
        await self.flowing()
        try:
            return self._sock.recv(CHUNK)
        except BlockingIOError:
            return await self._arrival()

    async def _arrival(self) -> bytes:
        self._awaited = self._loop.create_future()
        self._listen()
        try:
            return await self._awaited
        finally:
            self._awaited = None
            self._loop.remove_reader(self._sock)

    def _listen(self) -> None:
        if self._awaited and not self._awaited.done() and self._flowing.is_set():
            self._loop.add_reader(self._sock, self._take, self._awaited)

    def _take(self, awaited: asyncio.Future[bytes]) -> None:
        """Read at once: an error is told to the first who asks, and a writer may ask next."""
        if awaited.done():
            return
        try:
            awaited.set_result(self._sock.recv(CHUNK))
        except BlockingIOError:
            return
        except OSError as exc:
            awaited.set_exception(exc)

    def waiting(self) -> bool:
        if sys.platform == "win32":  # whose select takes sockets of any number
            return bool(select.select([self._sock], [], [], 0)[0])
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


class NarrowWire(SocketWire):
    """A socket whose buffer is small until it is read again after a pause."""

    @staticmethod
    def narrow(sock: socket.socket) -> None:
        """Make a socket narrow, which only has its effect before it connects."""
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, NARROW_BUFFER)
        if hasattr(socket, "TCP_MAXSEG"):
            with contextlib.suppress(OSError):  # then the peer's kernel takes in more
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, NARROW_SEGMENT)

    def resume(self) -> None:
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WIDE_BUFFER)
        if hasattr(socket, "TCP_WINDOW_CLAMP"):
            with contextlib.suppress(OSError):  # then it is read in more turns
                self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_WINDOW_CLAMP, WIDE_BUFFER)
        super().resume()


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

    @property
    def buffer(self) -> int:
        """That of the socket below."""
        return self._wire.buffer

    @property
    def unread(self) -> int | None:
        """That of the socket below."""
        return self._wire.unread

    def pause(self) -> None:
        self._wire.pause()

    def resume(self) -> None:
        self._wire.resume()

    async def flowing(self) -> None:
        await self._wire.flowing()

    async def read(self) -> bytes:
        while True:
            await self.flowing()  # records may be here that came before a pause
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
