"""Worlds of everyday applications that do what they should and look as if they did not."""

from __future__ import annotations

import msgspec

from hangup.lab.parts import around, chained, fronted, hop
from hangup.lab.worlds.healthy import HELLO
from hangup.lab.worlds.trial5_parts import TALKING, by, on, talking, world

CALL: bytes = msgspec.msgpack.encode({"id": 7, "call": "status"})

WORLDS = (
    world(
        "healthy: a job's stream ends with the job",
        talking("hypercorn", "jobs"),
        None,
        sends=('{"job": 7}',),
        expects=("percent", "finished"),
    ),
    world(
        "healthy: quit is answered with bye and 4000",
        by("tornado", "quits"),
        None,
        sends=("quit",),
        expects=("bye",),
    ),
    world(
        "healthy: ids grow by leaps, and a sign of life repeats",
        by("websockets", "prices"),
        None,
        expects=("price",),
    ),
    world(
        "healthy: graphql-ws is initialised in time",
        on("uvicorn", "graphql"),
        None,
        subprotocols=("graphql-transport-ws",),
        sends=(
            '{"type": "connection_init"}',
            '{"id": "1", "type": "subscribe", "payload": {"query": "subscription { ticker }"}}',
        ),
        expects=("connection_ack", "next"),
    ),
    world(
        "healthy: node sends a long report, compressed, through nginx",
        chained(hop("nginx"), back=by("node-ws", "report")),
        None,
        sends=("report",),
        expects=('"total":9000',),
    ),
    world(
        "healthy: the answer tells another system's error",
        talking("granian", "journal"),
        None,
        sends=('{"jsonrpc": "2.0", "id": 1, "method": "last_error"}',),
        expects=('"id": ?1',),
    ),
    world(
        "healthy: aiohttp pings twice a second, and knows one token and one site",
        by("aiohttp", "strict"),
        None,
        token="desk-token",
        origin="https://desk.example.org",
        **HELLO,
    ),
    world(
        "healthy: MessagePack through HAProxy to daphne",
        fronted("haproxy", "daphne", f"{TALKING}:packed"),
        None,
        sends=(CALL,),
        expects=("ready",),
    ),
    world(
        "healthy: a model thinks before it streams through Caddy",
        around(chained(hop("caddy"), back=by("tornado", "streams"))),
        None,
        sends=("what is the answer?",),
        expects=("42", "stop"),
        waits=True,
    ),
    world(
        "healthy: of many rooms one exists",
        talking("uvicorn-wsproto", "hallway"),
        None,
        path="/rooms/general",
        **HELLO,
    ),
)
