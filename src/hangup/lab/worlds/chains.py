"""Worlds of two proxies in a row, of which one may have the fault."""

from __future__ import annotations

from hangup.lab.parts import Fronted, Hop, around, chained, hop, served
from hangup.lab.peer import Client, Request, site
from hangup.lab.world import World
from hangup.lab.worlds.healthy import HELLO


def through(outer: str | Hop, inner: str | Hop, server: str = "uvicorn") -> Fronted:
    """Put two proxies, the outer one first, before a server."""
    hops = (hop(each) if isinstance(each, str) else each for each in (outer, inner))
    return chained(*hops, back=served(server))


async def nowhere(client: Client, request: Request) -> None:
    """Refuse this path as every other."""
    await client.respond(403, "", "Server: nginx")


async def says_envoy_and_crashes(client: Client, request: Request) -> None:
    await client.upgrade(request, "Server: envoy", "Via: 1.1 google")
    await client.receive()
    await client.close(1011)


def crossed(outer: str, inner: str, server: str) -> World:
    return World(
        name=f"healthy: {outer}, then {inner}, then {server}",
        start=through(outer, inner, server),
        truth=None,
        **HELLO,
    )


def stripping(proxy: str) -> Hop:
    return hop(proxy, forward_upgrade=False)


def impatient(proxy: str) -> Hop:
    return hop(proxy, read_timeout=2.0)


WORLDS = (
    crossed("haproxy", "nginx", "uvicorn"),
    crossed("nginx", "haproxy", "hypercorn"),
    crossed("caddy", "apache", "websockets"),
    crossed("nginx", "varnish", "aiohttp"),
    World(
        name="the outer of two strips the upgrade, with a bypass",
        start=through(stripping("haproxy"), "nginx"),
        truth="proxy.upgrade-stripped",
        also=("proxy.wrong-location",),
        **HELLO,
    ),
    World(
        name="the outer of two strips the upgrade before websockets, no bypass",
        start=around(through(stripping("nginx"), "haproxy", "websockets")),
        truth="proxy.upgrade-stripped",
        **HELLO,
    ),
    World(
        name="the inner of two strips the upgrade, with a bypass",
        start=through("haproxy", stripping("nginx")),
        truth="proxy.upgrade-stripped",
        also=("proxy.wrong-location",),
        **HELLO,
    ),
    World(
        name="the inner of two speaks HTTP/1.0, with a bypass",
        start=through("haproxy", hop("nginx", http10=True), "websockets"),
        truth="proxy.http10-upstream",
        **HELLO,
    ),
    World(
        name="the inner of two ends what is idle for 2 s, no bypass",
        start=around(through("haproxy", impatient("nginx"))),
        truth="keepalive.proxy-idle",
        idle=4.0,
        waits=True,
    ),
    World(
        name="the outer of two ends what is idle for 2 s, with a bypass",
        start=through(impatient("haproxy"), "nginx"),
        truth="keepalive.proxy-idle",
        idle=4.0,
        waits=True,
    ),
    World(
        name="nobody behind the second proxy",
        start=chained(hop("nginx"), hop("caddy"), back=None),
        truth="proxy.backend-down",
    ),
    World(
        name="an application's crash behind nginx and Caddy",
        start=around(
            chained(hop("nginx"), hop("caddy"), back=served("hypercorn", "crash_before_accept"))
        ),
        truth="session.exception-before-accept",
        also=("auth.http-only-dependency",),
        **HELLO,
    ),
    World(
        name="an application that calls itself nginx has no such route, behind HAProxy",
        start=chained(hop("haproxy"), back=site(nowhere, server="nginx")),
        truth="session.route-missing",
        undecided=True,
        **HELLO,
    ),
    World(
        name="an application that calls itself Envoy crashes on a message, behind nginx",
        start=chained(hop("nginx"), back=site(says_envoy_and_crashes)),
        truth="message.handler-exception",
        **HELLO,
    ),
    World(
        # nginx in front says Server: nginx for what HAProxy answers in place of the application.
        name="HAProxy's upstream is down, and nginx signs the answer",
        start=chained(hop("nginx"), hop("haproxy"), back=None),
        truth="proxy.backend-down",
        waits=True,
    ),
)
