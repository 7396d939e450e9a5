"""Worlds made after public cases whose fault lay in messages, frames and delivery."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from hangup.lab.configured import Called, on_node, on_python, uvicorn
from hangup.lab.peer import Client, Play, Request, routed, scripted, site
from hangup.lab.wire import CLOSE, TEXT, close, frame
from hangup.lab.world import World
from hangup.lab.worlds.healthy import HELLO

APPS = "hangup.lab.worlds.cases_apps"
TOMCAT = (
    "The decoded text message was too big for the output buffer and the endpoint does not "
    "support partial messages"
)
BIG = "x" * 20_000


async def tomcat(client: Client, request: Request) -> None:
    """Hold messages of 8192 bytes, as Tomcat does by default."""
    await client.upgrade(request)
    while (message := await client.receive()) is not None:
        if len(message) > 8192:
            await client.close(1009, TOMCAT)
            return
        await client.send("ok")


def frames_of(most: int, code: int, reason: str) -> Any:
    """Take messages of any size, in frames of so many bytes."""

    async def play(client: Client, request: Request) -> None:
        await client.upgrade(request)
        size = 0
        while True:
            first, second = await client.reader.readexactly(2)
            length = second & 0x7F
            if length > 125:
                raw = await client.reader.readexactly(2 if length == 126 else 8)
                length = int.from_bytes(raw, "big")
            mask = await client.reader.readexactly(4)
            data = await client.reader.readexactly(length)
            if length > most:
                await client.raw(close(code, reason.encode()))
                await asyncio.sleep(0.1)
                client.fin()
                return
            if first & 0x0F == CLOSE:
                plain = bytes(byte ^ mask[n % 4] for n, byte in enumerate(data))
                await client.raw(frame(CLOSE, plain))
                client.fin()
                return
            if first & 0x0F in (9, 10):
                plain = bytes(byte ^ mask[n % 4] for n, byte in enumerate(data))
                await client.raw(frame(10, plain))
                continue
            size += length
            if first & 0x80:
                await client.send(f"ok {size}")
                size = 0

    return play


async def closes_twice(client: Client, request: Request) -> None:
    """Answer, close, and answer the client's answer with a second close."""
    await client.upgrade(request)
    await client.receive()
    await client.send("hello")
    await client.raw(close(1000) + close(1000))
    await client.drain()


async def all_at_once(client: Client, request: Request) -> None:
    """Write the answer, the reply and the close in one segment."""
    await client.upgrade(request, glued=frame(TEXT, b'{"result": 42}') + close(1000))
    with contextlib.suppress(EOFError):
        while (await client.frame())[0] != CLOSE:
            pass
    client.fin()


async def code_zero(client: Client, request: Request) -> None:
    """Close with code 0, after a reply."""
    await client.upgrade(request)
    await client.receive()
    await client.send("hello")
    await client.raw(close(0))
    await client.drain()


async def subscribed_to_nothing(client: Client, request: Request) -> None:
    """Confirm subscriptions; the task that would pass events on has ended long ago."""
    await client.upgrade(request)
    while await client.receive() is not None:
        await client.send('{"type": "subscribed"}')


def one_deaf_worker() -> Play:
    """Two workers in turn; one lost its subscription to the broker and passes nothing on."""

    async def play(client: Client, request: Request) -> None:
        await client.upgrade(request)
        while await client.receive() is not None:
            await client.send('{"type": "subscribed"}')
            if client.number % 2:
                await client.send('{"type": "event"}')

    return routed(play)


async def unread_flood(client: Client, request: Request) -> None:
    """Work a long time on each message, and read nothing meanwhile."""
    await client.upgrade(request)
    await client.receive()
    await asyncio.Event().wait()


def world(name: str, start: Any, truth: str | None, *also: str, **options: Any) -> World:
    """Make one world of a user who says hello, unless the options say otherwise."""
    return World(name=name, start=start, truth=truth, also=also, **{**HELLO, **options})


def on_uvicorn(app: str, *options: str) -> Called:
    """Call uvicorn with one of the applications."""
    return Called("uvicorn", uvicorn(app if ":" in app else f"{APPS}:{app}", *options))


SUBSCRIBES: dict[str, Any] = {"sends": ("subscribe",), "expects": ("event",), "waits": True}
LARGE: dict[str, Any] = {"sends": (BIG,), "expects": ("ok",)}
NEVER_COMES = ("message.silently-dropped", "message.unexpected-reply")

WORLDS = (
    world("Tomcat's buffer holds 8192 bytes", site(tomcat), "message.message-too-big", **LARGE),
    world(
        "a gateway takes frames of 4 KiB",
        site(frames_of(4096, 1009, "")),
        "message.frame-too-big",
        "message.message-too-big",
        hidden=True,
        **LARGE,
    ),
    world(
        "Netty names the frame that is too long",
        site(frames_of(16384, 1009, "Max frame length of 16384 has been exceeded.")),
        "message.frame-too-big",
        "message.message-too-big",
        hidden=True,
        **LARGE,
    ),
    world(
        "uvicorn takes messages of 16 KiB",
        on_uvicorn("hangup.lab.apps.asgi:echo", "--ws-max-size", "16384"),
        "message.message-too-big",
        sends=(BIG,),
        expects=("x",),
    ),
    world(
        "node takes payloads of 8 KiB",
        on_node("small-payload"),
        "message.message-too-big",
        sends=(BIG,),
        expects=("x",),
    ),
    world(
        "FastAPI answers with a date",
        on_uvicorn("answers"),
        "message.serialization",
        "message.handler-exception",
        hidden=True,
    ),
    world(
        "FastAPI greets with a date",
        on_uvicorn("answers"),
        "message.serialization",
        "session.exception-after-accept",
        path="/greets",
        hidden=True,
    ),
    world(
        "a value that cannot be sent is taken for a dead peer",
        on_uvicorn("answers"),
        "message.serialization",
        "message.handler-exception",
        "session.clean-close-masks-error",
        path="/room",
        sends=("read",),
        expects=("value",),
        hidden=True,
    ),
    world(
        "websockets is given a dict to send",
        on_python("websockets", "sends_a_dict"),
        "message.serialization",
        "message.handler-exception",
        hidden=True,
    ),
    world(
        "two close frames",
        site(closes_twice),
        "protocol.double-close",
        undecided=True,
    ),
    world(
        "healthy: upgrade, reply and close in one segment",
        site(all_at_once),
        None,
        sends=(),
        expects=("result",),
    ),
    world(
        "a close frame with code 0 after a reply",
        site(code_zero),
        "protocol.bad-close-frame",
        "session.invalid-close-code",
    ),
    world(
        "a channel of 100 drops the rest of a burst",
        on_uvicorn("fills_its_channel"),
        "delivery.capacity-drop",
        *NEVER_COMES,
        sends=("publish 150",),
        expects=('"event": 149',),
        hidden=True,
        waits=True,
    ),
    world(
        "the listener on the broker has died",
        site(subscribed_to_nothing),
        "delivery.listener-dead",
        *NEVER_COMES,
        hidden=True,
        **SUBSCRIBES,
    ),
    world(
        "one of two workers hears no broker",
        scripted(one_deaf_worker()),
        "delivery.listener-dead",
        "delivery.per-process-registry",
        *NEVER_COMES,
        hidden=True,
        **SUBSCRIBES,
    ),
    world(
        "a flood that the server does not read",
        site(unread_flood),
        "client.own-keepalive-timeout",
        sends=(b"x" * 1_000_000, b"x" * 1_000_000, b"x" * 1_000_000),
        expects=(),
        waits=True,
    ),
)
