"""Worlds whose fault lies in the application between accept and close, and in what it has."""

from __future__ import annotations

import asyncio

from .healthy import HELLO
from .peer import Client, Play, Request, echo, echo_on, routed, scripted, site
from .running import fronted, served
from .world import World

CRASHING = ("uvicorn", "hypercorn", "daphne", "granian", "aiohttp", "tornado", "websockets")
MASKS = ("auth.auth-code-crashes",)
EARLY = ("session.handler-returned",)


def starting(seconds: float, ready: Play, until_then: Play) -> Play:
    """Play one thing in the first seconds, another afterwards."""

    async def play(client: Client) -> None:
        await (ready if client.age > seconds else until_then)(client)

    return play


async def not_ready(client: Client, request: Request) -> None:
    await client.upgrade(request)
    await client.close(1013, "service is starting, try again later")


async def restarting(client: Client, request: Request) -> None:
    await client.upgrade(request)
    await client.close(1012, "")


async def affinity(client: Client, request: Request) -> None:
    await client.respond(400, '{"code":1,"message":"Session ID unknown"}')


async def old_engine(client: Client, request: Request) -> None:
    await client.respond(400, '{"code":5,"message":"Unsupported protocol version"}')


async def late(client: Client, request: Request) -> None:
    """Lose what comes while the session is loaded."""
    await client.upgrade(request)
    opened = asyncio.get_running_loop().time()
    while (message := await client.receive()) is not None:
        if asyncio.get_running_loop().time() - opened > 0.15:
            await client.send(message)


async def early_fin(client: Client, request: Request) -> None:
    await client.upgrade(request)
    client.fin()


async def masked_4500(client: Client, request: Request) -> None:
    await client.upgrade(request)
    await client.send('{"type": "error", "message": "unexpected"}')
    await client.close(4500, "Unexpected error")


async def too_many(client: Client, request: Request) -> None:
    await client.respond(429, "Too Many Requests", "Retry-After: 30")


def limited(most: int) -> Play:
    """Serve so many at once and refuse the next."""
    open_now = 0

    async def play(client: Client) -> None:
        nonlocal open_now
        request = await client.request()
        if not request.upgrades or request.path != "/ws":
            await client.respond(404)
        elif open_now >= most:
            await client.respond(503, "connection limit reached")
        else:
            open_now += 1
            try:
                await echo(client, request)
            finally:
                open_now -= 1

    return play


async def flaky(client: Client, request: Request) -> None:
    """End every third connection right after accepting it."""
    await client.upgrade(request)
    if client.number % 3 == 0:
        client.fin()
    else:
        await echo_on(client)


async def cold(client: Client) -> None:
    """Start on the first request: it gets what the gateway says of an instance that is not up."""
    request = await client.request()
    if client.age < 0.3:
        await client.respond(503, "no instance is available, try again", "Server: Google Frontend")
    elif request.upgrades and request.path == "/ws":
        await echo(client, request)
    else:
        await client.respond(404)


async def slow_cold(client: Client) -> None:
    """Wake up on the first connection."""
    if client.number == 0:
        await asyncio.sleep(5.5)
    await routed(echo)(client)


async def refuses_before(client: Client, request: Request) -> None:
    await client.respond(403)


def crash(server: str) -> World:
    return World(
        name=f"{server}: exception after accept",
        start=served(server, "crash_after_accept"),
        truth="session.exception-after-accept",
        also=EARLY,
        **HELLO,
    )


def mute_crash(server: str) -> World:
    return World(
        name=f"{server}: exception after accept, nothing is said",
        start=served(server, "crash_after_accept"),
        truth="session.exception-after-accept",
        also=EARLY,
    )


def early_crash(server: str) -> World:
    return World(
        name=f"{server}: exception before accept",
        start=served(server, "crash_before_accept"),
        truth="session.exception-before-accept",
        also=("auth.http-only-dependency",),
        **HELLO,
    )


def asgi(name: str, app: str, truth: str, *also: str, path: str = "/ws") -> World:
    start = served("uvicorn", app if ":" in app else f"worlds.apps:{app}")
    return World(name=name, start=start, truth=truth, also=also, path=path, **HELLO)


