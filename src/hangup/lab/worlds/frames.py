"""Worlds whose fault lies in frames, subprotocols and timers."""

from __future__ import annotations

import asyncio
import contextlib

from hangup.lab.parts import fronted
from hangup.lab.peer import Client, Request, echo, echo_on, site
from hangup.lab.wire import CLOSE, PING, PONG, TEXT, close, frame
from hangup.lab.world import World
from hangup.lab.worlds.healthy import HELLO


async def odd_close(client: Client, request: Request) -> None:
    await client.upgrade(request)
    await client.raw(close(1005))
    await client.drain()


async def long_reason(client: Client, request: Request) -> None:
    await client.upgrade(request)
    await client.raw(frame(CLOSE, b"\x03\xf3" + b"because " * 20))
    await client.drain()


async def reserved_bit(client: Client, request: Request) -> None:
    await client.upgrade(request)
    await client.receive()
    await client.raw(frame(TEXT, b"\xaa\x56", rsv=4))
    await client.drain()


async def masks(client: Client, request: Request) -> None:
    await client.upgrade(request)
    await client.receive()
    await client.raw(frame(TEXT, b"hello", mask=b"abcd"))
    await client.drain()


async def fragments_badly(client: Client, request: Request) -> None:
    await client.upgrade(request)
    await client.receive()
    await client.raw(frame(0, b"hello"))
    await client.drain()


async def unoffered(client: Client, request: Request) -> None:
    await client.upgrade(request, "Sec-WebSocket-Protocol: graphql-ws")
    await echo_on(client)


async def knows_no_such_subprotocol(client: Client, request: Request) -> None:
    if "sec-websocket-protocol" in request.headers:
        await client.respond(400, "Subprotocol not supported")
    else:
        await echo(client, request)


async def closes_for_subprotocol(client: Client, request: Request) -> None:
    if "sec-websocket-protocol" in request.headers:
        await client.upgrade(request, "Sec-WebSocket-Protocol: chat.v9")
        await client.close(4406, "Subprotocol not acceptable")
    else:
        await echo(client, request)


async def ignores_pongs(client: Client, request: Request) -> None:
    """Ping, get the pong, and close all the same."""
    await client.upgrade(request)
    await client.raw(frame(PING, b"1"))
    while (await client.frame())[0] != PONG:
        pass
    await asyncio.sleep(2.2)
    await client.close(1011, "keepalive ping timeout")


async def http_after_a_while(client: Client, request: Request) -> None:
    await client.upgrade(request)
    echoing = asyncio.create_task(echo_on(client))
    await asyncio.sleep(0.6)
    await client.raw(b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n")
    with contextlib.suppress(OSError, EOFError):
        await echoing


async def wants_heartbeats(client: Client, request: Request) -> None:
    await client.upgrade(request)
    with contextlib.suppress(TimeoutError):
        while True:
            async with asyncio.timeout(0.7):
                message = await client.receive()
            if message is None:
                return
            await client.send(message)
    await client.close(4408, "heartbeat timeout")


WORLDS = (
    World(
        name="a close frame with 1005",
        start=site(odd_close),
        truth="protocol.bad-close-frame",
        also=("session.invalid-close-code",),
        **HELLO,
    ),
    World(
        name="a reason of 160 bytes",
        start=site(long_reason),
        truth="protocol.bad-close-frame",
        also=("session.invalid-close-code",),
        **HELLO,
    ),
    World(
        name="RSV1 without an extension",
        start=site(reserved_bit),
        truth="protocol.rsv-without-ext",
        **HELLO,
    ),
    World(name="the server masks", start=site(masks), truth="protocol.bad-masking", **HELLO),
    World(
        name="a continuation of nothing",
        start=site(fragments_badly),
        truth="protocol.fragmentation",
        **HELLO,
    ),
    World(
        name="the subprotocol is not echoed",
        start=site(echo),
        subprotocols=("chat.v1",),
        truth="protocol.subprotocol-not-echoed",
        **HELLO,
    ),
    World(
        name="a subprotocol that was not offered",
        start=site(unoffered),
        subprotocols=("chat.v1",),
        truth="protocol.subprotocol-unknown",
        also=("upgrade.bad-accept",),
        **HELLO,
    ),
    World(
        name="an unknown subprotocol, 400",
        start=site(knows_no_such_subprotocol),
        subprotocols=("chat.v9",),
        truth="protocol.subprotocol-unknown",
        **HELLO,
    ),
    World(
        name="an unknown subprotocol, 4406",
        start=site(closes_for_subprotocol),
        subprotocols=("chat.v9",),
        truth="protocol.subprotocol-unknown",
        **HELLO,
    ),
    World(
        name="pongs are not processed",
        start=site(ignores_pongs),
        truth="keepalive.pong-not-processed",
        idle=3.0,
        waits=True,
    ),
    World(
        name="HTTP in the stream after 0.6 s",
        start=site(http_after_a_while),
        truth="protocol.http-in-stream",
        **HELLO,
    ),
    World(
        name="heartbeats are missed",
        start=site(wants_heartbeats),
        truth="keepalive.app-heartbeat-missed",
        idle=2.0,
        waits=True,
    ),
    World(
        name="nginx ends what is idle for 2 s",
        start=fronted("nginx", "uvicorn", read_timeout=2.0),
        truth="keepalive.proxy-idle",
        idle=4.0,
        waits=True,
    ),
    World(
        name="haproxy ends what is idle for 2 s",
        start=fronted("haproxy", "uvicorn", read_timeout=2.0),
        truth="keepalive.proxy-idle",
        idle=4.0,
        waits=True,
        **HELLO,
    ),
)
