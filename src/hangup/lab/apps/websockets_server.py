"""The lab's behaviours on websockets' own server, called with PORT and BEHAVIOUR."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from http import HTTPStatus

from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from hangup.lab.apps.asgi import PATH, Crash


async def echo(connection: ServerConnection) -> None:
    """Send every message back."""
    async for message in connection:
        await connection.send(message)


async def crash_after_accept(connection: ServerConnection) -> None:
    """Raise when the socket is open, before any message."""
    raise Crash("after accept")


async def crash_on_message(connection: ServerConnection) -> None:
    """Raise at the first message."""
    await connection.recv()
    raise Crash("on message")


async def return_after_accept(connection: ServerConnection) -> None:
    """Return at once; the library closes 1000."""


BEHAVIOURS = {
    each.__name__: each
    for each in (echo, crash_after_accept, crash_on_message, return_after_accept)
}


def _answer(connection: ServerConnection, request: Request) -> Response | None:
    if request.path == "/" and "Upgrade" not in request.headers:
        return connection.respond(HTTPStatus.OK, "ok\n")
    known = request.path.partition("?")[0] == PATH
    return None if known else connection.respond(HTTPStatus.NOT_FOUND, "not found\n")


def _first(connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    return offered[0] if offered else None


async def main(port: int, behaviour: str) -> None:
    """Serve one behaviour until we are ended."""
    handler = BEHAVIOURS[behaviour]
    async with serve(
        handler, "127.0.0.1", port, process_request=_answer, select_subprotocol=_first
    ) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
