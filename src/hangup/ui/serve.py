"""Serves the page on this machine alone, until it is told to end."""

from __future__ import annotations

import socket
from collections.abc import Callable

import uvicorn

from hangup.bridge.connection import Connection
from hangup.bridge.serving import Server
from hangup.errors import UsageError
from hangup.ui.app import Page
from hangup.ui.desk import Desk
from hangup.ui.guard import Door

ADDRESS = "127.0.0.1"
NAMES = (ADDRESS, "localhost")
"""What a browser may call this machine."""
GRACE = 2
"""Seconds for which an answer may go on when the page is told to end."""


def serve(desk: Desk, port: int, ready: Callable[[str], None]) -> None:
    """Serve until a signal says to end; port 0 is any that is free, `ready` is told the URL.

    Raises:
        UsageError: the port cannot be listened on.
    """
    listening = _listen(port)
    place = listening.getsockname()[1]
    door = Door(hosts=tuple(f"{name}:{place}" for name in NAMES))
    page = Page(desk, door)
    config = uvicorn.Config(
        page.app,
        log_config=None,
        ws=Connection,
        timeout_graceful_shutdown=GRACE,
        server_header=False,
    )
    ready(door.url)
    Server(config, page.drain).run([listening])


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((ADDRESS, port), backlog=128)
    except OSError as error:
        raise UsageError(f"--port: {port} cannot be listened on: {error.strerror}") from None
