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
from hangup.lab.apps.limits import MOST_BYTES, PING_EVERY


async def echo(connection: ServerConnection) -> None:
    """Send every message back."""
    async for message in connection:
        await connection.send(message)


async def crash_before_accept(connection: ServerConnection) -> None:
    """Never called: what answers the handshake raises."""


async def crash_after_accept(connection: ServerConnection) -> None:
    """Raise when the socket is open, before any message."""
    raise Crash("after accept")


async def crash_on_message(connection: ServerConnection) -> None:
    """Raise at the first message."""
    await connection.recv()
    raise Crash("on message")


async def close_after_accept(connection: ServerConnection) -> None:
    """Close 4401 as an application that refuses a credential does."""
    await connection.close(4401, "not allowed")


async def return_after_accept(connection: ServerConnection) -> None:
    """Return at once; the library closes 1000."""


BEHAVIOURS = {
    each.__name__: each
    for each in (
        echo,
        crash_before_accept,
        crash_after_accept,
        crash_on_message,
        close_after_accept,
        return_after_accept,
    )
}


def _answer(connection: ServerConnection, request: Request) -> Response | None:
    if request.path == "/" and "Upgrade" not in request.headers:
        return connection.respond(HTTPStatus.OK, "ok\n")
    known = request.path.partition("?")[0] == PATH
    return None if known else connection.respond(HTTPStatus.NOT_FOUND, "not found\n")


def _raise(connection: ServerConnection, request: Request) -> None:
    raise Crash("before accept")


def _first(connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    return offered[0] if offered else None


async def main(port: int, behaviour: str) -> None:
    """Serve one behaviour until we are ended."""
    async with serve(
        BEHAVIOURS[behaviour],
        "127.0.0.1",
        port,
        process_request=_raise if behaviour == "crash_before_accept" else _answer,
        select_subprotocol=_first,
        ping_interval=PING_EVERY or 20,
        ping_timeout=PING_EVERY or 20,
        max_size=MOST_BYTES or 2**20,
    ) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
