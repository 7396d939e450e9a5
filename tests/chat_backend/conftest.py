"""What tests of the chat share."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "bridge"))  # its Redis serves here as well
from never_1011 import never_1011
from postgres_server import PostgresServer

__all__ = ["never_1011"]


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A server that other tests use as well."""
    server = PostgresServer()
    yield server
    server.close()
