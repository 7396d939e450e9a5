"""What tests of the chat share."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "bridge"))  # its Redis serves here as well
from never_1011 import watched
from postgres_server import PostgresServer


@pytest.fixture(autouse=True)
def never_1011() -> Iterator[None]:
    """Fail a test in which a connection is closed with 1011."""
    with watched() as seen:
        yield
    assert seen == []


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A server that other tests use as well."""
    server = PostgresServer()
    yield server
    server.close()
