"""The page: its script, and what the browser tells that script of its WebSocket."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from websockets.frames import Frame, Opcode

from hangup.browser.devtools import Devtools
from hangup.event import DeadlineExpired, PageTold, Told
from hangup.in_band import without_credentials
from hangup.probe.hearing import hear, wish_for
from hangup.probe.inbox import Inbox
from hangup.probe.recorder import KEPT_BYTES, Recorder

BINDING = "hangup"
"""The function by which the page's script tells us what it was told."""
CLOSE_PATIENCE = 2.5
"""Seconds for the browser to tell of the end that the script asked for.

Chromium itself waits 2 for the server to end TCP once both close frames are out.
"""


def document() -> bytes:
    """Give the page, which opens nothing before it is asked to."""
    return Path(__file__).with_name("page.html").read_bytes()


class Message(msgspec.Struct):
    """What the script passes on; `at` is in milliseconds since the epoch."""

    at: float
    what: Told
    text: str = ""
    said: str | None = None
    bytes: str | None = None
    size: int = 0
    code: int | None = None
    reason: str = ""
    clean: bool | None = None


class PageSession:
    """One WebSocket of a page; the scripts of experiments play on it as on one of the probe's."""

    def __init__(self, devtools: Devtools, session: str, recorder: Recorder, began: float) -> None:
        self._devtools, self._session = devtools, session
        self._recorder, self._began = recorder, began
        self._inbox = Inbox(lambda: recorder.now)
        self._changed = asyncio.Event()
        self.opened = self.over = self.threw = self.asked_to_close = False
        self.refusal = ""
        self.close_event: tuple[int, str] | None = None

    @property
    def closed(self) -> bool:
        """Whether the browser told of the end, or was asked for it."""
        return self.over or self.asked_to_close

    @property
    def failed(self) -> bool:
        """Whether it never opened, or ended before the script asked for that."""
        return not self.opened or (self.over and not self.asked_to_close)

    def take(self, payload: str) -> None:
        """Take in what the page's script was told."""
        try:
            told = msgspec.json.decode(payload, type=Message)
        except (msgspec.MsgspecError, RecursionError):
            return  # nobody but our script calls the binding, and a torn call tells nothing
        data = self._data(told)
        self._recorder.add(
            PageTold(
                at=self._since(told.at),
                vantage="page",
                what=told.what,
                size=told.size,
                data=self._recorder.head(without_credentials(data), KEPT_BYTES),
                code=told.code,
                reason=told.reason,
                clean=told.clean,
                text=told.text,
            )
        )
        self.opened |= told.what == "open"
        self.threw |= told.what == "exception"
        self.over |= told.what in ("close", "exception")
        if told.what == "close" and told.code is not None:
            self.close_event = told.code, told.reason
        self._changed.set()

    def _data(self, told: Message) -> bytes:
        if told.said is not None:
            data = told.said.encode("utf-8", "replace")
            self._inbox.take(Frame(Opcode.TEXT, data))
            return data
        if told.bytes is not None:
            data = base64.b64decode(told.bytes)
            self._inbox.take(Frame(Opcode.BINARY, data))
            return data
        return b""

    def note(self, text: str, at: float) -> None:
        """Take in a line of the console; `at` is in milliseconds since the epoch."""
        self.refusal = self.refusal or text
        since = self._since(at)
        self._recorder.add(PageTold(at=since, vantage="page", what="console", text=text))
        self._changed.set()

    def _since(self, epoch_ms: float) -> float:
        return max(0.0, epoch_ms / 1000 - self._began)

    async def dial(self, url: str, subprotocols: tuple[str, ...]) -> None:
        """Open the WebSocket, and wait until the browser tells how that went."""
        await self._call("dial", url, list(subprotocols))
        await self._until(lambda: self.opened, None)

    async def send(self, data: str | bytes) -> bool:
        """Send one message; False when the connection was over before."""
        if self.closed:
            return False
        if isinstance(data, str):
            await self._call("say", data)
        else:
            await self._call("sayBytes", base64.b64encode(data).decode())
        return True

    async def hear(self, pattern: str | None, within: float) -> str | bytes | None:
        """Give the next message that matches, letting go of those before it; None if none came."""
        return await hear(
            wish_for(pattern),
            within,
            inbox=self._inbox,
            recorder=self._recorder,
            until=self._until,
            expired=self._not_heard,
        )

    def _not_heard(self, what: str, since: float) -> None:
        if not self.closed:
            expired = DeadlineExpired(at=self._recorder.now, waiting_for=what, since=since)
            self._recorder.add(expired)

    def heard(self) -> list[str | bytes]:
        """Give the messages that came and were not looked at yet, without waiting."""
        return self._inbox.pop_all()

    async def listen(self, seconds: float) -> None:
        """Say nothing for a while, or until the connection is over."""
        await self._until(lambda: self.closed, seconds)

    async def close(self) -> None:
        """Close in order, as a page does that is done, unless it is over."""
        if not self.closed:
            self.asked_to_close = True
            await self._devtools.ask(
                "Runtime.evaluate", self._session, expression="socket.close(1000)"
            )
            await self._until(lambda: self.over, CLOSE_PATIENCE)

    async def _call(self, function: str, *arguments: Any) -> None:
        given = ", ".join(msgspec.json.encode(each).decode() for each in arguments)
        await self._devtools.ask(
            "Runtime.evaluate", self._session, expression=f"{function}({given})"
        )

    async def _until(self, done: Callable[[], bool], within: float | None) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                while not done():
                    if self.over:
                        return False
                    self._changed.clear()
                    await self._changed.wait()
        return done()
