"""A web server for hooks: it answers each request as told, byte by byte where that matters."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Answer = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


class Hooked:
    """What came, in order."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.heads: list[str] = []
        self.bodies: list[bytes] = []


def answer(status: int) -> bytes:
    return f"HTTP/1.1 {status} Whatever\r\nContent-Length: 0\r\n\r\n".encode()


async def hang(writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def drip(writer: asyncio.StreamWriter) -> None:
    """Send a head without end, a byte at a time: each of them would renew a socket's timeout."""
    writer.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def hooked(*answers: Answer, tls: ssl.SSLContext | None = None) -> AsyncIterator[Hooked]:
    """Answer requests in turn, with the last answer from then on."""
    left = list(answers)
    tasks: set[asyncio.Task[None]] = set()

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tasks.add(task)
        with contextlib.suppress(OSError, EOFError, asyncio.CancelledError):
            await play(reader, writer)
        writer.transport.abort()

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lines = [line for line in head.splitlines() if line.lower().startswith("content-length:")]
        seen.heads.append(head)
        seen.bodies.append(await reader.readexactly(int(lines[0].split(":")[1])))
        how = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(how, bytes):
            writer.write(how)
            await writer.drain()
        else:
            await how(writer)

    server = await asyncio.start_server(accepted, "127.0.0.1", 0, ssl=tls)
    seen = Hooked(server.sockets[0].getsockname()[1])
    try:
        yield seen
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