REFUSED = ("session.close-before-accept", "session.route-missing", "session.param-validation")
WORLDS = (
    *(crash(server) for server in CRASHING),
    mute_crash("uvicorn"),
    mute_crash("hypercorn"),
    World(
        name="nginx before uvicorn: exception after accept",
        start=fronted("nginx", "uvicorn", "crash_after_accept"),
        truth="session.exception-after-accept",
        also=EARLY,
        **HELLO,
    ),
    World(
        name="a FIN right after the upgrade",
        start=site(early_fin),
        truth="session.exception-after-accept",
        also=EARLY,
        **HELLO,
    ),
    *(early_crash(server) for server in ("uvicorn", "hypercorn", "daphne", "aiohttp", "tornado")),
    World(
        name="granian: exception before accept",
        start=served("granian", "crash_before_accept"),
        truth="session.exception-before-accept",
        also=REFUSED,
        **HELLO,
    ),
    asgi("masked exception", "masked", "session.masked-exception", *MASKS),
    World(
        name="masked exception behind nginx, with a bypass",
        start=fronted("nginx", "uvicorn", "worlds.apps:masked"),
        truth="session.masked-exception",
        also=MASKS,
        token="any",
        **HELLO,
    ),
    World(
        name="masked exception with an error message",
        start=site(masked_4500),
        truth="session.masked-exception",
        also=MASKS,
        **HELLO,
    ),
    asgi("clean close masks an error", "masked_clean", "session.clean-close-masks-error", *EARLY),
    World(
        name="aiohttp: handler returned",
        start=served("aiohttp", "return_after_accept"),
        truth="session.handler-returned",
        also=("session.clean-close-masks-error",),
        **HELLO,
    ),
    World(
        name="websockets: handler returned",
        start=served("websockets", "return_after_accept"),
        truth="session.handler-returned",
        also=("session.clean-close-masks-error",),
        **HELLO,
    ),
    World(
        name="uvicorn: handler returned",
        start=served("uvicorn", "return_after_accept"),
        truth="session.handler-returned",
        also=("session.exception-after-accept",),
        **HELLO,
    ),
    World(
        name="close before accept",
        start=served("uvicorn", "close_before_accept"),
        truth="session.close-before-accept",
        also=REFUSED[1:],
        **HELLO,
    ),
    World(
        name="close before accept, other paths are 404",
        start=site(refuses_before, elsewhere=404),
        truth="session.close-before-accept",
        also=("auth.token-missing-or-bad",),
        **HELLO,
    ),
    World(
        name="a path without a route",
        start=served("uvicorn"),
        path="/no-such-route",
        truth="session.route-missing",
        also=("session.close-before-accept", "session.param-validation"),
        **HELLO,
    ),
    World(
        name="a path without a route on aiohttp",
        start=served("aiohttp"),
        path="/no-such-route",
        truth="session.route-missing",
        also=("upgrade.no-ws-library", "proxy.wrong-location", "proxy.upgrade-stripped"),
        **HELLO,
    ),
    asgi(
        "the slash is missing",
        "routed",
        "session.route-missing",
        path="/slash",
    ),
    asgi(
        "a parameter is missing",
        "routed",
        "session.param-validation",
        "session.close-before-accept",
        "session.route-missing",
        path="/typed",
    ),
    World(
        name="not ready for a second",
        start=scripted(starting(1.0, routed(echo), routed(not_ready))),
        truth="session.dependency-not-ready",
        **HELLO,
    ),
    World(
        name="not ready at all",
        start=site(not_ready),
        truth="session.dependency-not-ready",
        also=("session.dependency-down",),
        **HELLO,
    ),
    World(
        name="restarted once",
        start=scripted(starting(0.3, routed(echo), routed(restarting))),
        truth="session.server-restart",
        **HELLO,
    ),
    World(name="no affinity", start=site(affinity), truth="session.sticky-session"),
    World(name="another Engine.IO", start=site(old_engine), truth="session.eio-version-mismatch"),
    asgi(
        "closes with 401",
        "http_status_as_code",
        "session.invalid-close-code",
        "session.exception-after-accept",
        "session.handler-returned",
    ),
    asgi(
        "closes with 1006",
        "reserved_code",
        "session.invalid-close-code",
        "session.exception-after-accept",
        "session.handler-returned",
    ),
    World(
        name="the listener is late",
        start=site(late),
        truth="session.listener-late",
        also=("proxy.head-bytes-lost",),
        **HELLO,
    ),
    World(
        name="the server waits before it accepts",
        start=served("uvicorn", "worlds.apps:slow_accept"),
        truth="session.handshake-timeout",
        also=("session.dependency-down",),
        waits=True,
        budget=12.0,
        **HELLO,
    ),
    World(name="too many requests", start=site(too_many), truth="capacity.rate-limit", **HELLO),
    World(
        name="two connections and no more",
        start=scripted(limited(2)),
        truth="capacity.conn-limit",
        also=("capacity.shared-socket-var",),
        **HELLO,
    ),
    World(
        name="one in three dies",
        start=site(flaky),
        truth="capacity.process-crash",
        undecided=True,
        **HELLO,
    ),
    World(
        name="the first one meets no instance",
        start=scripted(cold),
        truth="capacity.cold-start",
        **HELLO,
    ),
    World(
        name="the first one is slow",
        start=scripted(slow_cold),
        truth="capacity.cold-start",
        waits=True,
        **HELLO,
    ),
)
