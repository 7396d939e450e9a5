"""Worlds of a real proxy that loses its server, gives it up, or is loaded anew."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from hangup.lab.configured import Called, configured, haproxy, nginx
from hangup.lab.parts import around, parts_of, served
from hangup.lab.process import LOOPBACK, free_port
from hangup.lab.relay import upstream
from hangup.lab.rules import ruled
from hangup.lab.world import Place, Start
from hangup.lab.worlds.cases_proxy import FULL, location, world
from hangup.lab.worlds.trial5_hops import pinging, well

LIVED: dict[str, Any] = {"idle": 4.0, "waits": True}
MUTE: dict[str, Any] = {**LIVED, "sends": (), "expects": ()}
TWENTY_K = "k" * 20_000
"""More than the server takes in one message."""
CADDY = """
{
    admin 127.0.0.1:ADMIN
    auto_https off
    log {
        level ERROR
    }
}
http://:PORT {
    bind 127.0.0.1
    reverse_proxy 127.0.0.1:UPSTREAM
}
"""
TAKEN_OUT = "check inter 100ms fall 1 rise 1000\n    option httpchk GET /healthz"
ONE_OF_TWO = "\n    balance roundrobin\n    server moved 127.0.0.1:1"
MOVED = FULL.replace("127.0.0.1:UPSTREAM", "127.0.0.9:UPSTREAM")
TO_EITHER = FULL.replace("127.0.0.1:UPSTREAM", "app")
TWO = "upstream app { server 127.0.0.1:1; server 127.0.0.1:UPSTREAM; }"


@dataclass(frozen=True, slots=True)
class Deployed:
    """Caddy before another start, whose configuration is loaded anew every so many seconds."""

    back: Start
    every: float

    @property
    def parts(self) -> tuple[str, ...]:
        """The programs that it needs."""
        return ("caddy", *parts_of(self.back))

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[Place]:
        """Run it."""
        admin = free_port()
        config = CADDY.replace("ADMIN", str(admin))
        async with configured("caddy", config, self.back)() as place:
            text = config.replace("PORT", str(place.port)).replace("UPSTREAM", str(place.bypass))
            loading = asyncio.create_task(self._load(admin, text))
            try:
                yield place
            finally:
                loading.cancel()
                await asyncio.gather(loading, return_exceptions=True)

    async def _load(self, admin: int, text: str) -> None:
        while True:
            await asyncio.sleep(self.every)
            with contextlib.suppress(OSError):
                await _post(admin, text.encode())


async def _post(port: int, config: bytes) -> None:
    # Without must-revalidate, Caddy does nothing about a configuration that is the same.
    lines = (
        "POST /load HTTP/1.1",
        f"Host: {LOOPBACK}:{port}",
        "Content-Type: text/caddyfile",
        "Cache-Control: must-revalidate",
        f"Content-Length: {len(config)}",
        "Connection: close",
    )
    async with upstream(port) as (reader, writer):
        writer.write("\r\n".join([*lines, "", ""]).encode() + config)
        await reader.read(-1)


@dataclass(frozen=True, slots=True)
class Settled:
    """Another start that is used after some seconds, in which health checks find what they find."""

    start: Start
    seconds: float

    @property
    def parts(self) -> tuple[str, ...]:
        """The programs that it needs."""
        return parts_of(self.start)

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[Place]:
        """Run it."""
        async with self.start() as place:
            await asyncio.sleep(self.seconds)
            yield place


def small_daphne() -> Called:
    where = ("-b", "127.0.0.1", "-p", "{port}", "-v", "0")
    limit = ("--websocket-max-message-size", "16384")
    return Called("daphne", ("daphne", *where, *limit, "hangup.lab.apps.asgi:echo"))


WORLDS = (
    world(
        "HAProxy checks a page that the application does not have, and takes it out",
        Settled(configured("haproxy", haproxy("", TAKEN_OUT), served("aiohttp")), 0.6),
        "proxy.backend-down",
        "dns.stale-upstream",
    ),
    world(
        "HAProxy deals to two servers, of which one has moved away",
        around(configured("haproxy", haproxy("", ONE_OF_TWO), served("websockets"))),
        "proxy.backend-down",
        "dns.stale-upstream",
    ),
    world(
        "nginx still sends to a container's address that is no longer routed",
        ruled(
            configured(
                "nginx",
                nginx(location(MOVED + "proxy_connect_timeout 1s;")),
                served("node-ws"),
            ),
            "ip daddr 127.0.0.9 drop",
        ),
        "dns.stale-upstream",
        "proxy.backend-down",
        apart=True,
        budget=30.0,
    ),
    world(
        "Caddy loads its configuration anew every 2 s",
        Deployed(served("hypercorn"), 2.0),
        "proxy.reload-drain",
        **LIVED,
    ),
    world(
        "nginx gives up what the application takes long to accept",
        configured(
            "nginx",
            nginx(location(FULL + "proxy_read_timeout 1500ms;")),
            served("granian", "hang_before_accept"),
        ),
        "session.handshake-timeout",
        "session.dependency-down",
        waits=True,
    ),
    world(
        "daphne takes 16 KiB, behind HAProxy",
        configured("haproxy", haproxy("", ""), small_daphne()),
        "message.message-too-big",
        sends=(TWENTY_K,),
        expects=("kkkk",),
    ),
    well(
        "nginx passes over one of two servers, which is down",
        configured(
            "nginx",
            nginx(location(TO_EITHER), http=TWO),
            served("uvicorn"),
        ),
    ),
    well(
        "the server's pings keep it open in an impatient nginx",
        configured("nginx", nginx(location(FULL + "proxy_read_timeout 2s;")), pinging()),
        **MUTE,
    ),
    well(
        "nginx is reloaded, and old workers keep what they hold",
        configured("nginx", nginx(location(FULL)), served("daphne"), reloads=1.5),
        **LIVED,
    ),
)
