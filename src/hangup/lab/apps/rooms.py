"""Chat rooms and private services on FastAPI, well or with one fault each, run as `...:name`.

Users are told apart by their tokens; a message is text, and so is what is heard of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

USERS = {"token-of-alice": "alice", "token-of-bob": "bob"}
BUS = "HANGUP_LAB_BUS"
"""Environment variable: the port on loopback where every process hears what each one says."""

Answer = Callable[[WebSocket, str, str], Awaitable[None]]
Each = Callable[[str], Awaitable[None]]


class Registry:
    """The connections of this process, which is all that a list in memory can know."""

    def __init__(self) -> None:
        self.sockets: list[WebSocket] = []

    async def say(self, text: str, without: WebSocket | None = None) -> None:
        """Send to all of them, but for one."""
        for socket in tuple(self.sockets):
            if socket is not without:
                with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                    await socket.send_text(text)


def service(answer: Answer, registry: Registry, each: Each | None = None) -> FastAPI:
    """Make an application of how one message of a user is answered."""
    app = FastAPI(lifespan=_on_bus(each) if each else None)

    @app.websocket("/ws")
    async def serve(socket: WebSocket) -> None:
        given = socket.headers.get("authorization")
        user = USERS.get((given or "").removeprefix("Bearer "), "" if given else "guest")
        if not user:
            await socket.close(1008)
            return
        await socket.accept()
        registry.sockets.append(socket)
        try:
            while True:
                await answer(socket, user, await socket.receive_text())
        except WebSocketDisconnect:
            registry.sockets.remove(socket)

    return app


def _on_bus(each: Each) -> Callable[[FastAPI], contextlib.AbstractAsyncContextManager[None]]:
    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        reader, app.state.bus = await asyncio.open_connection("127.0.0.1", int(os.environ[BUS]))

        async def listen() -> None:
            while line := await reader.readline():
                await each(json.loads(line))

        listening = asyncio.create_task(listen())
        yield
        listening.cancel()

    return lifespan


def room(*, to_speaker: bool = True) -> FastAPI:
    """Tell everybody whom this process knows what each user says."""
    registry = Registry()

    async def answer(socket: WebSocket, user: str, text: str) -> None:
        await registry.say(f"{user}: {text}", None if to_speaker else socket)

    return service(answer, registry)


def bus_room(*, deaf: bool = False) -> FastAPI:
    """Tell everybody by way of a bus; when `deaf`, process 0 has lost its listener there."""
    registry = Registry()

    async def answer(socket: WebSocket, user: str, text: str) -> None:
        bus = socket.app.state.bus
        bus.write(json.dumps(f"{user}: {text}").encode() + b"\n")
        await bus.drain()

    async def each(text: str) -> None:
        if not (deaf and os.environ.get("HANGUP_LAB_NUMBER") == "0"):
            await registry.say(text)

    return service(answer, registry, each)


def private() -> FastAPI:
    """Answer whoever asks, and nobody else."""

    async def answer(socket: WebSocket, user: str, text: str) -> None:
        await socket.send_text(json.dumps({"user": user, "echo": text}))

    return service(answer, Registry())


def last_asker() -> FastAPI:
    """Keep who asked in a variable that all requests share, and look into it a little later."""
    current: list[WebSocket] = []

    async def answer(socket: WebSocket, user: str, text: str) -> None:
        current[:] = [socket]
        asyncio.get_running_loop().create_task(later(text))

    async def later(text: str) -> None:
        await asyncio.sleep(0.03)  # the database
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await current[0].send_text(json.dumps({"echo": text}))

    return service(answer, Registry())


def last_comer() -> FastAPI:
    """Answer on the connection that came last, which a variable of the module holds."""
    registry = Registry()

    async def answer(socket: WebSocket, user: str, text: str) -> None:
        await registry.sockets[-1].send_text(json.dumps({"echo": text}))

    return service(answer, registry)


def subscribed_for_another() -> FastAPI:
    """Answer who asks, and by a callback left behind also the connection that came last."""
    registry = Registry()

    async def answer(socket: WebSocket, user: str, text: str) -> None:
        for each in {socket, registry.sockets[-1]}:
            await each.send_text(json.dumps({"account": user, "echo": text}))

    return service(answer, registry)


everybody = room()
others = room(to_speaker=False)
on_bus = bus_room()
deaf_on_bus = bus_room(deaf=True)
echo = private()
shared_variable = last_asker()
shared_socket = last_comer()
leak = subscribed_for_another()
