"""A WebSocket server of many paths, one of which says what must never be more than text."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path

from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

HOSTILE = "\x1b[31m ::error::x ##[error]y ]]> |a|b <script>alert(1)</script> \u202egnp"
BUILD = "b7"


def _handle(connection: ServerConnection) -> None:
    assert connection.request
    if connection.request.path.startswith("/hostile"):
        connection.close(1011, HOSTILE)
        return
    with suppress(ConnectionClosed):
        for message in connection:
            if not connection.request.path.startswith("/mute"):
                connection.send(message)


def _refuse(connection: ServerConnection, request: Request) -> Response | None:
    if not request.path.startswith("/refused"):
        return None
    body = HOSTILE.encode()
    headers = Headers({"Content-Length": str(len(body)), "Connection": "close"})
    return Response(HTTPStatus.FORBIDDEN, "Forbidden", headers, body)


def _named(connection: ServerConnection, request: Request, response: Response) -> None:
    response.headers["X-Build-Id"] = BUILD


@contextmanager
def talking() -> Iterator[str]:
    """Serve while the context lasts; gives the URL without a path."""
    with serve(_handle, "127.0.0.1", 0, process_request=_refuse, process_response=_named) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        server.shutdown()
    thread.join(10)


def hangup(*args: str, state: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the program; what it keeps by itself goes below `state`."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HANGUP_", "GITHUB_"))}
    return subprocess.run(
        [sys.executable, "-m", "hangup", *args],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**kept, "XDG_STATE_HOME": str(state), **env},
    )
