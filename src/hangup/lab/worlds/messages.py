"""Worlds whose fault lies in messages, frames, timers, or the client's own limits."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from hangup.lab.parts import served
from hangup.lab.peer import Client, Request, site
from hangup.lab.wire import CLOSE, TEXT, frame
from hangup.lab.world import World
from hangup.lab.worlds.healthy import HELLO

PING_AND_QUESTION: dict[str, Any] = {
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


async def dies_late(client: Client, request: Request) -> None:
    """Fail some time after a message, as a handler whose database call times out."""
    await client.upgrade(request)
    await client.receive()
    await asyncio.sleep(1.5)
    client.fin()


async def second_dies_late(client: Client, request: Request) -> None:
    await client.upgrade(request)
    await client.receive()
    await client.send("pong")
    await client.receive()
    await asyncio.sleep(0.7)
    await client.close(1011)


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


async def never_pongs(client: Client, request: Request) -> None:
    await client.upgrade(request)
    while True:
        opcode, data = await client.frame()
        if opcode == TEXT:
            await client.send(data.decode())
        elif opcode == CLOSE:
            await client.raw(frame(CLOSE, data))
            client.fin()


async def sends_20_mib(client: Client, request: Request) -> None:
    await client.upgrade(request)
    await client.receive()
    with contextlib.suppress(OSError):
        await client.raw(frame(TEXT, b"a" * (20 << 20)))
    await client.drain()


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
        start=served("uvicorn", "hangup.lab.worlds.apps:poisoned"),
        truth="message.handler-exception",
        **PING_AND_QUESTION,
    ),
    World(
        name="what it answers cannot be serialised",
        start=served("hypercorn", "hangup.lab.worlds.apps:cannot_serialise"),
        truth="message.handler-exception",
        **HELLO,
    ),
    World(
        name="text only, binary is sent",
        start=served("uvicorn", "hangup.lab.worlds.apps:text_only"),
        sends=(b"hello",),
        expects=("hello",),
        truth="message.text-vs-binary",
    ),
    World(
        name="binary only, text is sent",
        start=served("granian", "hangup.lab.worlds.apps:binary_only"),
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
        waits=True,
        start=site(drops_a_type),
        truth="message.silently-dropped",
        **PING_AND_QUESTION,
    ),
    World(
        name="nothing gets an answer",
        waits=True,
        start=site(answers_nothing),
        truth="message.silently-dropped",
        also=("session.handler-returned",),
        **HELLO,
    ),
    World(
        name="nothing gets an answer, and none was named",
        waits=True,
        start=site(answers_nothing),
        truth="message.silently-dropped",
        also=("session.handler-returned",),
        sends=("hello",),
        undecided=True,
        hidden=True,
    ),
    World(
        name="dies long after a message, no reply was named",
        waits=True,
        start=site(dies_late),
        truth="message.handler-exception",
        also=("capacity.process-crash",),
        sends=("hello",),
    ),
    World(
        name="dies long after the second message, no reply was named",
        waits=True,
        start=site(second_dies_late),
        truth="message.handler-exception",
        sends=("ping", "history"),
    ),
    World(
        name="something else is answered",
        waits=True,
        start=site(answers_something_else),
        truth="message.unexpected-reply",
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
        name="pings are not answered",
        start=site(never_pongs),
        truth="client.own-keepalive-timeout",
        also=("keepalive.pong-not-processed",),
        **HELLO,
    ),
    World(
        name="20 MiB from the server",
        start=site(sends_20_mib),
        truth="client.client-size-limit",
        **HELLO,
    ),
    World(
        name="the event loop is blocked whenever a connection opens",
        start=served("uvicorn", "hangup.lab.worlds.apps:blocks_on_open"),
        truth="capacity.loop-blocked",
        waits=True,
        **HELLO,
    ),
    World(
        name="the event loop is blocked by a message",
        start=served("uvicorn", "hangup.lab.worlds.apps:blocks"),
        truth="capacity.loop-blocked",
        also=("client.own-keepalive-timeout", "tcp.half-open-peer"),
        waits=True,
        budget=15.0,
        **HELLO,
    ),
)
