"""A scripted peer: one function plays one connection, byte by byte where that matters."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import http
import socket
import ssl
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from hangup.lab.wire import BINARY, CLOSE, PING, PONG, TEXT, close, frame
from hangup.lab.world import Place, Start

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
PATH = "/ws"


@dataclass(frozen=True, slots=True)
class Request:
    """The head of a request; header names are in lower case."""

    target: str
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def upgrades(self) -> bool:
        """Whether it asks for a WebSocket."""
        return self.headers.get("upgrade", "").lower() == "websocket"

    @property
    def token(self) -> str | None:
        """The bearer token."""
        return self.headers.get("authorization", "").removeprefix("Bearer ") or None


@dataclass(slots=True)
class Client:
    """One accepted connection: `number` counts them from 0, `age` is the server's, in seconds."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    number: int
    age: float

    async def request(self) -> Request:
        """Read one request's head."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        pairs = (line.partition(":") for line in lines if line)
        return Request(first.split()[1], {k.lower(): v.strip() for k, _, v in pairs})

    async def raw(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(data)
        await self.writer.drain()

    async def respond(self, status: int, body: str = "", *headers: str, reason: str = "") -> None:
        """Answer over HTTP and end."""
        lines = [f"HTTP/1.1 {status} {reason or http.HTTPStatus(status).phrase}", *headers]
        lines += [f"Content-Length: {len(body.encode())}", "Connection: close", "", body]
        await self.raw("\r\n".join(lines).encode())
        self.writer.close()

    async def upgrade(self, request: Request, *headers: str, glued: bytes = b"") -> None:
        """Answer 101, correctly but for what the headers say otherwise."""
        key = request.headers.get("sec-websocket-key", "").encode()
        accept = base64.b64encode(hashlib.sha1(key + GUID, usedforsecurity=False).digest()).decode()
        own = {line.partition(":")[0].lower() for line in headers}
        usual = ("Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Accept: {accept}")
        lines = [line for line in usual if line.partition(":")[0].lower() not in own]
        head = "\r\n".join(["HTTP/1.1 101 Switching Protocols", *lines, *headers, "", ""])
        await self.raw(head.encode() + glued)

    async def frame(self) -> tuple[int, bytes]:
        """Read one frame and take its mask off."""
        first, second = await self.reader.readexactly(2)
        size = second & 0x7F
        if size > 125:
            raw = await self.reader.readexactly(2 if size == 126 else 8)
            size = int.from_bytes(raw, "big")
        mask = await self.reader.readexactly(4) if second & 0x80 else bytes(4)
        data = await self.reader.readexactly(size)
        return first & 0x0F, bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))

    async def receive(self) -> str | bytes | None:
        """Give the next message; answer pings and the closing handshake, None when it is over."""
        while True:
            opcode, data = await self.frame()
            if opcode == PING:
                await self.raw(frame(PONG, data))
            elif opcode == CLOSE:
                await self.raw(frame(CLOSE, data))
                self.writer.close()
                return None
            elif opcode in (TEXT, BINARY):
                return data.decode("utf-8", "replace") if opcode == TEXT else data

    async def send(self, message: str | bytes) -> None:
        """Send one message."""
        text = isinstance(message, str)
        data = message.encode() if isinstance(message, str) else message
        await self.raw(frame(TEXT if text else BINARY, data))

    async def close(self, code: int, reason: str = "") -> None:
        """Close first, and end TCP when the client has answered."""
        await self.raw(close(code, reason.encode()))
        while (await self.frame())[0] != CLOSE:
            pass
        self.writer.close()

    async def drain(self) -> None:
        """Read until the client is gone, answering nothing but pings and its close."""
        while await self.receive() is not None:
            pass

    def fin(self) -> None:
        """End TCP in order."""
        self.writer.close()

    def reset(self) -> None:
        """End TCP with a reset."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Play = Callable[[Client], Awaitable[None]]
Handler = Callable[[Client, Request], Awaitable[None]]


@contextlib.asynccontextmanager
async def listening(
    play: Play, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[int]:
    """Play one function to each connection, on the port given."""
    tasks: list[asyncio.Task[None]] = []
    began = time.monotonic()

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        client = Client(reader, writer, len(tasks), time.monotonic() - began)
        tasks.append(task)
        try:
            # Python 3.11 logs a handler that ends cancelled as an error.
            with contextlib.suppress(OSError, EOFError, asyncio.CancelledError):
                await play(client)
                await asyncio.Event().wait()
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(accepted, host, 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def scripted(play: Play) -> Start:
    """Make a world of one function that plays each connection from its first byte."""

    @contextlib.asynccontextmanager
    async def start() -> AsyncIterator[Place]:
        async with listening(play) as port:
            yield Place(port)

    return start


def routed(handler: Handler, *, elsewhere: int = 403, plain: int = 404, server: str = "") -> Play:
    """Serve one WebSocket route as a server does: other paths and plain requests are refused."""

    async def play(client: Client) -> None:
        request = await client.request()
        headers = (f"Server: {server}",) if server else ()
        if not request.upgrades:
            await client.respond(plain, f"{plain}: this is no page", *headers)
        elif request.path != PATH:
            await client.respond(elsewhere, "", *headers)
        else:
            await handler(client, request)

    return play


def site(handler: Handler, *, elsewhere: int = 403, plain: int = 404, server: str = "") -> Start:
    """Make a world of one WebSocket route."""
    return scripted(routed(handler, elsewhere=elsewhere, plain=plain, server=server))


async def echo(client: Client, request: Request) -> None:
    """Accept, and send every message back."""
    await client.upgrade(request)
    await echo_on(client)


async def echo_on(client: Client) -> None:
    """Send every message back on an open WebSocket."""
    while (message := await client.receive()) is not None:
        await client.send(message)
