"""`hangup diagnose --browser` as its user meets it: verdicts, budget, what is left behind."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

TOKEN = "sesame-sesame"


def _run(*args: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hangup", *args],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environ},
        timeout=50,
        check=False,
    )


async def _echo(connection: ServerConnection) -> None:
    async for message in connection:
        await connection.send(message)


def _only_with_the_header(connection: ServerConnection, asked: Request) -> Response | None:
    if asked.headers.get("Authorization") == f"Bearer {TOKEN}":
        return None
    return connection.respond(HTTPStatus.UNAUTHORIZED, "who are you?\n")


@pytest.fixture
def guarded() -> Iterator[str]:
    """A server that takes its token from the header Authorization only."""
    loop = asyncio.new_event_loop()
    started: list[int] = []
    ready, over = threading.Event(), asyncio.Event()

    async def run() -> None:
        async with serve(_echo, "127.0.0.1", 0, process_request=_only_with_the_header) as server:
            started.append(server.sockets[0].getsockname()[1])
            ready.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    try:
        assert ready.wait(10)
        yield f"ws://127.0.0.1:{started[0]}/ws"
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


def test_a_healthy_endpoint_stays_healthy(start_server: Callable[..., str]) -> None:
    told = ("--json", "--progress", "json", "--no-store")
    done = _run(start_server("uvicorn"), "--send", "hi", "--browser", *told)
    document = json.loads(done.stdout)
    steps = [json.loads(line)["event"] for line in done.stderr.splitlines()]
    assert (steps.count("concluded"), steps[-1]) == (1, "concluded")
    assert (done.returncode, document["verdict"]) == (0, "healthy")
    assert document["browser"]["outcome"] == "both-work"
    assert "browser" in [run["name"] for run in document["experiments"]]


def test_a_token_that_only_a_header_can_carry_is_the_fault(guarded: str, tmp_path: Path) -> None:
    names = ("a.html", "a.md", "a.json", "a.xml")
    files = [arg for name in names for arg in ("--report", str(tmp_path / name))]
    saved = str(tmp_path / "a.ndjson")
    done = _run(guarded, "--token", TOKEN, "--browser", "--json", "--save", saved, *files)
    document = json.loads(done.stdout)
    assert (done.returncode, document["cause"]) == (1, "auth.header-in-a-browser")
    wire = [sight["says"] for sight in document["browser"]["wire"]]
    assert "received 401 Unauthorized" in wire
    outputs = [done.stdout, done.stderr, *(path.read_text() for path in tmp_path.iterdir())]
    assert [text for text in outputs if TOKEN in text] == []
    again = json.loads(_run("judge", saved, "--json").stdout)
    assert (again["cause"], again["browser"]["wire"]) == (
        document["cause"],
        document["browser"]["wire"],
    )


@pytest.mark.parametrize("columns", ["80", "160"])
def test_a_terminal_has_the_columns_beside_or_below_each_other(
    start_server: Callable[..., str], columns: str
) -> None:
    done = _run(start_server("uvicorn"), "--browser", "-q", "--no-color", COLUMNS=columns)
    part = done.stdout.partition("In the browser")[2].partition("\n\n")[0]
    assert ("what the page saw" in part) == (columns == "160")
    assert max(map(len, done.stdout.splitlines())) <= int(columns)
    assert "onopen" in part
    assert "--recorder tells" in part or "(not recorded)" in part


def test_a_long_folder_for_temporary_files_is_no_hindrance(
    start_server: Callable[..., str], tmp_path: Path
) -> None:
    folder = tmp_path / ("long" * 20)
    folder.mkdir()
    done = _run(start_server("uvicorn"), "--browser", "--json", TMPDIR=str(folder))
    assert json.loads(done.stdout)["browser"]["outcome"] == "both-work"
    assert list(folder.iterdir()) == []


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder for temporary files in which Chromium's socket has room."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


def test_a_server_that_never_answers_is_left_within_the_budget(short: Path) -> None:
    with _mute() as port:
        done = _run(
            f"ws://127.0.0.1:{port}/", "--browser", "--budget", "24", "--json", TMPDIR=str(short)
        )
    document = json.loads(done.stdout)
    assert document["elapsed_s"] <= 24
    wire = [sight["says"] for sight in document["browser"]["wire"]]
    assert wire[-1] == "gave up waiting for an HTTP response"
    assert list(short.iterdir()) == []
    assert _programs_with(str(short)) == []


@contextlib.contextmanager
def _mute() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def _programs_with(text: str) -> list[str]:
    """Give the commands of running programs that name a path."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            command = process.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            found += [command] if text in command else []
    return found


@pytest.mark.parametrize(
    ("args", "environ", "says"),
    [
        ([], {"HANGUP_CHROMIUM": "/no/such/thing"}, "names '/no/such/thing', which is no program"),
        ([], {"PATH": "/nowhere", "HANGUP_CHROMIUM": ""}, "no Chromium is installed"),
        (["--budget", "5"], {}, "it needs --budget 10 at least"),
        (["--max-connections", "2"], {}, "it needs --max-connections 3 at least"),
        (["--origin", "capacitor://localhost"], {}, "no page can have the origin capacitor://"),
    ],
)
def test_a_browser_that_cannot_be_had_is_said_before_anything_is_sent(
    args: list[str], environ: dict[str, str], says: str
) -> None:
    done = _run("ws://127.0.0.1:9/", "--browser", *args, **environ)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--browser: " in done.stderr
    assert says in done.stderr


def test_a_browser_that_does_not_start_is_a_note(
    start_server: Callable[..., str], tmp_path: Path
) -> None:
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\necho 'no display for you' >&2\nexit 1\n")
    broken.chmod(0o755)
    done = _run(start_server("uvicorn"), "--browser", "--json", HANGUP_CHROMIUM=str(broken))
    document = json.loads(done.stdout)
    assert (done.returncode, document["verdict"]) == (0, "healthy")
    assert "browser" not in document
    assert "the browser could not be run: Chromium ended: no display for you." in str(
        document["notes"]
    )
