"""The real servers and proxies that worlds are made of."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from hangup.lab import proxies, servers
from hangup.lab.process import ServerProcess, free_port
from hangup.lab.world import Place, Start


@dataclass(frozen=True, slots=True)
class Served:
    """One application on a real server."""

    server: str
    app: str = "echo"

    @property
    def parts(self) -> tuple[str, ...]:
        """The programs that it needs."""
        return (self.server,)

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[Place]:
        """Run it."""
        process = await asyncio.to_thread(servers.serve, self.server, self.app)
        try:
            yield Place(process.port)
        finally:
            await asyncio.to_thread(process.stop, 0.0)


@dataclass(frozen=True, slots=True)
class Fronted:
    """A proxy before a real server; without a server its upstream is down.

    `options` are those of `Route`.
    """

    proxy: str
    server: str | None
    app: str = "echo"
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def parts(self) -> tuple[str, ...]:
        """The programs that it needs."""
        return (self.proxy, self.server) if self.server else (self.proxy,)

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[Place]:
        """Run it."""
        running: list[ServerProcess] = []
        try:
            upstream = free_port()
            if self.server:
                running.append(await asyncio.to_thread(servers.serve, self.server, self.app))
                upstream = running[0].port
            front = await asyncio.to_thread(proxies.front, self.proxy, upstream, **self.options)
            running.append(front)
            yield Place(front.port, upstream if self.server else None)
        finally:
            for process in reversed(running):
                await asyncio.to_thread(process.stop, 0.0)


@dataclass(frozen=True, slots=True)
class Around:
    """Another start, whose honest user knows no way around the proxy."""

    start: Start

    @property
    def parts(self) -> tuple[str, ...]:
        """The programs that it needs."""
        return parts_of(self.start)

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[Place]:
        """Run it."""
        async with self.start() as place:
            yield Place(place.port, ca_file=place.ca_file)


def parts_of(start: Start) -> tuple[str, ...]:
    """Name the programs of a start; one of our own making plays its bytes itself."""
    found: tuple[str, ...] = getattr(start, "parts", ("scripted peer",))
    return found


def served(server: str, app: str = "echo") -> Served:
    """Make a world of one application on a real server."""
    return Served(server, app)


def fronted(proxy: str, server: str | None, app: str = "echo", **options: Any) -> Fronted:
    """Make a world of a proxy before a real server; without a server its upstream is down."""
    return Fronted(proxy, server, app, options)


def around(start: Start) -> Around:
    """Take the way around the proxy away from the honest user."""
    return Around(start)
