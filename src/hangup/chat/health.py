"""Whether a socket would work: not a process that runs, but one that lets users in and answers."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct

from hangup.bridge import Bridge
from hangup.bridge.codes import CREDENTIAL
from hangup.chat.conversations import Conversations

DEADLINE = 3.0
KEPT = 1.0
"""Seconds for which a result is given again: anybody may ask, and it costs a connection."""
NOBODY = "hangup readiness"
App = Callable[[Any, Any, Any], Awaitable[None]]
_LOGIN = json.dumps({"type": "login", "token": "not a token"})
SAID: tuple[dict[str, Any], ...] = (
    {"type": "websocket.connect"},
    {"type": "websocket.receive", "text": _LOGIN},
)


class Health(Struct, frozen=True):
    """What a check found: the name of each part, and `ok` or what is wrong."""

    parts: dict[str, str]

    @property
    def ready(self) -> bool:
        """Whether every part is well."""
        return all(found == "ok" for found in self.parts.values())


class Readiness:
    """Checks the way of a connection: opening, judging a credential, the log, the threads.

    `socket` is the application as servers call it. A credential that is none is shown to it, which
    must be refused as such: where the step that judges crashes, no user would get in either.
    """

    def __init__(self, socket: App, bridge: Bridge, conversations: Conversations) -> None:
        self._socket, self._bridge, self._conversations = socket, bridge, conversations
        self._at = float("-inf")
        self._last: Health | None = None
        self._one = asyncio.Lock()

    async def check(self) -> Health:
        """Give the state of now, or of `KEPT` seconds ago."""
        async with self._one:
            if self._last is None or time.monotonic() - self._at > KEPT:
                self._last = Health(await self._parts())
                self._at = time.monotonic()
            return self._last

    async def _parts(self) -> dict[str, str]:
        if self._bridge.draining:
            return {"server": "it goes down"}
        names = ("socket", "log", "threads")
        checks = (
            self._refuses(),
            self._bridge.log.open_runs(NOBODY),
            self._conversations.check(),
        )
        return dict(zip(names, await asyncio.gather(*map(_told, checks)), strict=True))

    async def _refuses(self) -> None:
        said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        answers = asyncio.Queue[dict[str, Any]]()
        for message in SAID:
            said.put_nowait(message)
        serving = asyncio.ensure_future(self._socket(_scope(), said.get, answers.put))
        try:
            while (answer := await _next(answers, serving))["type"] == "websocket.accept":
                pass
        finally:
            serving.cancel()
            await asyncio.wait((serving,))
        code = answer.get("code")
        if answer["type"] != "websocket.close" or code != CREDENTIAL:
            raise NotReadyError(f"a wrong credential was answered with {code or answer['type']}")


class NotReadyError(Exception):
    """A part does not do what it has to."""


async def _next(
    answers: asyncio.Queue[dict[str, Any]], serving: asyncio.Future[None]
) -> dict[str, Any]:
    getting = asyncio.ensure_future(answers.get())
    await asyncio.wait((getting, serving), return_when=asyncio.FIRST_COMPLETED)
    if getting.done():
        return getting.result()
    getting.cancel()
    error = serving.exception()
    raise NotReadyError(f"it ended by {type(error).__name__}" if error else "it ended unasked")


async def _told(check: Awaitable[object]) -> str:
    try:
        async with asyncio.timeout(DEADLINE):
            await check
    except TimeoutError:
        return f"no answer within {DEADLINE:g} s"
    except NotReadyError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - whatever it raises, it is not ready
        return f"{type(error).__name__}"
    return "ok"


def _scope() -> dict[str, Any]:
    return {
        "type": "websocket",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "ws",
        "path": "/ws",
        "raw_path": b"/ws",
        "root_path": "",
        "query_string": b"",
        "headers": [],
        "client": ("127.0.0.1", 0),
        "server": ("127.0.0.1", 0),
        "subprotocols": [],
        "state": {},
        "extensions": {"websocket.http.response": {}},
    }
