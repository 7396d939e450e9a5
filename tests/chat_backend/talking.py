"""A chat in the test's own loop under a real uvicorn, and users who talk to it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
from live import DEADLINE, SWIFT, Talk, talk

from hangup.bridge.serving import Server
from hangup.bridge.sqlite import SqliteLog
from hangup.chat.agent import Agent
from hangup.chat.app import Chat, Parts
from hangup.chat.builtin import BuiltIn
from hangup.chat.conversations_sqlite import SqliteConversations
from hangup.chat.keys import FixedKeys, secret_key
from hangup.chat.tokens import Tokens, issue

SECRET = b"a secret of more than thirty-two bytes, as it must be"


class Served:
    """A chat that is served, and its addresses."""

    def __init__(self, chat: Chat, port: int) -> None:
        self.chat, self.port = chat, port

    @property
    def http(self) -> str:
        """Where its API is."""
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def user(self, name: str, query: str = "") -> AsyncIterator[Talk]:
        """Connect a user, who has heard the welcome."""
        async with talk(f"ws://127.0.0.1:{self.port}/ws", token(name), query) as talking:
            await talking.hear("welcome")
            yield talking


def token(user: str, lifetime: float = 60.0) -> str:
    """Sign a token that the served chats take."""
    return issue(SECRET, user, lifetime=lifetime)


def parts(folder: Path, agent: Agent | None = None, **changed: Any) -> Parts:
    """Give what a chat is made of, with its data in the folder."""
    usual: dict[str, Any] = {
        "log": SqliteLog(folder / "events.db"),
        "conversations": SqliteConversations(folder / "threads.db"),
        "agent": agent or BuiltIn(pace=0.01),
        "tokens": Tokens(keys=FixedKeys(secret_key(SECRET))),
        "limits": SWIFT,
        "build": "b-1",
        "grace": 0.5,
    }
    return Parts(**{**usual, **changed})


@asynccontextmanager
async def served(made: Parts) -> AsyncIterator[Served]:
    """Serve a chat while the context lasts."""
    listening = socket.create_server(("127.0.0.1", 0))
    chat = Chat(made)
    config = uvicorn.Config(chat.app, log_config=None, ws="websockets-sansio")
    server = Server(config, chat.drain)
    running = asyncio.ensure_future(server._serve([listening]))
    try:
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.001)
        yield Served(chat, listening.getsockname()[1])
    finally:
        server.should_exit = True
        await running
        listening.close()


def play(made: Parts, scene: Callable[[Served], Awaitable[None]]) -> None:
    """Run a scene with a chat that is served."""

    async def run() -> None:
        async with asyncio.timeout(3 * DEADLINE), served(made) as chat:
            await scene(chat)

    asyncio.run(run())


async def answer(talking: Talk, run: str = "") -> list[dict[str, Any]]:
    """Give the events up to the end of a run."""
    heard = []
    while True:
        message = await talking.hear()
        if "seq" in message and run in ("", message["run"]):
            heard.append(message)
            if message["type"] in ("agent_completed", "agent_stopped", "agent_error"):
                return heard


async def kept(chat: Served, user: str, thread: str, count: int) -> list[str]:
    """Wait until a thread has so many messages."""
    conversations = chat.chat._parts.conversations
    while True:
        found = await conversations.messages(user, thread, 0, 100)
        if len(found) >= count:
            return [f"{each.role} {each.state} {each.text}" for each in found]
        await asyncio.sleep(0.005)
