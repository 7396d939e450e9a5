"""What rules say of the client is what a client sees of their bad examples, on real servers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from hangup.preflight.rules import BY_ID

StartServer = Callable[..., str]

SEEN = {
    "py-undefined-name": {"uvicorn": "1006", "hypercorn": "1011", "granian": "1005"},
    "ws-no-accept": {"uvicorn": "HTTP 500", "hypercorn": "HTTP 500", "granian": "403"},
    "ws-accepted-twice": {"uvicorn": "1006", "hypercorn": "1011", "granian": "1005"},
    "ws-http-only-dependency": {"uvicorn": "HTTP 500", "granian": "403"},
    "ws-reserved-close-code": {"uvicorn": "1006", "hypercorn": "1000", "granian": "1002"},
    "ws-long-close-reason": {"uvicorn": "1006", "granian": "1002", "daphne": "1011"},
    "ws-unserializable-value": {"uvicorn": "1006", "hypercorn": "1011", "daphne": "1011"},
    "ws-return-without-close": {"uvicorn": "1006", "hypercorn": "1011", "granian": "1005"},
}
"""The words that each rule must use for what was seen on each server."""


def seen(url: str) -> str:
    """Give how a connection ends that says one word."""
    try:
        with connect(url, open_timeout=10) as socket:
            socket.send("word")
            while True:
                socket.recv(timeout=10)
    except InvalidStatus as exc:
        return f"HTTP {exc.response.status_code}"
    except ConnectionClosed as exc:
        close = exc.rcvd or exc.sent
        return str(close.code) if close else "1006"


@pytest.mark.parametrize(
    ("rule", "server"), [(rule, server) for rule, servers in SEEN.items() for server in servers]
)
def test_the_client_sees_what_the_rule_says(
    start_server: StartServer, tmp_path: Path, rule: str, server: str
) -> None:
    module = f"bad_{rule.replace('-', '_')}"
    (tmp_path / f"{module}.py").write_text(BY_ID[rule].bad, "utf-8")
    url = start_server(server, f"{module}:app", PYTHONPATH=str(tmp_path))
    word = SEEN[rule][server]
    assert seen(url).endswith(word)
    assert word in BY_ID[rule].client_sees
