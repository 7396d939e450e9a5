"""How the servers of later everyday applications are called, kept alive and woken up."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from hangup.lab import servers
from hangup.lab.configured import Called
from hangup.lab.parts import Served, served
from hangup.lab.peer import Client, listening
from hangup.lab.process import ServerProcess, begin, ended, free_port
from hangup.lab.relay import relay
from hangup.lab.servers import node
from hangup.lab.world import Place
from hangup.lab.worlds.trial5_parts import world

__all__ = ("ASGI", "Kept", "OnDemand", "by", "on", "world")

ASGI = "hangup.lab.worlds.trial7_asgi"
SERVERS = "hangup.lab.worlds.trial7_servers"
NODE = Path(__file__).parents[1] / "apps" / "trial7_node.cjs"


def on(server: str, app: str) -> Served:
    """Run one of the ASGI applications."""
    return served(server, f"{ASGI}:{app}")


def by(library: str, name: str) -> Called:
    """Run one of the servers that are no ASGI applications."""
    if library == "node-ws":
        return Called(library, (str(NODE), "{port}", name))
    return Called(library, (SERVERS, name, "{port}"))


@dataclass(frozen=True, slots=True)
class Kept:
    """One of the servers on Node, which is started again some seconds after it has ended."""

    name: str
    pause: float

    @property
    def parts(self) -> tuple[str, ...]:
        """The programs that it needs."""
        return ("node-ws",)

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[Place]:
        """Run it."""
        port = free_port()
        running = [await begin(self._start, port)]
        keeping = asyncio.create_task(self._keep(running))
        try:
            yield Place(port)
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            await ended(running[-1])

    async def _keep(self, running: list[ServerProcess]) -> None:
        while True:
            await asyncio.sleep(0.05)
            if running[-1].running:
                continue
            running[-1].stop(0.0)
            await asyncio.sleep(self.pause)
            running.append(await begin(self._start, running[-1].port))

    def _start(self, port: int) -> ServerProcess:
        return ServerProcess([node(), str(NODE), str(port), self.name], port).wait_ready()


@dataclass(slots=True)
class _Instance:
    """What runs on demand; `used` is when the last connection was seen."""

    app: str
    process: ServerProcess | None = None
    connections: int = 0
    used: float = 0.0

    async def port(self, lock: asyncio.Lock) -> int:
        async with lock:
            if self.process is None:
                self.process = await begin(servers.serve, "uvicorn", self.app)
            return self.process.port

    async def stop(self) -> None:
        process, self.process = self.process, None
        if process:
            await ended(process)


@dataclass(frozen=True, slots=True)
class OnDemand:
    """A platform that runs an application on uvicorn as long as somebody uses it.

    The first connection starts it and waits until it listens; after so many seconds without any
    connection it is ended.
    """

    app: str
    unused: float

    @property
    def parts(self) -> tuple[str, ...]:
        """The programs that it needs."""
        return ("scripted peer", "uvicorn")

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[Place]:
        """Run it."""
        instance, lock = _Instance(f"{ASGI}:{self.app}"), asyncio.Lock()

        async def play(client: Client) -> None:
            instance.connections += 1
            try:
                await relay(await instance.port(lock))(client)
            finally:
                instance.connections -= 1
                instance.used = time.monotonic()

        try:
            async with listening(play) as port:
                watching = asyncio.create_task(self._watch(instance, lock))
                try:
                    yield Place(port)
                finally:
                    watching.cancel()
                    await asyncio.gather(watching, return_exceptions=True)
        finally:
            await instance.stop()  # when nobody is left whose connection would start it again

    async def _watch(self, instance: _Instance, lock: asyncio.Lock) -> None:
        while True:
            await asyncio.sleep(0.2)
            async with lock:
                unused = time.monotonic() - instance.used >= self.unused
                if instance.process and not instance.connections and unused:
                    await instance.stop()
