"""Worlds whose name, address or port leads elsewhere than the server, or is guarded."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from hangup.lab.configured import configured, nginx
from hangup.lab.dns import Answer
from hangup.lab.parts import served
from hangup.lab.peer import Client, Play, echo, listening, routed
from hangup.lab.resolver import named
from hangup.lab.rules import ruled
from hangup.lab.world import Place, Start
from hangup.lab.worlds.below_http import on_address
from hangup.lab.worlds.cases_proxy import FULL, location, world
from hangup.lab.worlds.trial5_hops import well

NAME = "chat.lab.test"
HERE, GONE = "127.0.0.1", "127.0.0.2"
DEFAULT_PAGE = "<html><head><title>Welcome to nginx!</title></head></html>"


async def old_host(client: Client) -> None:
    """Answer as a machine on which the package is installed and no site is."""
    request = await client.request()
    status, body = (200, DEFAULT_PAGE) if request.path == "/" else (404, "<h1>404 Not Found</h1>")
    await client.respond(status, body, "Server: nginx/1.18.0", "Content-Type: text/html")


def second(play: Play, address: str) -> Start:
    """Serve on the first address of a name, and play something on its second one."""

    @contextlib.asynccontextmanager
    async def start() -> AsyncIterator[Place]:
        async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError, EOFError):
                await play(Client(reader, writer, 0, 0.0))

        async with (
            listening(routed(echo)) as port,
            await asyncio.start_server(accepted, address, port),
        ):
            yield Place(port)

    return start


WORLDS = (
    world(
        "DNS still gives the address of a machine that was switched off",
        named(
            ruled(served("hypercorn"), f"ip daddr {GONE} tcp dport {{port}} drop"),
            {NAME: (Answer(addresses=(HERE, GONE)),)},
        ),
        "dns.partial-pool",
        host=NAME,
        apart=True,
        waits=True,
    ),
    world(
        "one of two addresses is that of the machine before the move",
        second(old_host, GONE),
        "dns.partial-pool",
        host="pool.hangup.test",
    ),
    world(
        "the server is bound to another address of the host",
        on_address(routed(echo), "127.0.0.3"),
        "tcp.refused",
    ),
    world(
        "nginx awaits the PROXY protocol, which nobody speaks to it",
        configured(
            "nginx", nginx(location(FULL), listen=" proxy_protocol"), served("uvicorn-wsproto")
        ),
        "tcp.accept-then-reset",
    ),
    well(
        "a name of both families, served on both",
        second(routed(echo), "::1"),
        host="both.hangup.test",
    ),
)
