"""Feeds on FastAPI, each with its own way of treating a slow reader, run as `...:name`."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

from hangup.lab.apps.feeds import EVERY, event


class Rooms:
    """The readers of one application, and its way of sending an event to all of them."""

    def __init__(self, timeout: float | None) -> None:
        self.readers: set[WebSocket] = set()
        self._timeout = timeout

    async def produce(self) -> None:
        """Send each event to one reader after the other, as tutorials do."""
        for number in itertools.count(1):
            text = event(number)
            for reader in tuple(self.readers):
                with contextlib.suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
                    async with asyncio.timeout(self._timeout):
                        await reader.send_text(text)
            await asyncio.sleep(EVERY)


def _application(rooms: Rooms) -> FastAPI:
    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        producing = asyncio.create_task(rooms.produce())
        yield
        producing.cancel()

    app = FastAPI(lifespan=lifespan)

    @app.websocket("/ws")
    async def serve(socket: WebSocket) -> None:
        await socket.accept()
        rooms.readers.add(socket)
        try:
            while True:
                await socket.receive_text()
        except WebSocketDisconnect:
            rooms.readers.discard(socket)

    return app


patient = _application(Rooms(None))
patient_in_turn = _application(Rooms(0.7))


quiet = FastAPI()


@quiet.websocket("/ws")
async def _say_a_little(socket: WebSocket) -> None:
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        for number in itertools.count(1):
            await socket.send_text(event(number, "still here"))
            await asyncio.sleep(0.25)
