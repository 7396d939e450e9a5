"""Worlds whose fault lies in the events that the server sends."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable

from hangup.lab.peer import Client, Handler, Request, site
from hangup.lab.world import World

ALL_DROPS = ("delivery.backpressure-drop", "delivery.capacity-drop")


def sending(numbers: Iterable[int], field: str = "seq") -> Handler:
    """Send numbered events, quickly, and stay."""
    said = tuple(numbers)

    async def play(client: Client, request: Request) -> None:
        await client.upgrade(request)
        reading = asyncio.create_task(client.drain())
        with contextlib.suppress(OSError):
            for number in said:
                await client.send(f'{{"type": "event", "{field}": {number}, "data": "x"}}')
                await asyncio.sleep(0.01)
        await reading

    return play


WORLDS = (
    World(
        name="healthy: events come in order",
        start=site(sending(range(1, 20))),
        truth=None,
    ),
    World(
        name="healthy: a sequence begins anew",
        start=site(sending((*range(5), *range(5), *range(5)), "offset")),
        truth=None,
    ),
    World(
        name="events come in another order",
        start=site(sending((1, 2, 4, 3, 5, 6))),
        truth="delivery.reorder-server",
    ),
    World(
        name="each event comes twice",
        start=site(sending(n for n in range(1, 8) for _ in range(2))),
        truth="delivery.duplicate-subscription",
    ),
    World(
        name="events are missing",
        start=site(sending((1, 2, 3, 7, 8, 9))),
        truth="delivery.capacity-drop",
        also=ALL_DROPS,
    ),
    World(
        name="events are missing, with a conversation",
        start=site(sending((10, 11, 15, 16), "sequence_number")),
        truth="delivery.backpressure-drop",
        also=ALL_DROPS,
        expects=("event",),
    ),
)
