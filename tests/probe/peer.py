"""A scripted peer: a TCP server that plays actions on raw bytes to whoever connects."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
SMALL = 1024


@dataclass
class Connection:
    """One accepted connection and what has come on it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    head: bytes = b""

    @property
    def socket(self) -> socket.socket:
        return self.writer.get_extra_info("socket")

    def header(self, name: bytes) -> bytes:
        for line in self.head.split(b"\r\n"):
            key, _, value = line.partition(b":")
            if key.lower() == name.lower():
                return value.strip()
        return b""


Action = Callable[[Connection], Awaitable[None]]


@dataclass
class Peer:
    """A running peer: where it listens, and the connections it has had."""

    port: int
    connections: list[Connection] = field(default_factory=list)


@contextlib.asynccontextmanager
async def playing(*actions: Action, tls: ssl.SSLContext | None = None) -> AsyncIterator[Peer]:
    """Play the actions to each connection; afterwards all is closed."""
    tasks: list[asyncio.Task[None]] = []
    peer = Peer(0)

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.append(asyncio.current_task())
        connection = Connection(reader, writer)
        peer.connections.append(connection)
        try:
            # Python 3.11 logs a handler that ends cancelled as an error.
            with contextlib.suppress(OSError, EOFError, asyncio.CancelledError):
                for action in actions:
                    await action(connection)
                await stay()(connection)
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(play, "127.0.0.1", 0, ssl=tls, limit=SMALL)
    peer.port = server.sockets[0].getsockname()[1]
    try:
        yield peer
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # Both ends of every transport are given the turns they need to let go of their sockets.
        for connection in peer.connections:
            with contextlib.suppress(OSError, ssl.SSLError):
                await connection.writer.wait_closed()


def request() -> Action:
    """Read one request's head."""

    async def act(on: Connection) -> None:
        on.head = await on.reader.readuntil(b"\r\n\r\n")

    return act


def say(data: bytes) -> Action:
    """Send bytes in one write."""

    async def act(on: Connection) -> None:
        on.writer.write(data)
        await on.writer.drain()

    return act


def slowly(data: bytes, every: float, each: int = 1) -> Action:
    """Send bytes a few at a time."""

    async def act(on: Connection) -> None:
        for start in range(0, len(data), each):
            await say(data[start : start + each])(on)
            await asyncio.sleep(every)

    return act


def endlessly(data: bytes) -> Action:
    """Send the same bytes as fast as they are taken."""

    async def act(on: Connection) -> None:
        while True:
            await say(data)(on)

    return act


def hear(size: int) -> Action:
    """Read that many bytes."""

    async def act(on: Connection) -> None:
        await on.reader.readexactly(size)

    return act


def hear_all() -> Action:
    """Read until the client ends."""

    async def act(on: Connection) -> None:
        while await on.reader.read(65536):
            pass

    return act


def upgraded(glued: bytes = b"", *headers: bytes, omit: bytes = b"") -> Action:
    """Answer a WebSocket request correctly, `glued` in the same write."""

    async def act(on: Connection) -> None:
        await request()(on)
        digest = hashlib.sha1(on.header(b"Sec-WebSocket-Key") + GUID).digest()
        lines = [
            b"Upgrade: websocket",
            b"Connection: Upgrade",
            b"Sec-WebSocket-Accept: " + base64.b64encode(digest),
        ]
        lines = [line for line in lines if not (omit and line.startswith(omit))]
        head = b"\r\n".join([b"HTTP/1.1 101 Switching Protocols", *lines, *headers])
        await say(head + b"\r\n\r\n" + glued)(on)

    return act


def bye() -> Action:
    """Wait for the first bytes of what the client says, then end."""

    async def act(on: Connection) -> None:
        await on.reader.readexactly(1)
        on.writer.close()

    return act


def fin() -> Action:
    """Close: FIN, and for TLS a close_notify before it."""

    async def act(on: Connection) -> None:
        on.writer.close()

    return act


def half_close() -> Action:
    """End our side of TCP only; under TLS that is a FIN without close_notify."""

    async def act(on: Connection) -> None:
        on.socket.shutdown(socket.SHUT_WR)

    return act


def reset() -> Action:
    """End with a RST."""

    async def act(on: Connection) -> None:
        on.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        on.writer.transport.abort()

    return act


def stay() -> Action:
    """Say and do nothing more."""

    async def act(on: Connection) -> None:
        await asyncio.Event().wait()

    return act
