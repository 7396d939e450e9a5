"""The real servers and proxies that worlds are made of."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from hangup.lab import proxies, servers
from hangup.lab.certificates import ca_file
from hangup.lab.process import ServerProcess, begun, free_port
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
        async with begun(servers.serve, self.server, self.app) as process:
            yield Place(process.port)


@dataclass(frozen=True, slots=True)
class Hop:
    """One proxy on the way; `options` are those of `Route`, `certificate` makes the file of one."""

    proxy: str
    options: dict[str, Any] = field(default_factory=dict)
    certificate: Callable[[], str] | None = None

    def start(self, upstream: int) -> AbstractAsyncContextManager[ServerProcess]:
        """Start it in front of a port, and end it with the context."""
        options = dict(self.options)
        if self.certificate:
            options["certificate"] = self.certificate()
        return begun(partial(proxies.front, self.proxy, upstream, **options))


@dataclass(frozen=True, slots=True)
class Fronted:
    """Proxies before something else, the outermost first; without `back` their upstream is down."""

    hops: tuple[Hop, ...]
    back: Start | None

    @property
    def parts(self) -> tuple[str, ...]:
        """The programs that it needs."""
        return (*(hop.proxy for hop in self.hops), *(parts_of(self.back) if self.back else ()))

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[Place]:
        """Run it."""
        async with contextlib.AsyncExitStack() as stack:
            around = (await stack.enter_async_context(self.back())).port if self.back else None
            port = around or free_port()
            for hop in reversed(self.hops):
                port = (await stack.enter_async_context(hop.start(port))).port
            yield Place(port, around, ca_file() if self.hops[0].certificate else None)


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


def hop(proxy: str, certificate: Callable[[], str] | None = None, **options: Any) -> Hop:
    """Name a proxy on the way."""
    return Hop(proxy, options, certificate)


def fronted(proxy: str, server: str | None, app: str = "echo", **options: Any) -> Fronted:
    """Make a world of a proxy before a real server; without a server its upstream is down."""
    return chained(hop(proxy, **options), back=served(server, app) if server else None)


def chained(*hops: Hop, back: Start | None) -> Fronted:
    """Make a world of several proxies, the outermost first, before another start."""
    return Fronted(hops, back)


def around(start: Start) -> Around:
    """Take the way around the proxy away from the honest user."""
    return Around(start)
