"""Worlds made after public cases whose fault lay in a hop that is played here byte by byte."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any

from hangup.lab.peer import Client, Play, Request, echo, echo_on
from hangup.lab.relay import carry, upstream
from hangup.lab.wire import close
from hangup.lab.world import World
from hangup.lab.worlds.healthy import HELLO, PAGE
from hangup.lab.worlds.proxies import before, forwarding


def strict_gateway(back: int) -> Play:
    """Refuse an Upgrade of any other value than websocket, as a sidecar does."""

    async def play(client: Client) -> None:
        request = await client.request()
        if request.headers.get("upgrade", "websocket") != "websocket":
            await client.respond(403, "", "server: envoy")
        elif request.upgrades and request.path == "/ws":
            await echo(client, request)
        else:
            await client.respond(404, "", "server: envoy")

    return play


def cannot_hijack(back: int) -> Play:
    """Compress every answer through a writer that cannot be taken over for an upgrade."""

    async def play(client: Client) -> None:
        request = await client.request()
        if "upgrade" in request.headers:
            await client.respond(500, "Internal Server Error", "Content-Type: text/plain")
        else:
            await client.respond(404, "404 page not found", "Content-Type: text/plain")

    return play


def flips_bytes(back: int) -> Play:
    """Forward, and flip a bit of some bytes of what the server says once the tunnel is up."""

    def flip(data: bytes) -> bytes:
        return bytes(b ^ 0x20 if n % 5 == 3 else b for n, b in enumerate(data))

    async def play(client: Client) -> None:
        async with upstream(back) as (reader, writer):
            writer.write(await client.reader.readuntil(b"\r\n\r\n"))
            await client.raw(await reader.readuntil(b"\r\n\r\n"))
            await carry(client, reader, writer, flip)

    return play


def cuts(*, age: float = 0.0, every: float = 0.0, goodbye: bytes = b"") -> Callable[[int], Play]:
    """Forward, and end connections at an age of theirs or, all of them, every so many seconds."""

    def front(back: int) -> Play:
        async def play(client: Client) -> None:
            forwards = asyncio.ensure_future(forwarding(back)(client))
            left = age or every - time.monotonic() % every
            done, _ = await asyncio.wait([forwards], timeout=left)
            if not done:
                with contextlib.suppress(OSError):
                    await client.raw(goodbye)
                client.fin()
                forwards.cancel()
                await asyncio.gather(forwards, return_exceptions=True)

        return play

    return front


def refuses_origins(back: int) -> Play:
    """End WebSockets in the proxy itself, which by default knows only pages of its own host."""

    async def play(client: Client) -> None:
        request = await client.request()
        origin = request.headers.get("origin", "")
        if request.upgrades and origin and origin != f"http://{request.headers['host']}":
            await client.respond(403, "Forbidden\n", "Content-Type: text/plain; charset=utf-8")
        elif request.upgrades and request.path == "/ws":
            await echo(client, request)
        else:
            await client.respond(400, "Bad Request\n", "Content-Type: text/plain; charset=utf-8")

    return play


def platform(back: int) -> Play:
    """Answer as a platform of the time before it carried WebSockets."""

    async def play(client: Client) -> None:
        request = await client.request()
        if "upgrade" in request.headers:
            await client.respond(400, "Bad Request", "Server: Google Frontend")
        elif request.path.startswith("/socket.io"):
            await client.respond(200, '0{"sid":"a1"}', "Server: Google Frontend")
        else:
            await client.respond(404, PAGE, "Server: Google Frontend")

    return play


async def greets_glued(client: Client, request: Request) -> None:
    """Greet in the same segment as the 101."""
    await client.upgrade(request, glued=b"\x81\x07welcome")
    await echo_on(client)


def loses_glued(back: int) -> Play:
    """Forward, but throw away what came glued to the server's 101."""

    async def play(client: Client) -> None:
        async with upstream(back) as (reader, writer):
            writer.write(await client.reader.readuntil(b"\r\n\r\n"))
            answer = await reader.read(65536)
            head, _, _ = answer.partition(b"\r\n\r\n")
            await client.raw(head + b"\r\n\r\n")
            await carry(client, reader, writer)

    return play


def world(name: str, start: Any, truth: str, *also: str, **options: Any) -> World:
    """Make one world of a user who says hello, unless the options say otherwise."""
    return World(name=name, start=start, truth=truth, also=also, **{**HELLO, **options})


LIVED: dict[str, Any] = {"idle": 3.5, "waits": True}

WORLDS = (
    world(
        "a proxy that ends WebSockets itself does not know the page",
        before(refuses_origins),
        "auth.origin-policy",
        "proxy.host-rewrite",
        origin="https://app.example.org",
    ),
    world(
        "a compressing middleware cannot be hijacked",
        before(cannot_hijack),
        "upgrade.hijack-unsupported",
        "proxy.upgrade-stripped",
        hidden=True,
    ),
    world(
        "a proxy flips bytes in the tunnel",
        before(flips_bytes),
        "proxy.payload-corruption",
        undecided=True,
        hidden=True,
    ),
    world(
        "the edge restarts and says so",
        before(cuts(every=2.5, goodbye=close(1001, b"CloudFlare WebSocket proxy restarting"))),
        "proxy.reload-drain",
        "session.server-restart",
        **LIVED,
    ),
    world(
        "the tunnel of the edge drops all it carries, now and then",
        before(cuts(every=2.5)),
        "proxy.reload-drain",
        **LIVED,
    ),
    world(
        "a proxy ends what it took over after 1.5 s",
        before(cuts(age=1.5)),
        "keepalive.absolute-lifetime",
        **LIVED,
    ),
    world(
        "a platform without WebSockets says 400",
        before(platform),
        "upgrade.platform-unsupported",
        "proxy.upgrade-stripped",
    ),
    world(
        "a greeting glued to the 101 is lost on the way",
        before(loses_glued, greets_glued),
        "proxy.head-bytes-lost",
        sends=(),
        expects=("welcome",),
        waits=True,
    ),
)
