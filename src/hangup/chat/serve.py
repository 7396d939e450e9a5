"""Serves the chat with uvicorn, and ends it so that every client knows when to come back."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from msgspec import Struct

from hangup.bridge.connection import Connection
from hangup.bridge.serving import Server
from hangup.chat.app import Chat
from hangup.errors import UsageError

PINGS = 20.0
"""Seconds between pings of WebSocket: they keep the timers of proxies from ending what is quiet.

Nobody is closed for not answering one, which would be with 1011: the bridge has heartbeats.
"""
LARGEST = 2 << 20
"""Bytes of a message from which on the server itself closes.

The bridge takes far less, but reads it to its end before it closes with 1009: a connection that is
closed while its client still sends is reset, and the code is lost on the way.
"""


class Place(Struct, frozen=True, kw_only=True):
    """Where to listen; port 0 is any that is free. `certificate` and `key` are PEM files."""

    host: str
    port: int
    certificate: str | None = None
    key: str | None = None


def serve(chat: Chat, app: Any, place: Place, ready: Callable[[str], None]) -> None:
    """Serve until a signal says to end; `ready` is told the URL once it listens.

    Raises:
        UsageError: the place cannot be listened on, or the certificate cannot be used.
    """
    listening = _listen(place)
    config = uvicorn.Config(
        app,
        log_config=None,
        ws=Connection,
        ws_ping_interval=PINGS,
        ws_max_size=LARGEST,
        ssl_certfile=place.certificate,
        ssl_keyfile=place.key,
    )
    try:
        config.load()
    except OSError as error:  # ssl.SSLError is one
        raise UsageError(f"--cert: it cannot be used: {error.strerror or error}") from None
    scheme = "https" if place.certificate else "http"
    ready(f"{scheme}://{place.host}:{listening.getsockname()[1]}")
    Server(config, chat.drain).run([listening])


def _listen(place: Place) -> socket.socket:
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    try:
        return socket.create_server((place.host, place.port), family=family, backlog=2048)
    except OSError as error:
        where = f"{place.host}:{place.port}"
        raise UsageError(f"{where} cannot be listened on: {error.strerror or error}") from None
