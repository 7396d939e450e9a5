"""Worlds whose fault only a slow reader shows, or those beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hangup.lab.configured import UPGRADE, Called, configured, nginx, uvicorn
from hangup.lab.world import World

NODE = Path(__file__).parents[1] / "apps" / "feeds_node.cjs"
ASGI = "hangup.lab.apps.feeds_asgi"
SLOWLY: dict[str, Any] = {"read_slowly": 2.5, "budget": 30.0, "waits": True}
DROPS, BLOCKED, ENDED = (
    "delivery.backpressure-drop",
    "capacity.broadcast-blocked",
    "client.slow-consumer",
)
PASSES = f"location / {{ proxy_pass http://127.0.0.1:UPSTREAM; {UPGRADE} send_timeout 1s; }}"


def feed(name: str, needs: str = "websockets") -> Called:
    return Called(needs, ("hangup.lab.apps.feeds", name, "{port}"))


def on_node(name: str) -> Called:
    return Called("node-ws", (str(NODE), "{port}", name))


def on_uvicorn(name: str, *options: str) -> Called:
    flat = ("--ws-per-message-deflate", "false")
    return Called("uvicorn", uvicorn(f"{ASGI}:{name}", *flat, *options))


WORLDS = (
    World(
        name="a bounded queue drops the newest events for a slow reader",
        start=feed("drops_newest"),
        truth=DROPS,
        **SLOWLY,
    ),
    World(
        name="a bounded queue drops the oldest events for a slow reader",
        start=feed("drops_oldest"),
        truth=DROPS,
        **SLOWLY,
    ),
    World(
        name="Node skips events for a reader whose buffer is long",
        start=on_node("skips"),
        truth=DROPS,
        **SLOWLY,
    ),
    World(
        name="a slow reader is closed with 1013",
        start=feed("ends_slow"),
        truth=ENDED,
        **SLOWLY,
    ),
    World(
        name="Node terminates a reader whose buffer is long",
        start=on_node("terminates"),
        truth=ENDED,
        **SLOWLY,
    ),
    World(
        name="a slow reader misses the pings of websockets",
        start=feed("quiet"),
        truth=ENDED,
        **{**SLOWLY, "read_slowly": 3.5},
    ),
    World(
        name="a slow reader misses the pings of uvicorn",
        start=on_uvicorn("quiet", "--ws-ping-interval", "1", "--ws-ping-timeout", "1"),
        truth=ENDED,
        **{**SLOWLY, "read_slowly": 3.5},
    ),
    World(
        name="aiohttp aborts a reader that takes nothing for a second",
        start=feed("aiohttp", "aiohttp"),
        truth=ENDED,
        **SLOWLY,
    ),
    World(
        name="nginx ends a reader that takes nothing for a second",
        start=configured("nginx", nginx(PASSES), on_node("keeps")),
        truth=ENDED,
        **SLOWLY,
    ),
    World(
        name="a broadcast ends a reader that holds it up for long",
        start=feed("patient_timed"),
        truth=ENDED,
        **SLOWLY,
    ),
    World(
        name="a broadcast waits for each reader in turn",
        start=feed("patient"),
        truth=BLOCKED,
        **SLOWLY,
    ),
    World(
        name="FastAPI sends to each reader in turn",
        start=on_uvicorn("patient"),
        truth=BLOCKED,
        **SLOWLY,
    ),
    World(
        name="FastAPI sends to each reader in turn, and waits for each event anew",
        start=on_uvicorn("patient_in_turn"),
        truth=BLOCKED,
        **SLOWLY,
    ),
    World(
        name="sends that block hold up everybody, and who comes",
        start=Called("websockets", ("hangup.lab.apps.feeds_blocking", "{port}")),
        truth=BLOCKED,
        also=("capacity.loop-blocked",),
        **SLOWLY,
    ),
    World(
        name="healthy: Node lets everything wait for a slow reader",
        start=on_node("keeps"),
        truth=None,
        **SLOWLY,
    ),
    World(
        name="healthy: tornado lets everything wait for a slow reader",
        start=feed("tornado", "tornado"),
        truth=None,
        **SLOWLY,
    ),
    World(
        name="healthy: each reader has its own pace",
        start=feed("own_pace"),
        truth=None,
        **SLOWLY,
    ),
    World(
        name="healthy: a slow reader gets the latest state, numbered as sent",
        start=feed("latest"),
        truth=None,
        **SLOWLY,
    ),
    World(
        name="healthy: a feed too small to fill a buffer",
        start=feed("trickle"),
        truth=None,
        **SLOWLY,
    ),
)
