"""Cut, killed and restarted at random, every user sees each event of each run once, in order."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from chaos import Server, Victim, disturb, play
from history import violations
from redis_server import RedisServer

USERS = int(os.environ.get("HANGUP_CHAOS_USERS", "20"))
RUNS = int(os.environ.get("HANGUP_CHAOS_RUNS", "5"))
DEADLINE = 50.0 * max(1.0, USERS * RUNS / 400)
pytestmark = pytest.mark.timeout(DEADLINE + 10)


@pytest.fixture(params=["sqlite", "redis"])
def servers(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[list[Server], RedisServer | None]]:
    store = RedisServer(tmp_path) if request.param == "redis" else None
    place = store.url if store else str(tmp_path / "events.db")
    found = [Server(place), Server(place)]
    yield found, store
    for server in found:
        server.kill()
    if store:
        store.kill()


def test_every_event_of_every_run_is_seen_once_and_in_order(
    servers: tuple[list[Server], RedisServer | None],
) -> None:
    processes, store = servers
    victims: list[Victim] = [*processes, *([store] if store else [])]
    killed: list[Victim] = []

    async def scene() -> list[str]:
        async with asyncio.timeout(DEADLINE):
            chance = random.Random(7)
            disturbing = disturb(chance, victims, killed)
            return violations(*await play(processes, USERS, RUNS, 7, disturbing))

    assert asyncio.run(scene()) == []
    assert killed
