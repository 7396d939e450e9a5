"""A chat server whose users are their tokens, with the faults of one that mixes them up."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

from talker import serving
from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

USERS = ("alice", "bob", "carol")
GREETING = {"type": "welcome"}
SECRET = "what only alice may read"


class Chat:
    """Answers an `ask` to who asked, tells a `shout` to all, and is broken where a `fault` says.

    The faults: the reply goes to `another`, to who came `last`, or to `everybody`; all others are
    hung up on (`evicts`); nobody but alice gets in (`full`); a shout reaches nobody (`mute`), or
    everybody `twice`.
    """

    def __init__(self, fault: str = "") -> None:
        self._fault = fault
        self._here: list[ServerConnection] = []

    async def handle(self, socket: ServerConnection) -> None:
        """Serve one connection."""
        assert socket.request
        if self._fault == "full" and _user(socket.request) != "alice":
            await socket.close(1013)
        self._here.append(socket)
        with contextlib.suppress(ConnectionClosed):
            await socket.send(json.dumps(GREETING))
            async for message in socket:
                await self._answer(socket, json.loads(message))
        self._here.remove(socket)

    async def _answer(self, socket: ServerConnection, asked: dict[str, Any]) -> None:
        if self._fault == "evicts":
            await asyncio.gather(*(each.close(1008) for each in self._here if each is not socket))
        said = {"type": "reply", "text": SECRET}
        for reader in self._readers(socket, asked["type"]):
            await reader.send(json.dumps({**said, "type": asked.get("as", "reply")}))

    def _readers(self, asker: ServerConnection, kind: str) -> list[ServerConnection]:
        others = [each for each in self._here if each is not asker]
        if kind == "shout":
            times = {"mute": 0, "twice": 2}.get(self._fault, 1)
            return [asker, *others * times]
        wrong = {"another": others[:1], "last": self._here[-1:], "everybody": [asker, *others]}
        return wrong.get(self._fault, [asker])


def _user(request: Request) -> str:
    return request.headers.get("Authorization", "").removeprefix("Bearer token-of-")


async def _refuse_strangers(connection: ServerConnection, request: Request) -> Response | None:
    if _user(request) in USERS:
        return None
    return Response(401, "Unauthorized", Headers(), b"")


@contextlib.asynccontextmanager
async def chatting(fault: str = "") -> AsyncIterator[str]:
    """Give the URL of a chat server with a fault."""
    async with serving(Chat(fault).handle, process_request=_refuse_strangers) as url:
        yield url
