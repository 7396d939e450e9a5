"""Frameworks behave as ever under the recorder, and their failures end at the handler."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from hangup.incident import Caught, ConnectionSeen, Seen
from hangup.lab.pinpoint import SEEN, read_lines

StartServer = Callable[..., str]
APPS = "recorded_frameworks"
HERE = os.fspath(Path(__file__).parent)
FRAMEWORKS = ("fastapi", "starlette_", "quart_", "litestar", "channels")
SERVERS = ("uvicorn", "hypercorn", "daphne", "granian")
ENGINE = "/socket.io/?EIO=4&transport=websocket"
WITHIN = 5.0


class Run:
    """A framework on a server, and what its recorder wrote."""

    def __init__(self, start: StartServer, server: str, app: str, lines: Path) -> None:
        url = start(server, f"{APPS}:{app}", **{SEEN: str(lines), "PYTHONPATH": HERE})
        self.address, self._lines = url.removesuffix("/ws"), lines
        self._before = len(self._read())

    def seen(self) -> list[Seen]:
        """Give what was seen of one connection, once it has ended."""
        deadline = time.monotonic() + WITHIN
        while time.monotonic() < deadline:
            found = self._read()[self._before :]
            if any(isinstance(each, ConnectionSeen) for each in found):
                return found
        raise AssertionError(f"no connection was told of within {WITHIN} s")

    def caught_until(self, kind: str) -> list[Caught]:
        """Give the failures of that kind, once there is one."""
        deadline = time.monotonic() + WITHIN
        while time.monotonic() < deadline:
            found = [each for each in self._read()[self._before :] if isinstance(each, Caught)]
            if any(each.kind == kind for each in found):
                return found
        raise AssertionError(f"no {kind} was told of within {WITHIN} s")

    def _read(self) -> list[Seen]:
        return list(read_lines(self._lines)) if self._lines.exists() else []


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("seen")


@pytest.mark.parametrize(
    ("server", "framework"),
    [("uvicorn", framework) for framework in FRAMEWORKS]
    + [(server, "channels") for server in SERVERS[1:]]
    + [(server, "fastapi") for server in SERVERS[1:]],
)
def test_a_healthy_conversation_shows_no_failure(
    server: str, framework: str, start_server: StartServer, folder: Path
) -> None:
    run = Run(start_server, server, framework, folder / f"{server}-{framework}")
    with connect(f"{run.address}/ws", open_timeout=5) as socket:
        for text in ("one", "two"):
            socket.send(text)
            assert socket.recv(timeout=5) == text

    (seen,) = run.seen()

    assert isinstance(seen, ConnectionSeen)
    assert (seen.count, seen.server.split()[0]) == (4, server)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_an_exception_ends_at_the_handler_s_frame(
    framework: str, start_server: StartServer, folder: Path
) -> None:
    run = Run(start_server, "uvicorn", framework, folder / f"uvicorn-{framework}")
    with contextlib.suppress(ConnectionClosed), connect(f"{run.address}/fails") as socket:
        socket.send("hello")
        socket.recv(timeout=5)

    (caught,) = [each for each in run.seen() if isinstance(each, Caught)]

    assert caught.exception.endswith(".Broken")
    assert caught.frame.rpartition(" in ")[2] in ("fails", "broken", "receive")
    assert caught.phase == "message"


def test_what_quart_only_logs_is_told_with_the_close_that_hides_it(
    start_server: StartServer, folder: Path
) -> None:
    run = Run(start_server, "uvicorn", "quart_", folder / "uvicorn-quart_")
    with contextlib.suppress(ConnectionClosed), connect(f"{run.address}/fails") as socket:
        socket.send("hello")
        socket.recv(timeout=5)

    (caught,) = [each for each in run.seen() if isinstance(each, Caught)]

    assert caught.kind == "masked-exception"
    assert caught.close is not None
    assert caught.close.code == 1000


def test_socket_io_works_without_a_failure(start_server: StartServer, folder: Path) -> None:
    run = Run(start_server, "uvicorn", "sio_works", folder / "sio-works")
    with connect(f"{run.address}{ENGINE}", open_timeout=5) as socket:
        socket.recv(timeout=5)
        socket.send("40")
        socket.recv(timeout=5)
        socket.send('42["say","hello"]')
        assert socket.recv(timeout=5) == '42["said","hello"]'

    assert [type(each) for each in run.seen()] == [ConnectionSeen]


def test_an_exception_in_an_event_of_socket_io_is_that_of_a_task(
    start_server: StartServer, folder: Path
) -> None:
    run = Run(start_server, "uvicorn", "sio_fails", folder / "sio-fails")
    with connect(f"{run.address}{ENGINE}", open_timeout=5) as socket:
        socket.recv(timeout=5)
        socket.send("40")
        socket.recv(timeout=5)
        socket.send('42["say","hello"]')

    (caught,) = run.caught_until("task-exception")

    assert caught.exception.endswith("Broken")
    assert caught.frame.endswith("in _raise_at_say")


def test_the_studied_incident_is_named_with_exception_frame_and_phase(
    start_server: StartServer, folder: Path
) -> None:
    run = Run(start_server, "uvicorn", "incident", folder / "incident")
    with contextlib.suppress(ConnectionClosed), connect(f"{run.address}/ws") as socket:
        socket.recv(timeout=5)

    caught = run.caught_until("masked-exception")
    (masked,) = [each for each in caught if each.kind == "masked-exception"]

    assert (masked.exception, masked.phase) == ("NameError", "auth")
    assert masked.frame.startswith("hangup/chat/faults/authentication.py:")
    assert masked.close is not None
    assert masked.close.code == 1011
