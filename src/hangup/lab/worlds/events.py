"""Worlds whose events are missing, or made up: feeds, runs and agents on real servers."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

from hangup.lab.configured import Called
from hangup.lab.parts import Served, served
from hangup.lab.peer import Client, Handler, Request, site
from hangup.lab.world import World

Heard = list[tuple[str | None, str]]
NODE = Path(__file__).parents[1] / "apps" / "events_node.cjs"
SUBSCRIBE = '{"type": "subscribe"}'
SINCE = '{"type": "subscribe", "since": {last}}'
FEED: dict[str, Any] = {"sends": (SUBSCRIBE,), "resume": SINCE}
START = '{"type": "start"}'
RUN: dict[str, Any] = {"sends": (START,)}
ASK: dict[str, Any] = {"sends": ("when will my order ship?",), "differently": "I want a refund"}
GAP = "delivery.resume-gap"
UNREGISTERED = "delivery.event-before-registration"
RACE = "delivery.subscribe-race"
CANNED = "delivery.fabricated-events"


def on(name: str) -> Served:
    """Run one of the applications on uvicorn."""
    return served("uvicorn", f"hangup.lab.apps.events:{name}")


def by(library: str, name: str) -> Called:
    """Run one of the servers that are no ASGI applications."""
    if library == "node-ws":
        return Called(library, (str(NODE), "{port}", name))
    return Called(library, ("hangup.lab.apps.events_plain", name, "{port}"))


def counting(field: str, heard: Heard | None = None) -> Handler:
    """Count for whoever says something, on from the number that it names.

    `heard` is told the token of each connection, and what it said first.
    """

    async def play(client: Client, request: Request) -> None:
        await client.upgrade(request)
        said = await client.receive()
        if not isinstance(said, str):
            return
        if heard is not None:
            heard.append((request.token, said))
        asked = json.loads(said)
        first = asked["resume"] + 1 if isinstance(asked, dict) else 1
        reading = asyncio.create_task(client.drain())
        with contextlib.suppress(OSError):
            for number in range(first, first + 60):
                await client.send(json.dumps({field: number, "you said": said}))
                await asyncio.sleep(0.03)
        await reading

    return play


RESUMED = (
    World(name="a feed replays nothing", start=on("replays_nothing"), truth=GAP, **FEED),
    World(
        name="node's feed has forgotten the oldest of what was missed",
        start=by("node-ws", "forgets"),
        truth=GAP,
        **FEED,
    ),
    World(name="a feed counts anew for each", start=on("numbers_anew"), truth=GAP, **FEED),
    World(
        name="a feed closes at a resume that it does not know",
        start=on("knows_no_resume"),
        truth=GAP,
        sends=(SUBSCRIBE,),
        resume='{"type": "resume", "from": {last}}',
    ),
    World(
        name="a feed complains of a resume that it does not know",
        start=by("websockets", "complains"),
        truth=GAP,
        sends=(SUBSCRIBE,),
        resume='{"type": "resume", "from": {last}}',
    ),
    World(
        name="a run ends with the connection that began it",
        start=on("ends_with_its_connection"),
        truth=GAP,
        sends=(START,),
        resume='{"type": "resume", "from": {last}}',
    ),
    World(name="healthy: a feed replays all", start=on("replays_all"), truth=None, **FEED),
    World(
        name="healthy: aiohttp's feed replays all",
        start=by("aiohttp", "replays_all"),
        truth=None,
        sends=(SUBSCRIBE,),
        resume='{"type": "subscribe", "after": {last}}',
    ),
    World(
        name="healthy: a feed replays some events twice",
        start=on("replays_with_overlap"),
        truth=None,
        **FEED,
    ),
    World(
        name="healthy: a feed tells the latest events to everybody",
        start=on("tells_the_latest"),
        truth=None,
        resume="",
    ),
    World(
        name="a slow feed replays nothing",
        start=on("replays_nothing_slowly"),
        truth=GAP,
        waits=True,
        **FEED,
    ),
    World(
        name="healthy: a slow feed replays all",
        start=on("replays_all_slowly"),
        truth=None,
        waits=True,
        **FEED,
    ),
    World(
        name="healthy: each run goes on from the number that is named",
        start=site(counting("seq")),
        truth=None,
        sends=('"start"',),
        resume='{"resume": {last}}',
    ),
)

BEGUN = (
    World(
        name="FastAPI registers a connection when its session was looked up",
        start=on("registers_late"),
        truth=UNREGISTERED,
        **RUN,
    ),
    World(
        name="aiohttp registers a connection when its session was looked up",
        start=by("aiohttp", "registers_late"),
        truth=UNREGISTERED,
        expects=("begin",),
        **RUN,
    ),
    World(
        name="a run begins before its asker is registered",
        start=on("registers_each_run"),
        truth=UNREGISTERED,
        also=(RACE,),  # with one message nobody can tell what the server does between
        expects=('"seq":1,',),
        **RUN,
    ),
    World(
        name="a subscription is acknowledged before it takes effect",
        start=by("websockets", "subscribes_late"),
        truth=RACE,
        sends=('{"type": "subscribe", "topic": "runs"}', START),
        expects=("subscribed", '"seq": 1}'),
    ),
    World(
        name="healthy: a connection is registered before its runs",
        start=on("registers_in_time"),
        truth=None,
        expects=("started",),
        **RUN,
    ),
)

ANSWERED = (
    World(name="an agent answers all alike", start=on("canned"), truth=CANNED, **ASK),
    World(
        name="node's agent repeats the question and answers all alike",
        start=by("node-ws", "stub"),
        truth=CANNED,
        **ASK,
    ),
    World(name="healthy: answers differ in a number", start=on("counts"), truth=None, **ASK),
    World(
        name="healthy: aiohttp's answers differ in one word",
        start=by("aiohttp", "sorts"),
        truth=None,
        **ASK,
    ),
    World(
        name="healthy: a constant acknowledgement",
        start=on("takes"),
        truth=None,
        sends=("when will my order ship?",),
    ),
)

WORLDS = (*RESUMED, *BEGUN, *ANSWERED)
