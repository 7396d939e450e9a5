"""One Redis for all tests of the bridge."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from redis_server import RedisServer


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A server that other tests use as well."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.kill()
