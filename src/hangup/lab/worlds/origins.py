"""Worlds whose fault lies in the Origin that the client sends, or does not send."""

from __future__ import annotations

from hangup.lab.peer import Client, Request, echo, site
from hangup.lab.world import World
from hangup.lab.worlds.healthy import HELLO


async def allows_origin(client: Client, request: Request) -> None:
    """Let in only the pages of one site."""
    if request.headers.get("origin") not in (None, "https://app.example.org"):
        await client.respond(403)
    else:
        await echo(client, request)


async def own_host(client: Client, request: Request) -> None:
    """Let in only pages of the own host."""
    if request.headers.get("origin") != f"http://{request.headers['host']}":
        await client.respond(403, "origin not allowed")
    else:
        await echo(client, request)


async def websockets_origins(client: Client, request: Request) -> None:
    """Let in one site, and say of others what the websockets library says."""
    origin = request.headers.get("origin")
    if origin is None:
        await client.respond(403, "Failed to open a WebSocket connection: missing Origin header.\n")
    elif origin != "https://app.example.org":
        await client.respond(
            403, f"Failed to open a WebSocket connection: invalid Origin header: {origin}.\n"
        )
    else:
        await echo(client, request)


WORLDS = (
    World(
        name="a library that misses an Origin",
        start=site(websockets_origins, server="Python/3.12 websockets/15.0"),
        truth="client.origin-missing",
        also=("auth.origin-policy",),
        **HELLO,
    ),
    World(
        name="a library that knows another Origin",
        start=site(websockets_origins, server="Python/3.12 websockets/15.0"),
        origin="https://new.example.org",
        truth="auth.origin-policy",
        **HELLO,
    ),
    World(
        name="the front end's origin is unknown",
        start=site(allows_origin),
        origin="https://new.example.org",
        truth="auth.origin-policy",
        **HELLO,
    ),
    World(
        name="only the own origin",
        start=site(own_host),
        origin="https://new.example.org",
        truth="auth.origin-policy",
        **HELLO,
    ),
    World(
        name="an Origin is missing",
        start=site(own_host),
        truth="client.origin-missing",
        **HELLO,
    ),
)
