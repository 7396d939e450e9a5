"""An echo that costs little beside its clients, and says when asked how much it echoed."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import sys
from typing import Any

import uvloop

from hangup.framing import Opcode, Reader, framed

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
MOST = 1 << 20
echoed = 0


class Echo(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport: Any) -> None:
        self._transport, self._head = transport, b""
        self._reader: Reader | None = None

    def data_received(self, data: bytes) -> None:
        global echoed
        if self._reader is None:
            return self._shake_hands(data)
        replies = []
        for opcode, payload in self._reader.read(data):
            replies.append(framed(opcode, payload))
            echoed += opcode is Opcode.TEXT
        self._transport.write(b"".join(replies))
        return None

    def _shake_hands(self, data: bytes) -> None:
        self._head += data
        if b"\r\n\r\n" not in self._head:
            return
        key = re.search(rb"(?i)sec-websocket-key: *(\S+)", self._head)
        assert key
        accept = base64.b64encode(hashlib.sha1(key[1] + GUID).digest())
        self._reader = Reader(MOST)
        self._transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )


async def serve() -> None:
    """Serve until stdin ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Echo, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(echoed, flush=True)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve())
