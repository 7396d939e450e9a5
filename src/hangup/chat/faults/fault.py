"""What a fault is: a piece of wrong code between a server and the chat, and its truth."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from msgspec import Struct

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Receive, Send], Awaitable[None]]
Play = Callable[[App, Message, Receive, Send], Awaitable[None]]
"""Serves one WebSocket, by the chat or in its place."""


class Fault(Struct, frozen=True, kw_only=True):
    """A fault that can be switched on.

    `causes` are those of the catalogue that are right from outside, the true one first: that an
    event is missing shows there as another reply than the expected one. `asks` is whether a client
    has to ask something before it shows, `look` what `hangup diagnose` has to be told beyond that.
    `unseen` says that the health check goes past it.
    """

    name: str
    story: str
    causes: tuple[str, ...]
    play: Play
    asks: bool = False
    look: tuple[str, ...] = ()
    unseen: bool = False


class Faulty(Struct, frozen=True):
    """The chat's WebSocket with a fault: an ASGI application."""

    app: App
    fault: Fault

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        await self.fault.play(self.app, scope, receive, send)


def spoken(message: Message) -> dict[str, Any]:
    """Read what is said; nothing for what is no JSON object."""
    try:
        found = json.loads(message.get("text") or "")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def asks(message: Message) -> bool:
    """Whether a client asks the agent something."""
    return spoken(message).get("type") == "user_message"


def is_event(message: Message) -> bool:
    """Whether an event is sent, and not what the bridge says beside them."""
    return message["type"] == "websocket.send" and "step" in spoken(message)


def token_of(scope: Message) -> str:
    """Give the credential of a header, nothing where there is none."""
    found: bytes = dict(scope["headers"]).get(b"authorization", b"")
    return found.decode("latin-1")


async def opened(scope: Message, receive: Receive, send: Send) -> None:
    """Accept a connection as the chat would, whoever it is."""
    await receive()
    ours = [each for each in scope.get("subprotocols") or () if each == "hangup.v1"]
    await send({"type": "websocket.accept", "subprotocol": ours[0] if ours else None})
