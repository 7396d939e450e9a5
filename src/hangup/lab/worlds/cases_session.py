"""Worlds made after public cases whose fault lay between the upgrade and the first message."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from typing import Any

from hangup.lab.configured import Called, configured, nginx, on_node, on_python, uvicorn
from hangup.lab.parts import around, served
from hangup.lab.peer import Client, Play, Request, echo, listening, routed, scripted, site
from hangup.lab.world import Place, World
from hangup.lab.worlds.healthy import HELLO

APPS = "hangup.lab.worlds.cases_apps"
UNKNOWN_SID = '{"code":1,"message":"Session ID unknown"}'
TWO_WORKERS = nginx(
    "location / { proxy_pass http://workers; proxy_http_version 1.1; proxy_set_header Host "
    "$http_host; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; }",
    http="upstream workers { server 127.0.0.1:UPSTREAM; server 127.0.0.2:UPSTREAM; }",
)


async def aborts(client: Client, request: Request) -> None:
    """Reject before accepting, through a library that then closes TCP without an answer."""
    client.fin()


async def knows_no_session(client: Client, request: Request) -> None:
    """Say what Engine.IO says of another worker's session."""
    await client.respond(400, UNKNOWN_SID, "Content-Type: application/json")


def negotiated() -> Play:
    """Know the connection id on every other worker only, as SignalR behind a plain balancer."""
    count = 0

    async def play(client: Client, request: Request) -> None:
        nonlocal count
        count += 1
        if count % 2:
            await client.respond(404, "No Connection with that ID")
        else:
            await echo(client, request)

    return routed(play)


@contextlib.asynccontextmanager
async def two_workers() -> AsyncIterator[Place]:
    """Two workers of one application; the second one did not see the session begin."""
    async with listening(routed(echo)) as port:
        other = routed(knows_no_session)
        server = await asyncio.start_server(_playing(other), "127.0.0.2", port)
        async with server:
            yield Place(port)


def _playing(play: Play) -> Any:
    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, EOFError, asyncio.CancelledError):
            await play(Client(reader, writer, 0, 0.0))
            await reader.read()
        writer.transport.abort()

    return accepted


def world(name: str, start: Any, truth: str, *also: str, **options: Any) -> World:
    """Make one world of a user who says hello, unless the options say otherwise."""
    return World(name=name, start=start, truth=truth, also=also, **{**HELLO, **options})


def echoing(*options: str) -> tuple[str, ...]:
    """Call uvicorn with the lab's echo."""
    return uvicorn("hangup.lab.apps.asgi:echo", *options)


DAPHNE = ("daphne", "-b", "127.0.0.1", "-p", "{port}", "-v", "0")
HASTY = (*DAPHNE, "--websocket_connect_timeout", "1", f"{APPS}:works_long")

WORLDS = (
    world(
        "a rejection before accept that ends in a FIN without an answer",
        site(aborts),
        "session.close-before-accept",
        "session.exception-before-accept",
        "capacity.process-crash",
    ),
    world(
        "the router's prefix is lost for WebSockets, not for pages",
        Called("uvicorn", uvicorn(f"{APPS}:prefixed")),
        "session.route-missing",
        "session.close-before-accept",
        "session.param-validation",
        path="/api/ws",
    ),
    world(
        "daphne: the router raises for an unknown path",
        served("daphne", f"{APPS}:raises_for_unknown_paths"),
        "session.route-missing",
        "session.exception-before-accept",
        path="/ws/chat",
    ),
    world(
        "daphne gives up a handshake that takes too long",
        Called("daphne", HASTY),
        "session.handshake-timeout",
        "session.dependency-down",
        waits=True,
    ),
    world(
        "every other worker knows the negotiated connection",
        scripted(negotiated()),
        "session.sticky-session",
    ),
    world(
        "nginx shares the requests of a session between two workers",
        around(configured("nginx", TWO_WORKERS, two_workers)),
        "session.sticky-session",
    ),
    world(
        "uvicorn is restarted while people are connected",
        Called("uvicorn", echoing("--timeout-graceful-shutdown", "1"), dies=2.5),
        "session.server-restart",
        "proxy.reload-drain",
        idle=4.0,
        waits=True,
    ),
    world(
        "uvicorn is killed and started again, over and over",
        Called("uvicorn", echoing(), dies=3.0, how=signal.SIGKILL, again=True),
        "capacity.process-crash",
        "session.server-restart",
        idle=4.0,
        waits=True,
    ),
    world(
        "websockets calls a handler of the old signature",
        on_python("websockets", "old_signature"),
        "session.exception-after-accept",
    ),
    world(
        "every third connection is closed with a bare 1011",
        on_python("websockets", "raises_now_and_then"),
        "session.exception-after-accept",
        "session.masked-exception",
    ),
    world(
        "node: the listener comes after an await",
        on_node("late-listener"),
        "session.listener-late",
        "proxy.head-bytes-lost",
        waits=True,
    ),
    world(
        "node: two servers handle each upgrade",
        on_node("two-servers"),
        "upgrade.double-handler",
    ),
    world(
        "FastAPI selects no subprotocol",
        Called("uvicorn", uvicorn(f"{APPS}:no_subprotocol")),
        "protocol.subprotocol-not-echoed",
        subprotocols=("access_token", "abc.def"),
    ),
    world(
        "the client offers the subprotocol undefined",
        on_python("aiohttp", "knows_chat_only"),
        "protocol.subprotocol-unknown",
        "protocol.subprotocol-not-echoed",
        subprotocols=("undefined",),
    ),
)
