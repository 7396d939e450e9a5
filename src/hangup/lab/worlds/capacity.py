"""Worlds whose fault lies in what there is too little of, or in the first seconds."""

from __future__ import annotations

import asyncio

from hangup.lab.parts import served
from hangup.lab.peer import Client, Play, Request, echo, echo_on, routed, scripted, site
from hangup.lab.world import World
from hangup.lab.worlds.healthy import HELLO


def starting(seconds: float, ready: Play, until_then: Play) -> Play:
    """Play one thing in the first seconds, another afterwards."""

    async def play(client: Client) -> None:
        await (ready if client.age > seconds else until_then)(client)

    return play


async def not_ready(client: Client, request: Request) -> None:
    await client.upgrade(request)
    await client.close(1013, "service is starting, try again later")


async def restarting(client: Client, request: Request) -> None:
    await client.upgrade(request)
    await client.close(1012, "")


async def too_many(client: Client, request: Request) -> None:
    await client.respond(429, "Too Many Requests", "Retry-After: 30")


def limits_the_rate() -> Play:
    """Let in two at once and then one a second, as nginx does with limit_req; it answers 503."""
    tokens, last = 3.0, 0.0

    async def play(client: Client) -> None:
        nonlocal tokens, last
        request = await client.request()
        tokens, last = min(3.0, tokens + client.age - last), client.age
        if tokens < 1:
            page = "<html><head><title>503 Service Temporarily Unavailable</title></head></html>"
            await client.respond(503, page, "Server: nginx/1.22.1", "Content-Type: text/html")
            return
        tokens -= 1
        if request.upgrades and request.path == "/ws":
            await echo(client, request)
        else:
            await client.respond(404)

    return play


def limited(most: int) -> Play:
    """Serve so many at once and refuse the next."""
    open_now = 0

    async def play(client: Client) -> None:
        nonlocal open_now
        request = await client.request()
        if not request.upgrades or request.path != "/ws":
            await client.respond(404)
        elif open_now >= most:
            await client.respond(503, "connection limit reached")
        else:
            open_now += 1
            try:
                await echo(client, request)
            finally:
                open_now -= 1

    return play


async def cold(client: Client) -> None:
    """Start on the first request: it gets what the gateway says of an instance that is not up."""
    request = await client.request()
    if client.age < 0.3:
        await client.respond(503, "no instance is available, try again", "Server: Google Frontend")
    elif request.upgrades and request.path == "/ws":
        await echo(client, request)
    else:
        await client.respond(404)


async def slow_cold(client: Client) -> None:
    """Wake up on the first connection."""
    if client.number == 0:
        await asyncio.sleep(5.5)
    await routed(echo)(client)


def drained() -> Play:
    """End at once, as Caddy does on a reload, whatever was opened in the first moments."""

    async def play(client: Client, request: Request) -> None:
        await client.upgrade(request, "Server: Caddy")
        if client.age > 0.2:
            await echo_on(client)
            return
        await asyncio.sleep(0.3 - client.age)
        await client.close(1001, "")

    return routed(play)


def one_socket() -> Play:
    """Keep the socket in a global variable: whoever comes takes it from the one before."""
    last: list[Client] = []

    async def play(client: Client, request: Request) -> None:
        await client.upgrade(request)
        last.append(client)
        while (message := await client.receive()) is not None:
            await last[-1].send(message)

    return routed(play)


WORLDS = (
    World(
        name="a proxy reloads once",
        start=scripted(drained()),
        truth="proxy.reload-drain",
        also=("session.server-restart",),
        **HELLO,
    ),
    World(
        name="one socket for all",
        start=scripted(one_socket()),
        truth="capacity.shared-socket-var",
        also=("capacity.conn-limit", "capacity.process-crash", "proxy.reload-drain"),
        waits=True,
        **HELLO,
    ),
    World(
        name="node dies on a message and stays dead",
        start=served("node-ws", "crash_on_message"),
        truth="capacity.process-crash",
        also=("message.handler-exception",),
        **HELLO,
    ),
    World(
        name="node dies on accept and stays dead",
        start=served("node-ws", "crash_after_accept"),
        truth="capacity.process-crash",
        also=("session.exception-after-accept",),
        **HELLO,
    ),
    World(
        name="not ready for a second",
        start=scripted(starting(1.0, routed(echo), routed(not_ready))),
        truth="session.dependency-not-ready",
        **HELLO,
    ),
    World(
        name="not ready at all",
        start=site(not_ready),
        truth="session.dependency-not-ready",
        also=("session.dependency-down",),
        **HELLO,
    ),
    World(
        name="restarted once",
        start=scripted(starting(0.3, routed(echo), routed(restarting))),
        truth="session.server-restart",
        **HELLO,
    ),
    World(name="too many requests", start=site(too_many), truth="capacity.rate-limit", **HELLO),
    World(
        name="a proxy limits the rate with 503",
        start=scripted(limits_the_rate()),
        truth="capacity.rate-limit",
        also=("capacity.conn-limit", "proxy.backend-down"),
        **HELLO,
    ),
    World(
        name="two connections and no more",
        start=scripted(limited(2)),
        truth="capacity.conn-limit",
        also=("capacity.shared-socket-var",),
        **HELLO,
    ),
    World(
        name="the first one meets no instance",
        start=scripted(cold),
        truth="capacity.cold-start",
        **HELLO,
    ),
    World(
        name="the first one is slow",
        start=scripted(slow_cold),
        truth="capacity.cold-start",
        waits=True,
        **HELLO,
    ),
)
