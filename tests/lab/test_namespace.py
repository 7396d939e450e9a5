"""What runs in a network of its own sees nothing of ours, and leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hangup.lab import namespace
from hangup.lab.errors import ProgramMissingError
from hangup.lab.namespace import NamespaceError, run_inside
from hangup.lab.parts import served
from hangup.lab.rules import ruled
from hangup.lab.running import run
from hangup.lab.world import World

LASTS = """
import subprocess, time
from hangup.lab.namespace import end_with_our_parent
end_with_our_parent()
with open({pipe!r}, "w") as pipe:
    print("up", file=pipe, flush=True)
    subprocess.run(["sleep", "60"], pass_fds=[pipe.fileno()])
"""
"""A module that lasts, with a child that holds the pipe open as long as it lives."""


@pytest.fixture(autouse=True)
def _allowed() -> None:
    try:
        namespace.prefix()
    except NamespaceError as exc:
        pytest.skip(str(exc))
    except ProgramMissingError as exc:
        pytest.fail(str(exc), pytrace=False)


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a module that can be run inside as `lab_module`."""
    monkeypatch.setenv("PYTHONPATH", os.fspath(tmp_path))
    return tmp_path / "lab_module.py"


@pytest.fixture
def pipe(module: Path) -> Iterator[int]:
    """The reading end of the pipe of a module that lasts."""
    path = module.with_name("pipe")
    os.mkfifo(path)
    module.write_text(LASTS.format(pipe=os.fspath(path)))
    reading = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(reading, True)
    yield reading
    os.close(reading)


def test_a_network_of_its_own_has_loopback_alone(module: Path) -> None:
    module.write_text("import socket; print([name for _, name in socket.if_nameindex()])")
    assert run_inside("lab_module", within=20.0) == b"['lo']\n"


def test_what_fails_inside_says_why(module: Path) -> None:
    module.write_text("raise SystemExit('no such thing')")
    with pytest.raises(namespace.SetUpError, match="no such thing"):
        run_inside("lab_module", within=20.0)


def test_what_takes_too_long_is_ended_with_its_children(pipe: int) -> None:
    with pytest.raises(TimeoutError):
        run_inside("lab_module", within=2.0)
    assert _until_the_end(pipe) == b"up\n"


def test_it_ends_with_the_process_that_started_it(module: Path, pipe: int) -> None:
    code = "from hangup.lab.namespace import run_inside; run_inside('lab_module', within=60.0)"
    with subprocess.Popen([sys.executable, "-c", code]) as starter:
        try:
            with module.with_name("pipe").open("rb") as waits:  # until it is there to be written
                heard = waits.readline()
        finally:
            starter.kill()
    assert heard + _until_the_end(pipe) == b"up\n"


def test_rules_are_set_nowhere_but_inside() -> None:
    world = World(name="not apart", start=ruled(served("uvicorn"), "drop"), truth=None)
    result = run(world)
    assert result.outcome == "not-executed"
    assert "network of its own" in result.why


def _until_the_end(pipe: int) -> bytes:
    heard = b""
    while data := os.read(pipe, 100):
        heard += data
    return heard
