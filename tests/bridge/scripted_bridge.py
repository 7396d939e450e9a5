"""A server that plays the connections of one scenario, and checks what a client says to it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import socket
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

DEADLINE = 6.0
WELCOME = {"type": "welcome", "session": "s", "user": "u", "epoch": "e", "first": 1, "seq": 0}
REST = {"runs": [], "heartbeat": 15.0}


def event(seq: int) -> dict[str, Any]:
    """Give the event of a number as the scenarios mean it."""
    return {"seq": seq, "run": "r", "step": seq, "at": 1.5, "type": "partial", "text": str(seq)}


def token_of(request: Request) -> str:
    """Give the credential of an opening request."""
    if scheme := request.headers.get("Authorization"):
        return scheme.removeprefix("Bearer ")
    for offered in request.headers.get("Sec-WebSocket-Protocol", "").split(","):
        kind, _, token = offered.strip().partition(".")
        if kind == "jwt64":
            return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
        if kind == "jwt":
            return token
    return ""


class Scripted:
    """Plays connection after connection; `done` is what became of it.

    One connection more than the scenario has is a failure.
    """

    def __init__(self, connections: list[dict[str, Any]]) -> None:
        self._connections = connections
        self._turn = -1
        self._ended = time.monotonic()
        self.left_with: int | None = None
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def open(self, connection: ServerConnection, request: Request) -> Response | None:
        """Refuse a handshake where the scenario does."""
        self._turn += 1
        try:
            return self._open(connection, request)
        except Exception as error:  # noqa: BLE001 - told to the test, which is another task
            self._finish(error)
            return connection.respond(500, "")

    def _open(self, connection: ServerConnection, request: Request) -> Response | None:
        assert self._turn < len(self._connections), "it came once more"
        here = self._connections[self._turn]
        query = {
            name: values[-1] for name, values in parse_qs(urlsplit(request.path).query).items()
        }
        asked = {"token": token_of(request), **query}
        for name, value in here.get("asks", {}).items():
            assert asked.get(name) == value, f"connection {self._turn}: {name} is {asked.get(name)}"
        assert time.monotonic() - self._ended >= here.get("waited", 0), "it came too soon"
        if "refuse" not in here:
            return None
        status, headers = here["refuse"]
        response = connection.respond(status, "")
        response.headers.update(headers)
        self._over()
        return response

    async def play(self, connection: ServerConnection) -> None:
        """Play one connection's script, and stay for as long as the client does."""
        try:
            for step in self._connections[self._turn]["script"]:
                ((verb, argument),) = step.items()
                async with asyncio.timeout(DEADLINE):
                    await getattr(self, f"_{verb}")(connection, argument)
        except Exception as error:  # noqa: BLE001 - told to the test, which is another task
            self._finish(AssertionError(f"connection {self._turn}, {step}: {error!r}"))
        self._over()
        await connection.wait_closed()
        self.left_with = connection.close_code

    def _over(self) -> None:
        self._ended = time.monotonic()
        if self._turn == len(self._connections) - 1:
            self._finish(None)

    def _finish(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None) if error is None else self.done.set_exception(error)

    async def _welcome(self, connection: ServerConnection, fields: dict[str, Any]) -> None:
        await self._say(connection, {**WELCOME, **REST, **fields})

    async def _event(self, connection: ServerConnection, seq: int) -> None:
        await self._say(connection, event(seq))

    async def _events(self, connection: ServerConnection, seqs: list[int]) -> None:
        await self._say(connection, {"type": "events", "events": [event(seq) for seq in seqs]})

    async def _say(self, connection: ServerConnection, message: dict[str, Any]) -> None:
        await connection.send(json.dumps(message))

    async def _text(self, connection: ServerConnection, text: str) -> None:
        await connection.send(text)

    async def _binary(self, connection: ServerConnection, text: str) -> None:
        await connection.send(bytes.fromhex(text))

    async def _deep(self, connection: ServerConnection, depth: int) -> None:
        await connection.send('{"type":' + "[" * depth)

    async def _beat(self, connection: ServerConnection, times: int) -> None:
        for _ in range(times):
            await asyncio.sleep(0.1)
            await self._ping(connection)

    async def _ping(self, connection: ServerConnection) -> None:
        await self._say(connection, {"type": "ping"})
        await self._hear(connection, {"type": "pong"})

    async def _hear(self, connection: ServerConnection, fields: dict[str, Any]) -> None:
        while True:
            message = json.loads(await connection.recv())
            if message.items() >= fields.items():
                return

    async def _close(self, connection: ServerConnection, how: tuple[int, str]) -> None:
        await connection.close(*how)

    async def _closed(self, connection: ServerConnection, code: int) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                await connection.recv()
        assert connection.close_code == code, f"it was closed with {connection.close_code}"

    async def _abort(self, connection: ServerConnection, _: bool) -> None:
        # A reset takes with it what the client has not read yet.
        await self._ping(connection)
        raw = connection.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.transport.abort()


def _choose(_: ServerConnection, offered: list[Subprotocol]) -> Subprotocol | None:
    own = Subprotocol("hangup.v1")
    return own if own in offered else None


@asynccontextmanager
async def scripted(connections: list[dict[str, Any]]) -> AsyncIterator[tuple[Scripted, str]]:
    """Serve the connections of a scenario on loopback, and give the server and its URL."""
    server = Scripted(connections)
    async with serve(
        server.play,
        "127.0.0.1",
        0,
        process_request=server.open,
        select_subprotocol=_choose,
        ping_interval=None,
        close_timeout=1,
    ) as listening:
        port = listening.sockets[0].getsockname()[1]
        yield server, f"ws://127.0.0.1:{port}/ws"
