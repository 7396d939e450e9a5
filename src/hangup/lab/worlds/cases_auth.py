"""Worlds made after public cases whose fault lay in who may connect, and as whom."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

from hangup.lab.configured import Called, uvicorn
from hangup.lab.peer import Client, Request, echo, echo_on, site
from hangup.lab.world import World
from hangup.lab.worlds.auth import EARLY, ENDED, GOOD, complaint
from hangup.lab.worlds.healthy import HELLO

APPS = "hangup.lab.worlds.cases_apps"
REFUSED = ("session.close-before-accept", "session.route-missing", "session.param-validation")


async def own_loopback_only(client: Client, request: Request) -> None:
    """Know pages of localhost alone, whatever address the page was opened by."""
    if request.headers.get("origin", "http://localhost") != "http://localhost":
        await client.respond(403, "origin not allowed")
    else:
        await echo(client, request)


async def relay(client: Client, request: Request) -> None:
    """Close with a code of the relay's own and the words of its library."""
    await client.upgrade(request)
    if wrong := complaint(request.token):
        early = "JWT Token is not yet valid" if "nbf" in wrong else "JWT Token is invalid"
        await client.close(3000, f"Authorization error: JWT validation error: {early}")
    else:
        await echo_on(client)


async def session_ends(client: Client, request: Request) -> None:
    """Let the session end with its token, as the gateway of a message broker does."""
    if request.token is None or complaint(request.token):
        await client.respond(401, "missing or invalid token")
        return
    await client.upgrade(request)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(1.5):
            await echo_on(client)
    error = {"status": 401, "error": "gateway:websocket.session.expired"}
    await client.send(json.dumps(error))
    await client.close(1000)


async def two_leeways(client: Client, request: Request) -> None:
    """Let a token that has just expired pass, and reckon a negative time until its end."""
    wrong = complaint(request.token)
    if wrong and "expired" not in wrong:
        await client.respond(401, wrong)
        return
    await client.upgrade(request)
    if wrong:
        await client.close(1008, "")
    else:
        await echo_on(client)


async def wants_cookie(client: Client, request: Request) -> None:
    """Know the user by the session's cookie, which the page's browser did not attach."""
    if "session=" not in request.headers.get("cookie", ""):
        await client.respond(401, '{"error": "not logged in"}', "Content-Type: application/json")
    else:
        await echo(client, request)


async def login_then_loads(client: Client, request: Request) -> None:
    """Take the token, load the session, and only then listen again."""
    await client.upgrade(request)
    if GOOD not in str(await client.receive()):
        await client.close(4401, "invalid token")
        return
    ready = asyncio.get_running_loop().time() + 0.2
    while (message := await client.receive()) is not None:
        if asyncio.get_running_loop().time() > ready:
            await client.send(message)


def world(name: str, start: Any, truth: str, *also: str, **options: Any) -> World:
    """Make one world of a user who says hello, unless the options say otherwise."""
    return World(name=name, start=start, truth=truth, also=also, **{**HELLO, **options})


WORLDS = (
    world(
        "Starlette wants 401 for strangers and can only say 403",
        Called("uvicorn", uvicorn(f"{APPS}:members")),
        "auth.token-missing-or-bad",
        "auth.token-placement",
        *REFUSED,
        token="unknown-to-the-server",
    ),
    world(
        "a global dependency wants a Request",
        Called("uvicorn", uvicorn(f"{APPS}:guarded")),
        "auth.http-only-dependency",
        "session.exception-before-accept",
        token=GOOD,
    ),
    world(
        "a dashboard knows itself as localhost only",
        site(own_loopback_only),
        "auth.origin-policy",
        "proxy.host-rewrite",
        origin="http://127.0.0.1:{port}",
    ),
    world(
        "a relay finds a token of the client's fast clock",
        site(relay),
        "auth.clock-skew",
        token=EARLY,
    ),
    world(
        "the session ends with its token",
        site(session_ends),
        "auth.expired",
        "keepalive.absolute-lifetime",
        "session.closed-by-application",
        token=GOOD,
        idle=3.5,
        waits=True,
    ),
    world(
        "a token that has just expired passes, and is closed at once",
        site(two_leeways),
        "auth.expired",
        token=ENDED,
    ),
    world(
        "the session's cookie does not come along",
        site(wants_cookie),
        "auth.cookie-not-sent",
        "auth.token-missing-or-bad",
        hidden=True,
    ),
    world(
        "a login is taken, and what follows at once is not heard",
        site(login_then_loads),
        "session.listener-late",
        token=GOOD,
        token_in="message",
        waits=True,
    ),
)
