"""Servers that `hangup record` starts, each with a store of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from recording import Record, argv_of, path_of_tests

from hangup.lab.process import ServerProcess, free_port


@pytest.fixture
def store(tmp_path: Path) -> str:
    return os.fspath(tmp_path / "recorded.db")


@pytest.fixture
def record(store: str) -> Iterator[Record]:
    """Start a server under `hangup record`, and wait until it accepts connections."""
    started: list[ServerProcess] = []

    def start(
        server: str, app: str, *options: str, record: Sequence[str] = (), **env: str
    ) -> ServerProcess:
        port = free_port()
        command = [*argv_of(server, f"recorded_app:{app}", port), *options]
        ours = [sys.executable, "-m", "hangup", "record", "--store", store, *record, "--"]
        process = ServerProcess([*ours, *command], port, env={"PYTHONPATH": path_of_tests(), **env})
        started.append(process)
        return process.wait_ready(20.0)

    yield start
    for process in started:
        process.stop()
