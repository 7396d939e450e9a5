"""What the worlds of what lies around the application are made of, beside the usual parts."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import ssl
import tempfile
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from hangup.lab.certificates import ca_file
from hangup.lab.configured import Called, configured, uvicorn
from hangup.lab.faults import Flow, Side
from hangup.lab.namespace import NamespaceError, inside, required
from hangup.lab.parts import parts_of
from hangup.lab.process import LOOPBACK, ServerProcess, begun, free_port
from hangup.lab.servers import node
from hangup.lab.world import Place, Start

ECHO = "hangup.lab.apps.asgi:echo"
HOP = Path(__file__).parents[1] / "apps" / "trial6_hops.cjs"
SECOND = "127.0.0.2"


def by(name: str) -> Called:
    """Run one of the servers that stand behind real proxies."""
    library = "python" if name == "pages" else "aiohttp"
    return Called(library, ("hangup.lab.worlds.trial6_servers", name, "{port}"))


def uvicorn_tls(file: str) -> Called:
    """Call a uvicorn that speaks TLS itself."""
    return Called("uvicorn", uvicorn(ECHO, "--ssl-certfile", file, "--ssl-keyfile", file))


def hypercorn_tls(file: str) -> Called:
    """Call a hypercorn that speaks TLS itself, and with it HTTP/2."""
    where = ("--bind", f"{LOOPBACK}:{{port}}", "--workers", "0", "--log-level", "error")
    return Called("hypercorn", ("hypercorn", *where, "--certfile", file, "--keyfile", file, ECHO))


def granian_without_websockets() -> Called:
    """Call a granian whose WebSockets are switched off."""
    where = ("--interface", "asgi", "--host", LOOPBACK, "--port", "{port}", "--workers", "1")
    return Called("granian", ("granian", *where, "--log-level", "error", "--no-ws", ECHO))


def haproxy_tcp(server: str, *, timeout: str = "60s") -> str:
    """Write a configuration of an HAProxy that passes bytes on; PORT and UPSTREAM are the ports."""
    return f"""
global
    maxconn 1024
defaults
    mode tcp
    retries 0
    timeout connect 2s
    timeout client {timeout}
    timeout server {timeout}
frontend front
    bind {LOOPBACK}:PORT
    default_backend app
backend app
    server app {server}
