"""The DevTools protocol over a pair of pipes: commands, answers, events."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec

from hangup.browser.process import Running

MOST_BYTES = 64 * 1024 * 1024
"""Bytes of one answer or event."""

Event = Callable[[str, dict[str, Any]], None]
"""Is told the name and the parameters of an event."""


class DevtoolsError(Exception):
    """Chromium refused a command, or went away; its text says so in its own words."""


class Devtools:
    """Speaks to one Chromium; what is asked when it is gone fails at once."""

    def __init__(self, writer: asyncio.WriteTransport, told: Event) -> None:
        self._writer, self._told = writer, told
        self._number = 0
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._gone = False

    async def ask(self, method: str, session: str = "", **params: Any) -> dict[str, Any]:
        """Send a command and give its result.

        Raises:
            DevtoolsError: it was refused, or Chromium is gone.
        """
        if self._gone:
            raise DevtoolsError("Chromium ended")
        return await self._send(method, session, params)

    def tell(self, method: str, session: str = "", **params: Any) -> None:
        """Send a command whose result is of no interest."""
        if not self._gone:
            answer = self._send(method, session, params)
            answer.add_done_callback(lambda done: done.cancelled() or done.exception())

    def _send(
        self, method: str, session: str, params: dict[str, Any]
    ) -> asyncio.Future[dict[str, Any]]:
        self._number += 1
        command: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if session:
            command["sessionId"] = session
        answer = asyncio.get_running_loop().create_future()
        self._asked[self._number] = answer
        self._writer.write(msgspec.json.encode(command) + b"\0")
        return answer

    def take(self, message: dict[str, Any]) -> None:
        """Take in one answer or event."""
        if "id" not in message:
            self._told(message.get("method", ""), message.get("params", {}))
            return
        answer = self._asked.pop(message["id"], None)
        if answer is None or answer.done():
            return
        if "error" in message:
            answer.set_exception(DevtoolsError(str(message["error"].get("message", "refused"))))
        else:
            answer.set_result(message.get("result", {}))

    def end(self) -> None:
        """Fail what is still asked: nothing more will come."""
        self._gone = True
        for answer in self._asked.values():
            if not answer.done():
                answer.set_exception(DevtoolsError("Chromium ended"))
        self._asked.clear()


@contextlib.asynccontextmanager
async def speaking_to(process: Running, told: Event) -> AsyncIterator[Devtools]:
    """Speak to a Chromium while the context lasts; the pipes are closed afterwards."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=MOST_BYTES)
    answers, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(process.answers, "rb", 0)
    )
    commands, _ = await loop.connect_write_pipe(
        asyncio.BaseProtocol, os.fdopen(process.commands, "wb", 0)
    )
    devtools = Devtools(commands, told)
    reading = asyncio.create_task(_read(reader, devtools))
    try:
        yield devtools
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        if not commands.is_closing():  # it is, once Chromium has let go of its end
            commands.abort()
        answers.close()
        await asyncio.sleep(0)  # the transports close their pipes in the loop's next turn


async def _read(reader: asyncio.StreamReader, devtools: Devtools) -> None:
    try:
        while True:
            message = await reader.readuntil(b"\0")
            devtools.take(msgspec.json.decode(message[:-1]))
    except (EOFError, OSError, asyncio.LimitOverrunError, msgspec.DecodeError, RecursionError):
        return
    finally:
        devtools.end()
