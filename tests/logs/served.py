"""A server whose application fails as in the studied incident, and which writes a log file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect

from hangup.lab.process import ServerProcess, free_port
from hangup.lab.servers import SERVERS

AUTH = "def check_token(token):\n    return time.monotonic()\n"
APP = """
import logging, os
from auth import check_token

log = logging.getLogger("chat")
log.propagate = False
log.addHandler(logging.StreamHandler())
log.handlers[0].setFormatter(
    logging.Formatter("%(asctime)s %(levelname)s [%(process)d] %(name)s: %(message)s")
)

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        return
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        return
    await receive()
    await send({"type": "websocket.accept"})
    if os.environ["HANDLES"] == "not":
        check_token("x")
    try:
        check_token("x")
    except Exception as exc:
        if os.environ["HANDLES"] == "with a traceback":
            log.exception("WebSocket error: %s", exc)
        else:
            log.error("WebSocket error: %s", exc)
        await send({"type": "websocket.close", "code": 1011, "reason": "Internal error"})
"""
NOISY = {
    "uvicorn": ("--log-level", "info"),
    "hypercorn": ("--access-logfile", "-", "--log-level", "info"),
    "daphne": ("-v", "1", "--access-log", "-"),
    "granian": ("--access-log", "--log-level", "info"),
}
"""What makes each server say the most."""


@contextmanager
def serving(
    folder: Path, name: str = "uvicorn", handles: str = "with a traceback"
) -> Iterator[str]:
    """Serve it, writing `server.log` in a folder; gives the URL."""
    (folder / "auth.py").write_text(AUTH)
    (folder / "served_app.py").write_text(APP)
    port = free_port()
    argv = ["sh", "-c", 'exec "$0" "$@" >> "$LOG" 2>&1', *_argv(name, port)]
    env = {
        "LOG": os.fspath(folder / "server.log"),
        "PYTHONPATH": os.fspath(folder),
        "HANDLES": handles,
    }
    with ServerProcess(argv, port, env=env) as process:
        process.wait_ready()
        yield f"ws://127.0.0.1:{port}/ws"


def _argv(name: str, port: int) -> Sequence[str]:
    argv = SERVERS[name].argv("served_app:app", port)
    quiet = {"--log-level", "-v"}
    kept = [
        word
        for place, word in enumerate(argv)
        if word not in quiet and (place == 0 or argv[place - 1] not in quiet)
    ]
    application = kept.pop(kept.index("served_app:app"))
    return [*kept, *NOISY[name], application]


def call(url: str) -> None:
    """Open a connection and wait until it is over."""
    with suppress(ConnectionClosed, InvalidHandshake), connect(url) as websocket:
        websocket.recv(10)