"""


@dataclass(frozen=True, slots=True)
class Known:
    """Another start that speaks TLS itself, whose authority the honest user knows."""

    start: Start

    @property
    def parts(self) -> tuple[str, ...]:
        """The programs that it needs."""
        return parts_of(self.start)

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[Place]:
        """Run it."""
        async with self.start() as place:
            yield Place(place.port, place.bypass, ca_file())


@dataclass(frozen=True, slots=True)
class Paired:
    """A configured proxy that knows two ports: UPSTREAM is the application's, OTHER another's."""

    proxy: str
    config: str
    back: Start
    other: Start

    @property
    def parts(self) -> tuple[str, ...]:
        """The programs that it needs."""
        return (self.proxy, *parts_of(self.back), *parts_of(self.other))

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[Place]:
        """Run it; the way around the proxy is the application."""
        async with self.other() as other:
            config = self.config.replace("OTHER", str(other.port))
            async with configured(self.proxy, config, self.back)() as place:
                yield place


@dataclass(frozen=True, slots=True)
class Handmade:
    """A proxy that somebody wrote on Node, before another start."""

    back: Start

    @property
    def parts(self) -> tuple[str, ...]:
        """The programs that it needs."""
        return ("node", *parts_of(self.back))

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[Place]:
        """Run it."""
        async with self.back() as place:
            port = free_port()
            argv = [node(), os.fspath(HOP), str(port), str(place.port)]
            async with begun(_ready, argv, port):
                yield Place(port, place.port)


@dataclass(frozen=True, slots=True)
class Mastered:
    """HAProxy with a master before another start, told to reload every so many seconds."""

    config: str
    back: Start
    every: float

    @property
    def parts(self) -> tuple[str, ...]:
        """The programs that it needs."""
        return ("haproxy", *parts_of(self.back))

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[Place]:
        """Run it."""
        async with self.back() as place:
            port = free_port()
            text = self.config.replace("PORT", str(port)).replace("UPSTREAM", str(place.port))
            with tempfile.TemporaryDirectory(prefix="hangup-") as folder:
                file = Path(folder) / "haproxy.cfg"
                file.write_text(text)
                argv = [required("haproxy", "haproxy"), "-W", "-q", "-f", os.fspath(file)]
                async with begun(_ready, argv, port) as process:
                    reloading = asyncio.create_task(self._reload(process))
                    try:
                        yield Place(port, place.port)
                    finally:
                        reloading.cancel()

    async def _reload(self, process: ServerProcess) -> None:
        while True:
            await asyncio.sleep(self.every)
            os.kill(process.pid, signal.SIGUSR2)


@dataclass(frozen=True, slots=True)
class Frozen:
    """A module of Python that is stopped as soon as it listens, as a debugger or a cgroup does."""

    args: tuple[str, ...]

    @property
    def parts(self) -> tuple[str, ...]:
        """The programs that it needs."""
        return ("uvicorn",)

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[Place]:
        """Run it."""
        port = free_port()
        async with begun(Called("uvicorn", self.args)._start, port) as process:
            os.kill(process.pid, signal.SIGSTOP)
            yield Place(port)


@dataclass(frozen=True, slots=True)
class Tuned:
    """Another start in a network whose connection tracking is set up as said."""

    start: Start
    settings: tuple[tuple[str, str], ...]

    @property
    def parts(self) -> tuple[str, ...]:
        """The programs that it needs."""
        return parts_of(self.start)

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[Place]:
        """Run it."""
        if not inside():
            raise NamespaceError("the kernel is told nothing elsewhere")
        async with self.start() as place:
            self._set()
            yield place

    def _set(self) -> None:
        for name, value in self.settings:
            Path("/proc/sys/net/netfilter", name).write_text(value, encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Aged:
    """From an age of so many seconds on a flow loses everything, and nobody is told."""

    of: Side
    seconds: float

    async def through(self, flow: Flow) -> Flow:
        """Pass on what comes while the flow is young."""
        now = asyncio.get_running_loop().time
        born = now()
        async for chunk in flow:
            if now() - born < self.seconds:
                yield chunk
        if now() - born >= self.seconds:
            await asyncio.Event().wait()


def library(address: str, other: str = "", *contexts: ssl.SSLContext) -> Start:
    """Serve an echo by websockets on an address, and on the same port of another one."""

    @contextlib.asynccontextmanager
    async def start() -> AsyncIterator[Place]:
        first, second = (*contexts, None, None)[:2]
        async with contextlib.AsyncExitStack() as stack:
            server = await stack.enter_async_context(_echoing(address, 0, first, "chat/2.1"))
            port = server.sockets[0].getsockname()[1]
            if other:
                await stack.enter_async_context(_echoing(other, port, second, "chat/2.2"))
            yield Place(port, ca_file=ca_file() if contexts else None)

    return start


def _echoing(
    address: str, port: int, context: ssl.SSLContext | None, name: str
) -> AbstractAsyncContextManager[Server]:
    return serve(_echo, address, port, ssl=context, process_request=_elsewhere, server_header=name)


async def _echo(connection: ServerConnection) -> None:
    with contextlib.suppress(ConnectionClosed):
        async for message in connection:
            await connection.send(message)


def _elsewhere(connection: ServerConnection, request: Request) -> Response | None:
    if request.path.partition("?")[0] == "/ws":
        return None
    return connection.respond(404, "not found\n")


def _ready(argv: list[str], port: int) -> ServerProcess:
    return ServerProcess(argv, port).wait_ready()
