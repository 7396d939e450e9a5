"""A server by the letter of ASGI: what it receives is a list, what it sent is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from hangup.recorder import MemorySink, Recorder

CONNECT = {"type": "websocket.connect"}
GONE = {"type": "websocket.disconnect", "code": 1001, "reason": ""}


def text(value: str) -> dict[str, Any]:
    """Give a message as a server hands it on."""
    return {"type": "websocket.receive", "text": value}


@dataclass
class Played:
    """What came of one scope: what the application sent and raised, and what was seen of it."""

    sink: MemorySink
    recorder: Recorder
    sent: list[Any] = field(default_factory=list)
    raised: BaseException | None = None


def play(app: Any, *messages: Any, sink: Any = None, scope: Any = None, **options: Any) -> Played:
    """Run an application on one WebSocket scope; the client leaves after its messages."""
    memory = sink or MemorySink()
    played = Played(memory, Recorder(app, sink=memory, stall=0, **options))
    asyncio.run(_play(played, [CONNECT, *messages, GONE], scope or websocket_scope()))
    return played


def websocket_scope(
    path: str = "/ws", query: bytes = b"", headers: Iterable[tuple[bytes, bytes]] = ()
) -> dict[str, Any]:
    """Give the scope of a WebSocket."""
    return {
        "type": "websocket",
        "path": path,
        "query_string": query,
        "headers": [*headers],
        "client": ("192.0.2.7", 4711),
    }


async def _play(played: Played, messages: list[Any], scope: Any) -> None:
    waiting = list(messages)

    async def receive() -> Any:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        played.sent.append(message)

    try:
        await played.recorder(scope, receive, send)
    except BaseException as exc:  # noqa: BLE001 - kept for the test, cancellation too
        played.raised = exc
