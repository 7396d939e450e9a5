"""The connections that tests hold: what must come is awaited, by a deadline, and named if not."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, ExitStack
from typing import Any

from websockets.asyncio.client import ClientConnection as AsyncConnection
from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as connect_sync

from hangup.probe.opening import first_message_of
from hangup.pytest_plugin.waiting import (
    Dialled,
    Message,
    MissedError,
    Waiting,
    Wanted,
    any_of,
    decoded,
    each_once,
    encoded,
    reason_of,
    short,
)


class Socket:
    """A connection for tests that are no coroutines."""

    def __init__(self, connection: ClientConnection, held: ExitStack, within: float) -> None:
        self.connection, self._held, self._within = connection, held, within

    @classmethod
    def open(cls, dialled: Dialled) -> Socket:
        """Open one, and say the first message where the credential travels in it."""
        held = ExitStack()
        connection = held.enter_context(connect_sync(dialled.url, **dialled.options))
        socket = cls(connection, held, dialled.within)
        if (first := first_message_of(dialled.endpoint)) is not None:
            socket.send(first)
        return socket

    def send(self, message: Any) -> None:
        """Send a text, bytes, or anything else as JSON."""
        self.connection.send(encoded(message))

    def receive(self, within: float | None = None) -> Message:
        """Give the next message."""
        return self.expect("", within)

    def expect(self, wanted: Wanted, within: float | None = None) -> Message:
        """Give the next message that is the wanted one; others before it are let go.

        Raises:
            MissedError: it did not come within so many seconds, or before the end.
        """
        waiting = Waiting(wanted, within or self._within)
        try:
            while waiting.left > 0:
                if waiting.takes(message := self.connection.recv(waiting.left)):
                    return message
        except TimeoutError:
            pass
        except ConnectionClosed as exc:
            raise waiting.missed(exc) from None
        raise waiting.missed()

    def expect_json(self, wanted: Wanted, within: float | None = None) -> Any:
        """Give the JSON of the next message that is the wanted one."""
        return decoded(self.expect(wanted, within))

    def events(self, names: list[str], field: str = "type", within: float | None = None) -> None:
        """Await messages of these names, each once and in this order; others may stand between."""
        for taken in each_once(names, field):
            taken(self.expect_json({field: any_of(names)}, within))

    def silence(self, seconds: float) -> None:
        """Fail when a message comes within so many seconds."""
        try:
            message = self.connection.recv(seconds)
        except TimeoutError:
            return
        raise MissedError(f"{short(message)} came where nothing may")

    def closed(self, code: int, within: float | None = None) -> str:
        """Await the server's close frame with this code, and give its reason."""
        try:
            while True:
                self.connection.recv(within or self._within)
        except TimeoutError:
            raise MissedError(f"no close frame within {within or self._within:g} s") from None
        except ConnectionClosed as exc:
            return reason_of(exc, code)

    def close(self) -> None:
        """Close it, when it is not closed yet."""
        self._held.close()


class AsyncSocket:
    """A connection for tests that are coroutines, on asyncio."""

    def __init__(self, connection: AsyncConnection, held: AsyncExitStack, within: float) -> None:
        self.connection, self._held, self._within = connection, held, within

    @classmethod
    async def open(cls, dialled: Dialled) -> AsyncSocket:
        """Open one, and say the first message where the credential travels in it."""
        held = AsyncExitStack()
        opening = connect_async(dialled.url, **dialled.options)
        socket = cls(await held.enter_async_context(opening), held, dialled.within)
        if (first := first_message_of(dialled.endpoint)) is not None:
            await socket.send(first)
        return socket

    async def send(self, message: Any) -> None:
        """Send a text, bytes, or anything else as JSON."""
        await self.connection.send(encoded(message))

    async def receive(self, within: float | None = None) -> Message:
        """Give the next message."""
        return await self.expect("", within)

    async def expect(self, wanted: Wanted, within: float | None = None) -> Message:
        """Give the next message that is the wanted one; others before it are let go.

        Raises:
            MissedError: it did not come within so many seconds, or before the end.
        """
        waiting = Waiting(wanted, within or self._within)
        try:
            async with asyncio.timeout(within or self._within):
                while not waiting.takes(message := await self.connection.recv()):
                    pass
                return message
        except TimeoutError:
            raise waiting.missed() from None
        except ConnectionClosed as exc:
            raise waiting.missed(exc) from None

    async def expect_json(self, wanted: Wanted, within: float | None = None) -> Any:
        """Give the JSON of the next message that is the wanted one."""
        return decoded(await self.expect(wanted, within))

    async def events(
        self, names: list[str], field: str = "type", within: float | None = None
    ) -> None:
        """Await messages of these names, each once and in this order; others may stand between."""
        for taken in each_once(names, field):
            taken(await self.expect_json({field: any_of(names)}, within))

    async def silence(self, seconds: float) -> None:
        """Fail when a message comes within so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                message = await self.connection.recv()
        except TimeoutError:
            return
        raise MissedError(f"{short(message)} came where nothing may")

    async def closed(self, code: int, within: float | None = None) -> str:
        """Await the server's close frame with this code, and give its reason."""
        try:
            async with asyncio.timeout(within or self._within):
                while True:
                    await self.connection.recv()
        except TimeoutError:
            raise MissedError(f"no close frame within {within or self._within:g} s") from None
        except ConnectionClosed as exc:
            return reason_of(exc, code)

    async def close(self) -> None:
        """Close it, when it is not closed yet."""
        await self._held.aclose()
