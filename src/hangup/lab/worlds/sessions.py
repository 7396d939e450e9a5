"""Worlds whose fault lies in the application between accept and close, and in what it has."""

from __future__ import annotations

import asyncio

from hangup.lab.parts import around, fronted, served
from hangup.lab.peer import Client, Handler, Request, echo_on, scripted, site
from hangup.lab.world import World
from hangup.lab.worlds.healthy import HELLO

CRASHING = ("uvicorn", "hypercorn", "daphne", "granian", "aiohttp", "tornado", "websockets")
MASKS = ("auth.auth-code-crashes",)
EARLY = ("session.handler-returned",)
FLAKY = ("capacity.process-crash", "session.handler-returned", "proxy.reload-drain")
NO_UPGRADE = ("upgrade.no-ws-library", "proxy.wrong-location", "proxy.upgrade-stripped")
MISSED = ("session.close-before-accept", "session.param-validation")


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


async def flaky(client: Client, request: Request) -> None:
    """End every third connection right after accepting it."""
    await client.upgrade(request)
    if client.number % 3 == 0:
        client.fin()
    else:
        await echo_on(client)


def dying(*numbers: int) -> Handler:
    """End those of ten connections whose number is named right after accepting them."""

    async def play(client: Client, request: Request) -> None:
        await client.upgrade(request)
        if client.number % 10 in numbers:
            client.fin()
        else:
            await echo_on(client)

    return play


async def engine_of_another_version(client: Client) -> None:
    """Refuse the upgrade without a word, and tell a plain GET why."""
    request = await client.request()
    if request.upgrades:
        await client.respond(403, "", "Server: uvicorn")
    elif request.path == "/ws":
        said = "The client is using an unsupported version of the Socket.IO or Engine.IO protocols"
        await client.respond(400, f'"{said}"')
    else:
        await client.respond(404)


async def says_goodbye(client: Client, request: Request) -> None:
    """Greet, and close with a reason of the application's own."""
    await client.upgrade(request)
    await client.send('{"hello": "you"}')
    await asyncio.sleep(0.2)
    await client.close(4000, "subscription ended")


async def channels_500(client: Client) -> None:
    """Answer 500 for a path without a route and for an exception in connect(), as Channels does."""
    request = await client.request()
    if request.upgrades:
        await client.respond(500, "Internal server error.", "Server: daphne")
    else:
        await client.respond(404, "Not Found", "Server: daphne")


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
    start = served("uvicorn", app if ":" in app else f"hangup.lab.worlds.apps:{app}")
    return World(name=name, start=start, truth=truth, also=also, path=path, **HELLO)


REFUSED = ("session.close-before-accept", "session.route-missing", "session.param-validation")


async def already_connected(client: Client, request: Request) -> None:
    """Let one session of the first user linger, and refuse that user until it is over."""
    await client.upgrade(request)
    if request.token == "second":
        await echo_on(client)
    else:
        await client.close(4409, "already connected")


async def database_times_out(client: Client, request: Request) -> None:
    await asyncio.sleep(5.2)
    await client.respond(500, "timeout waiting for the database")


WORLDS = (
    World(
        name="an old session holds the lock",
        start=site(already_connected),
        token="first",
        other_token="second",
        truth="session.stale-session-lock",
        also=("auth.token-missing-or-bad",),
        **HELLO,
    ),
    World(
        name="a dependency times out",
        start=site(database_times_out),
        truth="session.dependency-down",
        also=("session.exception-before-accept", "session.handshake-timeout"),
        waits=True,
        **HELLO,
    ),
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
        hidden=True,  # granian answers 403, as every ASGI server does for a refusal
        also=REFUSED,
        **HELLO,
    ),
    asgi("masked exception", "masked", "session.masked-exception", *MASKS),
    World(
        name="masked exception behind nginx, with a bypass",
        start=fronted("nginx", "uvicorn", "hangup.lab.worlds.apps:masked"),
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
        also=NO_UPGRADE,
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
    World(name="no affinity", start=site(affinity), truth="session.sticky-session"),
    World(name="another Engine.IO", start=site(old_engine), truth="session.eio-version-mismatch"),
    World(
        name="closes for a reason of its own",
        start=site(says_goodbye),
        truth="session.closed-by-application",
        **HELLO,
    ),
    World(
        name="Channels: exception in connect()",
        start=scripted(channels_500),
        truth="session.exception-before-accept",
        also=("session.route-missing", "auth.http-only-dependency"),
        **HELLO,
    ),
    *(
        World(
            name=f"a path without a route on {server}",
            start=served(server),
            path="/no-such-route",
            truth="session.route-missing",
            **HELLO,
        )
        for server in ("tornado", "websockets")
    ),
    World(
        name="another Engine.IO that tells only a plain GET",
        start=scripted(engine_of_another_version),
        truth="session.eio-version-mismatch",
    ),
    *(
        World(
            name=f"a wrong path below a prefix that nginx routes to {server}",
            start=around(fronted("nginx", server, prefix="/api")),
            path="/api/chta",
            truth="session.route-missing",
            also=also,
            **HELLO,
        )
        for server, also in (
            ("uvicorn", (*MISSED, "auth.token-missing-or-bad")),
            ("aiohttp", NO_UPGRADE),
            ("node-ws", ("proxy.upgrade-stripped",)),
        )
    ),
    *(
        World(
            name=f"connections {', '.join(map(str, numbers))} of ten die",
            start=site(dying(*numbers)),
            truth="session.exception-after-accept",
            also=FLAKY,
            **HELLO,
        )
        for numbers in ((1, 4, 5, 8), (2, 3, 7, 8), (3, 6, 9), (4, 5, 6), (0, 7, 9))
    ),
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
        waits=True,
        start=site(late),
        truth="session.listener-late",
        also=("proxy.head-bytes-lost",),
        **HELLO,
    ),
    World(
        name="the server waits before it accepts",
        start=served("uvicorn", "hangup.lab.worlds.apps:slow_accept"),
        truth="session.handshake-timeout",
        also=("session.dependency-down",),
        waits=True,
        budget=12.0,
        **HELLO,
    ),
    World(
        name="one in three dies",
        start=site(flaky),
        truth="session.exception-after-accept",
        also=FLAKY,
        **HELLO,
    ),
)
