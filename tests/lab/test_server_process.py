"""A started server is awaited, and nothing of it is left when it ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO

import pytest

from hangup.lab import process
from hangup.lab.errors import StartFailedError
from hangup.lab.process import ServerProcess, begin, free_port, start
from hangup.lab.proxies import front
from hangup.lab.servers import SERVERS, UnknownServerError, serve

LISTEN = "import socket, sys; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); "


def listener(port: int, then: str) -> list[str]:
    return [sys.executable, "-c", LISTEN + then, str(port)]


def live_members(group: int) -> list[str]:
    """The processes of a group that run; one that waits only to be reaped is gone."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = stat.read_text().rpartition(")")
        except OSError:
            continue
        state, _, pgrp = rest.split()[:3]
        if int(pgrp) == group and state not in "ZX":
            found.append(name)
    return found


def left_of(group: int) -> list[str]:
    """Give whom of a group nothing has ended in a while; who is killed goes on for a moment."""
    deadline = time.monotonic() + 10
    while (left := live_members(group)) and time.monotonic() < deadline:
        pass
    return left


def test_a_free_port_can_be_bound() -> None:
    with socket.create_server(("127.0.0.1", free_port())) as server:
        assert server.getsockname()[1] > 0


def test_a_port_that_was_given_is_given_to_nobody_else() -> None:
    port = free_port()
    with socket.socket() as another_look, pytest.raises(OSError, match="in use"):
        another_look.bind(("127.0.0.1", port))


def test_start_returns_when_the_port_accepts() -> None:
    port = free_port()
    with start(listener(port, "s.accept(); s.accept()"), port) as process:
        socket.create_connection(("127.0.0.1", port)).close()
        assert process.pid > 0


def test_a_server_that_fails_to_start_says_why() -> None:
    with pytest.raises(StartFailedError) as caught:
        serve("uvicorn", "hangup.lab.apps.asgi:missing")
    assert caught.value.program.startswith("python")
    assert caught.value.exit_code
    assert 'Attribute "missing" not found' in caught.value.output
    assert "missing" in str(caught.value)


def test_a_program_that_is_not_there_says_so() -> None:
    with pytest.raises(StartFailedError, match="no-such-server"):
        start(["no-such-server"], free_port())


def test_a_machine_without_room_for_a_process_leaves_no_file_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_room() -> None:
        raise BlockingIOError

    made: list[IO[bytes]] = []
    make = process.tempfile.TemporaryFile
    monkeypatch.setattr(process, "_guard", no_room)
    monkeypatch.setattr(process.tempfile, "TemporaryFile", lambda: made.append(make()) or made[0])
    with pytest.raises(BlockingIOError):
        ServerProcess([sys.executable], 1)
    assert [file.closed for file in made] == [True]


def test_a_server_that_never_listens_is_ended_at_the_deadline() -> None:
    loading = "import signal; print('still loading', flush=True); signal.pause()"
    argv = [sys.executable, "-c", loading]
    with pytest.raises(StartFailedError, match=r"within 0\.3 s") as caught:
        start(argv, free_port(), within=0.3)
    assert caught.value.exit_code is None
    assert caught.value.output == "still loading"


def test_a_server_that_ignores_term_is_killed() -> None:
    port = free_port()
    ignoring = "import signal; signal.signal(15, signal.SIG_IGN)\nwhile True: s.accept()"
    process = start(listener(port, ignoring), port)
    process.stop(grace=0.1)
    assert left_of(process.pid) == []


@pytest.mark.parametrize("times", [1, 2])
def test_a_server_whose_start_nobody_awaits_any_more_is_ended(times: int) -> None:
    port, runs, given_up_on = free_port(), threading.Event(), threading.Event()
    running: list[ServerProcess] = []

    def slowly() -> ServerProcess:
        running.append(start(listener(port, "s.accept(); s.accept()"), port))
        runs.set()
        given_up_on.wait(10)
        return running[-1]

    async def given_up() -> None:
        starting = asyncio.create_task(begin(slowly))
        await asyncio.to_thread(runs.wait, 10)
        for _ in range(times):
            starting.cancel()
            await asyncio.wait([starting], timeout=0)
        given_up_on.set()
        await starting

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(given_up())
    assert not running[0].running
    assert left_of(running[0].pid) == []


def test_stop_can_be_called_twice() -> None:
    port = free_port()
    process = start(listener(port, "s.accept(); s.accept()"), port)
    process.stop()
    process.stop()
    assert not process.running


@pytest.mark.parametrize("name", ["uvicorn", "granian", "node-ws"])
def test_a_stopped_server_leaves_no_process(name: str, node_modules: dict[str, str]) -> None:
    with serve(name, env=node_modules) as process:
        assert live_members(process.pid)
    assert left_of(process.pid) == []


@pytest.mark.parametrize("name", ["nginx", "haproxy", "caddy", "apache", "varnish"])
def test_a_stopped_proxy_leaves_no_process(name: str) -> None:
    with front(name, upstream=free_port()) as process:
        assert live_members(process.pid)
    assert left_of(process.pid) == []


def test_a_server_ends_with_the_process_that_started_it() -> None:
    program = (
        "from hangup.lab.servers import serve\n"
        "process = serve('uvicorn')\n"
        "print(process.port, flush=True)\n"
        "input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        port = int(parent.stdout.readline())
        with socket.create_connection(("127.0.0.1", port), timeout=10) as held:
            os.kill(parent.pid, signal.SIGKILL)
            with contextlib.suppress(ConnectionResetError):  # it may die with our SYN still queued
                assert held.recv(1) == b""


def test_an_unknown_server_is_named_with_the_known_ones() -> None:
    with pytest.raises(UnknownServerError, match="gunicorn") as caught:
        serve("gunicorn")
    assert all(name in str(caught.value) for name in SERVERS)
