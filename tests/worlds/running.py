"""Worlds of real servers and proxies, and the run of one investigation."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

from hangup.campaign import investigate
from hangup.diagnosis import Diagnosis
from hangup.lab import proxies, servers
from hangup.lab.process import LOOPBACK, ServerProcess, free_port
from hangup.progress import Concluded

from .world import Place, Start, World

TESTS = Path(__file__).parent.parent
NODE_MODULES = {servers.NODE_MODULES_FROM: os.fspath(TESTS / "node" / "node_modules")}
ENV = {"PYTHONPATH": os.fspath(TESTS), **NODE_MODULES}

NAMES = {
    "both.hangup.test": ("::1", "127.0.0.1"),
    "pool.hangup.test": ("127.0.0.1", "127.0.0.2"),
    "wrong.hangup.test": ("127.0.0.1",),
}
"""What the resolver of the worlds knows beside what the machine's own does."""


async def diagnose(world: World) -> Diagnosis:
    """Start a world, investigate it, and give the diagnosis."""
    async with world.start() as place:
        async for step in investigate(world.inquiry(place)):
            if isinstance(step, Concluded):
                return step.diagnosis
    raise AssertionError("the investigation did not conclude")


def served(server: str, app: str = "echo") -> Start:
    """Make a world of one application on a real server."""

    @contextlib.asynccontextmanager
    async def start() -> AsyncIterator[Place]:
        process = await asyncio.to_thread(servers.serve, server, app, env=ENV)
        try:
            yield Place(process.port)
        finally:
            await asyncio.to_thread(process.stop, 0.0)

    return start


def fronted(proxy: str, server: str | None, app: str = "echo", **options: Any) -> Start:
    """Make a world of a proxy before a real server; without a server its upstream is down."""

    @contextlib.asynccontextmanager
    async def start() -> AsyncIterator[Place]:
        processes: list[ServerProcess] = []
        try:
            upstream = free_port()
            if server:
                processes.append(await asyncio.to_thread(servers.serve, server, app, env=ENV))
                upstream = processes[0].port
            processes.append(await asyncio.to_thread(proxies.front, proxy, upstream, **options))
            yield Place(processes[-1].port, upstream if server else None)
        finally:
            for process in reversed(processes):
                await asyncio.to_thread(process.stop, 0.0)

    return start


def around(start: Start) -> Start:
    """Take the way around the proxy away from the honest user."""

    @contextlib.asynccontextmanager
    async def without() -> AsyncIterator[Place]:
        async with start() as place:
            yield Place(place.port)

    return without


@contextlib.contextmanager
def names_known() -> Iterator[None]:
    """Let the resolver know the names of the worlds."""
    system: Callable[..., Any] = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if host not in NAMES:
            return system(host, port, *args, **kwargs)
        return [info for each in NAMES[host] for info in system(each, port, *args, **kwargs)]

    socket.getaddrinfo = getaddrinfo
    try:
        yield
    finally:
        socket.getaddrinfo = system


__all__ = ["LOOPBACK", "around", "diagnose", "fronted", "names_known", "served"]
