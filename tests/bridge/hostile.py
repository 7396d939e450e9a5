"""A client that says anything, against a bridge without a network between them."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from live import SWIFT, by_name
from msgspec.structs import replace

from hangup.bridge import Arrived, Bridge, Identity, MemoryLog, Partial, Presented

DEADLINE = 10.0
SECRET = "what only bob may read"
OWN = 3
"""Events that each user has."""
LIMITS = replace(SWIFT, heartbeat=60.0, login=0.2, messages=0.1)
END = '{"type":"ping","id":"the end"}'
Message = MutableMapping[str, Any]


class Say(msgspec.Struct, tag_field="type", tag="say"):
    """A message of the application."""

    text: str


async def answer(arrived: Arrived) -> None:
    """Answer only whom it was asked by."""
    await arrived.tell(Say(arrived.user))


@dataclass
class Heard:
    """What a client has been told, and what its credentials have cost."""

    accepted: bool = False
    status: int = 0
    code: int = 0
    asked: int = 0
    read: int = 0
    messages: list[dict[str, Any]] = field(default_factory=list)

    def types(self) -> set[str]:
        """Give the types of what was told."""
        return {message["type"] for message in self.messages}


@dataclass
class Hostile:
    """One connection that says what it was given, then waits for the answer to a last ping."""

    says: deque[Message]
    heard: Heard = field(default_factory=Heard)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self) -> Message:
        """Be read by the bridge."""
        self.heard.read += 1
        if not self.says:
            await self.over.wait()
            return {"type": "websocket.disconnect", "code": 1006}
        return self.says.popleft()

    async def send(self, message: Message) -> None:
        """Be told something by the bridge."""
        match message["type"]:
            case "websocket.accept":
                self.heard.accepted = True
            case "websocket.http.response.start":
                self.heard.status = message["status"]
            case "websocket.close":
                self.heard.code = message["code"]
                self.over.set()
            case "websocket.send":
                self._note(message["text"])

    def _note(self, text: str) -> None:
        text.encode()  # as a server has to
        told = json.loads(text)
        self.heard.messages.append(told)
        if told == {"type": "pong", "id": "the end"}:
            self.over.set()


async def _filled(asked: Heard, **options: Any) -> Bridge:
    async def authenticate(presented: Presented) -> Identity:
        asked.asked += 1
        return await by_name(presented)

    log = MemoryLog()
    app = Bridge(log, authenticate, messages={Say: answer}, limits=LIMITS, **options)
    for user, text in (("alice", "hers"), ("bob", SECRET)):
        async with await app.run(user, f"run of {user}") as run:
            for _ in range(OWN - 1):
                await run.publish(Partial(text=text))
    return app


async def _meet(scope: Message, says: list[Message], options: dict[str, Any]) -> Heard:
    first: Message = {"type": "websocket.connect"}
    last: Message = {"type": "websocket.receive", "text": END}
    hostile = Hostile(deque([first, *says, last]))
    app = await _filled(hostile.heard, **options)
    epochs = {user: (await app.position(user)).epoch for user in ("alice", "bob")}
    for message in hostile.says:
        if message.get("text"):
            message["text"] = in_words(message["text"], epochs)
    scope["query_string"] = in_words(scope["query_string"].decode("latin-1"), epochs).encode(
        "latin-1"
    )
    async with asyncio.timeout(DEADLINE):
        await app(scope, hostile.receive, hostile.send)
    await app.drain()
    return hostile.heard


def in_words(text: str, epochs: dict[str, str]) -> str:
    """Put the epochs of the users where their names stand for them."""
    return text.replace("EPOCH-A", epochs["alice"]).replace("EPOCH-B", epochs["bob"])


def meet(
    says: list[str | bytes],
    *,
    headers: list[tuple[bytes, bytes]] | None = None,
    query: bytes = b"",
    offered: list[str] | None = None,
    **options: Any,
) -> Heard:
    """Let a client say all of this; `options` are those of the bridge."""
    scope: Message = {
        "type": "websocket",
        "path": "/ws",
        "headers": headers or [],
        "query_string": query,
        "subprotocols": offered or [],
        "extensions": {"websocket.http.response": {}},
    }
    messages: list[Message] = [
        {"type": "websocket.receive", "text" if isinstance(each, str) else "bytes": each}
        for each in says
    ]
    return asyncio.run(_meet(scope, messages, options))
