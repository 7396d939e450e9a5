"""Worlds whose fault lies in messages, frames, timers, or the client's own limits."""

from __future__ import annotations

import asyncio
import contextlib

from probe.wire_frames import CLOSE, PING, PONG, TEXT, close, frame

from .healthy import HELLO
from .peer import Client, Request, echo, echo_on, site
from .running import fronted, served
from .world import World

PING_AND_QUESTION = {
    "sends": ('{"type": "ping"}', '{"type": "question"}'),
    "expects": ("pong", "answer"),
}
BIG = "x" * 20_000


async def limits_aloud(client: Client, request: Request) -> None:
    await client.upgrade(request)
    while (message := await client.receive()) is not None:
        if len(message) > 8192:
            await client.close(1009, "message too big")
            return
        await client.send("ok")


async def limits_in_silence(client: Client, request: Request) -> None:
    await client.upgrade(request)
    while (message := await client.receive()) is not None:
        if len(message) > 8192:
            client.fin()
            return
        await client.send("ok")


async def drops_a_type(client: Client, request: Request) -> None:
    await client.upgrade(request)
    while (message := await client.receive()) is not None:
        if "ping" in str(message):
            await client.send("pong")


async def answers_nothing(client: Client, request: Request) -> None:
    await client.upgrade(request)
    await client.drain()


async def answers_something_else(client: Client, request: Request) -> None:
    await client.upgrade(request)
    while await client.receive() is not None:
        await client.send('{"type": "ack"}')


async def complains_of_utf8(client: Client, request: Request) -> None:
    await client.upgrade(request)
    await client.receive()
    await client.close(1007, "invalid UTF-8")


async def bad_utf8(client: Client, request: Request) -> None:
    await client.upgrade(request)
    await client.receive()
    await client.raw(frame(TEXT, b"\xff\xfe"))
    await client.drain()


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
    await asyncio.sleep(0.3)
    await client.close(1011, "keepalive ping timeout")


async def never_pongs(client: Client, request: Request) -> None:
    await client.upgrade(request)
    while True:
        opcode, data = await client.frame()
        if opcode == TEXT:
            await client.send(data.decode())
        elif opcode == CLOSE:
            await client.raw(frame(CLOSE, data))
            client.fin()


async def http_after_a_while(client: Client, request: Request) -> None:
    await client.upgrade(request)
    echoing = asyncio.create_task(echo_on(client))
    await asyncio.sleep(0.6)
    await client.raw(b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n")
    with contextlib.suppress(OSError, EOFError):
        await echoing


async def sends_20_mib(client: Client, request: Request) -> None:
    await client.upgrade(request)
    await client.receive()
    with contextlib.suppress(OSError):
        await client.raw(frame(TEXT, b"a" * (20 << 20)))
    await client.drain()


async def wants_heartbeats(client: Client, request: Request) -> None:
    await client.upgrade(request)
    last = asyncio.get_running_loop().time()

    async def watch() -> None:
        while asyncio.get_running_loop().time() - last < 0.7:
            await asyncio.sleep(0.05)
        await client.raw(close(4408, b"heartbeat timeout"))

    watching = asyncio.create_task(watch())
    while (message := await client.receive()) is not None:
        last = asyncio.get_running_loop().time()
        await client.send(message)
    watching.cancel()


def on_message(server: str) -> World:
    return World(
        name=f"{server}: exception on a message",
        start=served(server, "crash_on_message"),
        truth="message.handler-exception",
        also=("message.text-vs-binary",),
        **HELLO,
    )


CRASHING = ("uvicorn", "hypercorn", "daphne", "granian", "aiohttp", "tornado", "websockets")
WORLDS = (
    *(on_message(server) for server in CRASHING),
    World(
        name="one kind of message is poison",
        start=served("uvicorn", "worlds.apps:poisoned"),
        truth="message.handler-exception",
        **PING_AND_QUESTION,
    ),
    World(
        name="what it answers cannot be serialised",
        start=served("hypercorn", "worlds.apps:cannot_serialise"),
        truth="message.handler-exception",
        **HELLO,
    ),
    World(
        name="text only, binary is sent",
        start=served("uvicorn", "worlds.apps:text_only"),
        sends=(b"hello",),
        expects=("hello",),
        truth="message.text-vs-binary",
    ),
    World(
        name="binary only, text is sent",
        start=served("granian", "worlds.apps:binary_only"),
        truth="message.text-vs-binary",
        **HELLO,
    ),
    World(
        name="too big, 1009",
        start=site(limits_aloud),
        sends=(BIG,),
        expects=("ok",),
        truth="message.message-too-big",
    ),
    World(
        name="too big, FIN",
        start=site(limits_in_silence),
        sends=(BIG,),
        expects=("ok",),
        truth="message.message-too-big",
    ),
    World(
        name="too big for websockets",
        start=served("websockets"),
        sends=("x" * 1_100_000,),
        expects=("x",),
        truth="message.message-too-big",
    ),
    World(
        name="one type gets no answer",
        start=site(drops_a_type),
        truth="message.silently-dropped",
        **PING_AND_QUESTION,
    ),
    World(
        name="nothing gets an answer",
        start=site(answers_nothing),
        truth="message.silently-dropped",
        also=("session.handler-returned",),
        **HELLO,
    ),
    World(
        name="something else is answered",
        start=site(answers_something_else),
        truth="message.silently-dropped",
        undecided=True,
        **HELLO,
    ),
    World(
        name="the server complains of UTF-8",
        start=site(complains_of_utf8),
        truth="message.invalid-utf8",
        **HELLO,
    ),
    World(
        name="the server sends bad UTF-8",
        start=site(bad_utf8),
        truth="message.invalid-utf8",
        **HELLO,
    ),
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
        **HELLO,
    ),
    World(
        name="pings are not answered",
        start=site(never_pongs),
        truth="client.own-keepalive-timeout",
        also=("keepalive.pong-not-processed",),
        **HELLO,
    ),
    World(
        name="HTTP in the stream after 0.6 s",
        start=site(http_after_a_while),
        truth="protocol.http-in-stream",
        **HELLO,
    ),
    World(
        name="20 MiB from the server",
        start=site(sends_20_mib),
        truth="client.client-size-limit",
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
    World(
        name="the event loop is blocked by a message",
        start=served("uvicorn", "worlds.apps:blocks"),
        truth="capacity.loop-blocked",
        also=("client.own-keepalive-timeout", "tcp.half-open-peer"),
        waits=True,
        budget=15.0,
        **HELLO,
    ),
)
