"""Worlds that end after a time: of silence, of life, of waiting for something that never came."""

from __future__ import annotations

import asyncio
import contextlib

from hangup.lab.parts import around, fronted
from hangup.lab.peer import Client, Handler, Request, echo_on, site
from hangup.lab.wire import CLOSE, PING, PONG, frame
from hangup.lab.world import World
from hangup.lab.worlds.healthy import HELLO


async def lives_two_seconds(client: Client, request: Request) -> None:
    """End every connection at the same age, whatever was said on it."""
    await client.upgrade(request)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(2.0):
            await echo_on(client)
    client.fin()


def wants_messages(code: int, reason: str) -> Handler:
    """Close who says nothing for two seconds; pings are no messages. Code 0 is a FIN."""

    async def play(client: Client, request: Request) -> None:
        await client.upgrade(request)
        with contextlib.suppress(TimeoutError):
            while True:
                async with asyncio.timeout(2.0):
                    message = await client.receive()
                if message is None:
                    return
                await client.send(message)
        await (client.close(code, reason) if code else asyncio.to_thread(client.fin))

    return play


async def forgets(client: Client, request: Request) -> None:
    """Go deaf and dumb after two seconds of silence, as a NAT does that forgot the flow."""
    await client.upgrade(request)
    with contextlib.suppress(TimeoutError):
        while True:
            async with asyncio.timeout(2.0):
                opcode, data = await client.frame()
            await client.raw(frame({PING: PONG}.get(opcode, opcode), data))
            if opcode == CLOSE:
                return
    await asyncio.Event().wait()


def wants_login(code: int, reason: str) -> Handler:
    """Close who does not introduce himself within two seconds."""

    async def play(client: Client, request: Request) -> None:
        await client.upgrade(request)
        try:
            async with asyncio.timeout(2.0):
                while "token" not in str(await client.receive()):
                    pass
        except TimeoutError:
            await client.close(code, reason)
        else:
            await echo_on(client)

    return play


def after(name: str, handler: Handler, truth: str, *also: str, **options: object) -> World:
    start = site(handler)
    return World(name=name, start=start, truth=truth, also=also, idle=3.5, waits=True, **options)  # type: ignore[arg-type]


HEARTBEAT = "keepalive.app-heartbeat-missed"
LIFETIME = "keepalive.absolute-lifetime"
LOGIN = "auth.first-message-awaited"

AGED = (HEARTBEAT, "session.handler-returned", "session.exception-after-accept")

WORLDS = (
    after("every connection ends after 2 s", lives_two_seconds, LIFETIME, **HELLO),
    after("every connection ends after 2 s, mute", lives_two_seconds, LIFETIME, *AGED),
    after("silence is closed with 4000", wants_messages(4000, "idle timeout"), HEARTBEAT, **HELLO),
    after("silence is closed with 4000, mute", wants_messages(4000, "idle timeout"), HEARTBEAT),
    after("silence is closed with 1000", wants_messages(1000, "Idle"), HEARTBEAT, **HELLO),
    after("silence is closed with 1001", wants_messages(1001, "inactivity"), HEARTBEAT, **HELLO),
    after("silence ends in a FIN", wants_messages(0, ""), HEARTBEAT, **HELLO),
    after("no login in time, 4008", wants_login(4008, "auth timeout"), LOGIN),
    after("no login in time, 1008", wants_login(1008, "Authentication timed out"), LOGIN),
    after("a NAT forgets what is silent", forgets, "tcp.silent-flow-expiry", **HELLO),
    World(
        name="nginx ends what is idle for 2 s, no bypass",
        start=around(fronted("nginx", "uvicorn", read_timeout=2.0)),
        truth="keepalive.proxy-idle",
        idle=4.0,
        waits=True,
    ),
)
