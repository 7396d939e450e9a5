"""Worlds that need several connections at once: who hears what one of them says."""

from __future__ import annotations

from typing import Any

from hangup.lab.parts import served
from hangup.lab.peer import Client, Handler, Request, site
from hangup.lab.spread import Spread
from hangup.lab.world import World
from hangup.lab.worlds.healthy import HELLO

APPS = "hangup.lab.apps.rooms"
ALICE, BOB = "token-of-alice", "token-of-bob"
TWO: dict[str, Any] = {"token": ALICE, "other_token": BOB, **HELLO}


def room(app: str) -> str:
    return f"{APPS}:{app}"


def spread(proxy: str, app: str, count: int, server: str = "uvicorn") -> Spread:
    return Spread(proxy, server, room(app), count)


def answers_the_last_comer() -> Handler:
    """Keep the connection in a variable of the module: each new one takes the place of the last."""
    newest: list[Client] = []

    async def play(client: Client, request: Request) -> None:
        if request.token not in (None, ALICE, BOB):
            await client.respond(401)
            return
        await client.upgrade(request)
        newest.append(client)
        try:
            while (message := await client.receive()) is not None:
                await newest[-1].send(message)
        finally:
            newest.remove(client)

    return play


REGISTRY = "delivery.per-process-registry"
WRONG = "message.wrong-recipient-reply"
SHARED = "capacity.shared-socket-var"
"""How a reply comes to go astray, which is not to be seen from outside."""

WORLDS = (
    World(
        name="two backends behind nginx, each with its own registry",
        start=spread("nginx", "everybody", 2),
        truth=REGISTRY,
        **HELLO,
    ),
    World(
        name="three backends behind HAProxy, each with its own registry",
        start=spread("haproxy", "everybody", 3),
        truth=REGISTRY,
        **HELLO,
    ),
    World(
        name="two backends with their own registries, the speaker is left out",
        start=spread("nginx", "others", 2),
        truth=REGISTRY,
        sends=("hello",),
        waits=True,
        budget=30.0,
    ),
    World(
        name="two backends with their own registries, two users",
        start=spread("haproxy", "everybody", 2),
        truth=REGISTRY,
        **TWO,
    ),
    World(
        name="one of two backends has lost its listener on the bus",
        start=spread("nginx", "deaf_on_bus", 2),
        truth="delivery.listener-dead",
        sends=("hello",),
        waits=True,
        budget=30.0,
    ),
    World(
        name="healthy: a room in one process",
        start=served("uvicorn", room("everybody")),
        truth=None,
        **HELLO,
    ),
    World(
        name="healthy: a room in three processes with a bus",
        start=spread("nginx", "on_bus", 3),
        truth=None,
        **HELLO,
    ),
    World(
        name="healthy: private answers from two processes",
        start=spread("haproxy", "echo", 2),
        truth=None,
        **HELLO,
    ),
    World(
        name="healthy: a room for two users",
        start=served("uvicorn", room("everybody")),
        truth=None,
        **TWO,
    ),
    World(
        name="healthy: private answers for two users",
        start=served("uvicorn", room("echo")),
        truth=None,
        **TWO,
    ),
    World(
        name="the answer goes to whoever came last",
        start=site(answers_the_last_comer()),
        truth=WRONG,
        also=(SHARED,),
        waits=True,
        **TWO,
    ),
    World(
        name="FastAPI answers on the socket of a shared variable",
        start=served("uvicorn", room("shared_socket")),
        truth=WRONG,
        also=(SHARED,),
        waits=True,
        **TWO,
    ),
    World(
        name="FastAPI looks up who asked in a shared variable",
        start=served("uvicorn", room("shared_variable")),
        truth=WRONG,
        also=(SHARED,),
        waits=True,
        **TWO,
    ),
    World(
        name="another user hears the answer too",
        start=served("uvicorn", room("leak")),
        truth="message.cross-user-leak",
        **TWO,
    ),
    World(
        name="healthy: a room that leaves the speaker out",
        start=served("uvicorn", room("others")),
        truth=None,
        sends=("hello",),
    ),
)
