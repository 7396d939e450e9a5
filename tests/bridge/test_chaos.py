"""Cut, killed and restarted at random, every user sees each event of each run once, in order."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from chaos import Server, Size, Story, Victim, play
from chaos_user import CUTS
from history import violations
from redis_server import RedisServer

SIZE = Size(
    int(os.environ.get("HANGUP_CHAOS_USERS", "20")), int(os.environ.get("HANGUP_CHAOS_RUNS", "5"))
)
pytestmark = pytest.mark.timeout(SIZE.deadline + 30)


@pytest.fixture(params=["sqlite", "redis"])
def servers(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[list[Server], RedisServer | None]]:
    store = RedisServer(tmp_path) if request.param == "redis" else None
    place = store.url if store else str(tmp_path / "events.db")
    found = [Server(place, SIZE), Server(place, SIZE)]
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

    async def scene() -> Story:
        async with asyncio.timeout(SIZE.deadline):
            return await play(SIZE, processes, victims, 7)

    story = asyncio.run(scene())
    found = violations(story.seen, story.asked)
    print(story, f"{len(found)} violations")  # for whoever runs it at full size
    assert found == []
    assert set(story.cuts) == set(CUTS)
    assert set(story.kills) == {type(victim).__name__ for victim in victims}
