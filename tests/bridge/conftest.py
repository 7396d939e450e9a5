"""One Redis for all tests of the bridge, and a new log of each kind for a scene."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from never_1011 import never_1011
from redis_server import RedisServer

from logs import LOGS, Play, Scene

__all__ = ["never_1011"]
DEADLINE = 20.0


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A server that other tests use as well."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.kill()


@pytest.fixture(params=LOGS)
def play(request: pytest.FixtureRequest, tmp_path: Path, redis: RedisServer) -> Play:
    """Plays a scene with a new log of one kind."""

    async def run(scene: Scene) -> None:
        log = LOGS[request.param](tmp_path, redis)
        try:
            async with asyncio.timeout(DEADLINE):
                await scene(log)
        finally:
            await log.close()

    return lambda scene: asyncio.run(run(scene))
