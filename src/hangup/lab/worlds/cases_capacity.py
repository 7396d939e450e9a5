"""Worlds made after public cases whose fault lay in timers, limits and stalls."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from typing import Any

from websockets.asyncio.client import connect

from hangup.lab.certificates import alerting, server_context
from hangup.lab.configured import (
    KEEPS_HOST,
    UPGRADE,
    Called,
    configured,
    haproxy,
    nginx,
    on_python,
    uvicorn,
)
from hangup.lab.parts import around, parts_of, served
from hangup.lab.peer import Client, Play, Request, echo, echo_on, listening, routed, scripted, site
from hangup.lab.relay import upstream
from hangup.lab.wire import PING, frame
from hangup.lab.world import Place, Start, World
from hangup.lab.worlds.healthy import HELLO


async def misjudges_pongs(client: Client, request: Request) -> None:
    """Ping, and drop the connection at the next ping's time however soon the pong came."""
    await client.upgrade(request)
    echoing = asyncio.create_task(echo_on(client))
    with contextlib.suppress(OSError):
        for _ in range(2):
            await asyncio.sleep(0.6)
            await client.raw(frame(PING, b"tornado"))
        await asyncio.sleep(0.6)
    echoing.cancel()
    client.fin()


async def works_in_its_loop(client: Client, request: Request) -> None:
    """Await long work between two receives, so that a heartbeat's pong is not read in time."""
    await client.upgrade(request)
    await client.receive()
    await asyncio.sleep(1.0)
    await client.raw(frame(PING))
    await asyncio.sleep(0.5)
    client.fin()


def out_of_memory(seconds: float) -> Play:
    """Carry connections until the ingress dies; what is left has no target any more."""

    async def play(client: Client) -> None:
        left = seconds - client.age
        if left <= 0:
            await client.request()
            await client.respond(502, "<h1>502 Bad Gateway</h1>", "Server: awselb/2.0")
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(left):
                await routed(echo)(client)
                return
        client.fin()

    return play


class Distant:
    """Another start, where every byte is under way for some seconds."""

    def __init__(self, start: Start, seconds: float) -> None:
        self._start, self._seconds = start, seconds
        self.parts = parts_of(start)

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[Place]:
        """Run it behind the distance."""
        async with self._start() as place, listening(self._carrying(place.port)) as port:
            yield Place(port)

    def _carrying(self, port: int) -> Play:
        async def play(client: Client) -> None:
            async with upstream(port) as (reader, writer):
                there = asyncio.create_task(self._carry(client.reader, writer))
                await self._carry(reader, client.writer)
                there.cancel()

        return play

    async def _carry(self, source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                await asyncio.sleep(self._seconds)
                to.write(data)
        to.close()


class Crowded:
    """Another start, where other people hold some connections open."""

    def __init__(self, start: Start, others: int) -> None:
        self._start, self._others = start, others
        self.parts = parts_of(start)

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[Place]:
        """Run it, and connect."""
        async with self._start() as place, contextlib.AsyncExitStack() as stack:
            for _ in range(self._others):
                await stack.enter_async_context(
                    connect(f"ws://127.0.0.1:{place.port}/ws", ping_interval=None, proxy=None)
                )
            yield place


def few_ciphers() -> ssl.SSLContext:
    """Build a server of TLS 1.2 with one suite that no client offers by default."""
    context = server_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-ECDSA-AES128-CCM")
    return context


def world(name: str, start: Any, truth: str, *also: str, **options: Any) -> World:
    """Make one world of a user who says hello, unless the options say otherwise."""
    return World(name=name, start=start, truth=truth, also=also, **{**HELLO, **options})


PASSES = f"location / {{ proxy_pass http://127.0.0.1:UPSTREAM; {UPGRADE}{KEEPS_HOST} }}"

WORLDS = (
    world(
        "native code holds the lock, and websockets' threads read no pong",
        Distant(on_python("websockets", "holds_the_lock"), 0.03),
        "capacity.loop-blocked",
        "keepalive.pong-not-processed",
        expects=("done",),
        waits=True,
    ),
    world(
        "a server works in its receive loop and misses the pongs of its heartbeat",
        site(works_in_its_loop),
        "keepalive.pong-not-processed",
        expects=("done",),
        waits=True,
    ),
    world(
        "a ping timer ends connections whose pongs are prompt",
        site(misjudges_pongs),
        "keepalive.pong-timer-bug",
        "keepalive.pong-not-processed",
        "keepalive.absolute-lifetime",
        hidden=True,
        idle=3.0,
        waits=True,
    ),
    world(
        "files leak with every connection until none can be accepted",
        on_python("websockets", "leaks"),
        "capacity.fd-limit",
        "capacity.conn-limit",
        crowd=64,
        waits=True,
    ),
    world(
        "the ingress dies of memory, and nothing stands behind the balancer",
        scripted(out_of_memory(1.2)),
        "capacity.process-crash",
        "proxy.backend-down",
        idle=3.0,
        waits=True,
    ),
    world(
        "a supervisor kills the worker that stalls",
        Called("uvicorn", uvicorn("hangup.lab.worlds.apps:blocks"), patience=1.0),
        "capacity.worker-timeout-kill",
        "capacity.process-crash",
        waits=True,
    ),
    world(
        "nginx has connections for few",
        around(Crowded(configured("nginx", nginx(PASSES, connections=9), served("uvicorn")), 1)),
        "capacity.conn-limit",
    ),
    world(
        "HAProxy lets three in, and one is another user",
        around(Crowded(configured("haproxy", haproxy("maxconn 3", ""), served("node-ws")), 1)),
        "capacity.conn-limit",
        "capacity.shared-socket-var",
        "tcp.backlog-full",
        waits=True,
    ),
    world(
        "TLS 1.2 with a suite that this client does not know",
        alerting(few_ciphers),
        "tls.version-cipher",
        secure=True,
    ),
)
