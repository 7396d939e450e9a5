"""Loads that tests run against endpoints of their own."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable

from hangup.conversation import converse
from hangup.endpoint import Endpoint
from hangup.lab.peer import Client, Play, listening
from hangup.load.cast import Cast
from hangup.load.order import Load, Stage
from hangup.load.people import People
from hangup.load.run import Loaded, run

ECHO = converse(("hello",), ("hello",))


def ordered(port: int, connections: int, **changes: object) -> Load:
    """Give a load of an echo on loopback, in which all arrive at once."""
    usual: dict[str, object] = {
        "endpoint": Endpoint(secure=False, host="127.0.0.1", port=port, target="/ws"),
        "conversation": ECHO,
        "stages": (Stage(0.0, connections, connections),),
        "connections": connections,
        "patience": 2.0,
    }
    return Load(**{**usual, **changes})  # type: ignore[arg-type]


async def loaded(load: Load, people: People | None = None, **more: object) -> Loaded:
    """Run a load."""
    return await run(load, Cast(load, people or People()), (), **more)  # type: ignore[arg-type]


def against(play: Play, connections: int, **changes: object) -> Loaded:
    """Run a load against a scripted peer."""

    async def scene() -> Loaded:
        async with listening(play) as port:
            return await loaded(ordered(port, connections, **changes))

    return asyncio.run(scene())


def echoing(before: Callable[[Client, int], Awaitable[bool]]) -> Play:
    """Echo; before each message `before` is asked with its number, of all, and False ends it."""
    messages = 0

    async def play(client: Client) -> None:
        nonlocal messages
        await client.upgrade(await client.request())
        while (message := await client.receive()) is not None:
            messages += 1
            if not await before(client, messages):
                return
            await client.send(message)

    return play


def stands_at(number: int, seconds: float) -> Callable[[Client, int], Awaitable[bool]]:
    """Have the whole server stand at one message, as a blocked loop does."""

    async def stand(client: Client, at: int) -> bool:
        if at == number:
            time.sleep(seconds)  # noqa: ASYNC251 - that is what is wrong with it
        return True

    return stand


def waits_at(number: int, seconds: float) -> Callable[[Client, int], Awaitable[bool]]:
    """Have one connection wait at one message."""

    async def wait(client: Client, at: int) -> bool:
        if at == number:
            await asyncio.sleep(seconds)
        return True

    return wait


def slow_to_open(seconds: float) -> Play:
    """Echo, after a slow handshake."""

    async def play(client: Client) -> None:
        request = await client.request()
        await asyncio.sleep(seconds)
        await client.upgrade(request)
        while (message := await client.receive()) is not None:
            await client.send(message)

    return play


@contextlib.asynccontextmanager
async def echo_at() -> AsyncIterator[int]:
    """Serve an echo, and give its port."""

    async def go_on(client: Client, number: int) -> bool:
        return True

    async with listening(echoing(go_on)) as port:
        yield port
