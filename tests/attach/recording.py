"""A server under `hangup record`: how it is called, what is said to it, what its store holds."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from hangup.errors import UsageError
from hangup.incident import Caught, ConnectionSeen
from hangup.lab.process import ServerProcess
from hangup.lab.servers import SERVERS
from hangup.store import open_stored

HERE = Path(__file__).parent
Record = Callable[..., ServerProcess]


def path_of_tests() -> str:
    return os.pathsep.join([os.fspath(HERE), *filter(None, [os.environ.get("PYTHONPATH")])])


def argv_of(server: str, app: str, port: int) -> list[str]:
    if server == "gunicorn":
        options = ["-k", "uvicorn.workers.UvicornWorker", "--log-level", "warning"]
        where = ["-b", f"127.0.0.1:{port}", "--graceful-timeout", "1"]
        return [sys.executable, "-W", "ignore", "-m", "gunicorn", *options, *where, app]
    return SERVERS[server].argv(app, port)


ASGI = ("uvicorn", "uvicorn-wsproto", "hypercorn", "daphne", "granian", "gunicorn")


def until(condition: Callable[[], object], within: float = 15.0) -> bool:
    deadline, never = time.monotonic() + within, threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            return False
        never.wait(0.02)
    return True


def call(process: ServerProcess, said: str = "") -> str:
    """Connect, say something, and give the reply, or the reason of the close."""
    url = f"ws://127.0.0.1:{process.port}/ws"
    try:
        with connect(url, proxy=None, open_timeout=10, compression=None) as socket:
            if said:
                socket.send(said)
            return str(socket.recv(timeout=10))
    except ConnectionClosed as exc:
        return exc.rcvd.reason if exc.rcvd else ""
    except InvalidStatus as exc:
        return str(exc.response.status_code)


def caught_in(store: str) -> list[Caught]:
    with contextlib.suppress(UsageError), open_stored(store) as stored:
        return stored.caught()
    return []


def seen_in(store: str) -> list[ConnectionSeen]:
    with contextlib.suppress(UsageError), open_stored(store) as stored:
        return stored.connections()
    return []
