"""The same behaviour on every server: what an echo says, and how each server ends a crash.

The endings were measured with the versions in constraints.txt; wire tables elsewhere agree.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.request import urlopen

import pytest
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from hangup.lab.servers import SERVERS

StartServer = Callable[..., str]
Ending = Callable[..., str]

ASGI = [name for name, server in SERVERS.items() if server.asgi]
UVICORN = [name for name in SERVERS if name.startswith("uvicorn")]

CRASH_AFTER_ACCEPT = {
    **dict.fromkeys(UVICORN, "fin"),
    "hypercorn": "close 1011",
    "daphne": "close 1011",
    "granian": "close 1005",
    "aiohttp": "fin",
    "tornado": "fin",
    "websockets": "close 1011",
    "node-ws": "fin",
}
CRASH_BEFORE_ACCEPT = {
    **dict.fromkeys([*UVICORN, "hypercorn", "daphne", "aiohttp", "tornado"], "http 500"),
    "granian": "http 403",
}
RETURN_AFTER_ACCEPT = {
    **dict.fromkeys(UVICORN, "fin"),
    "hypercorn": "close 1011",
    "granian": "close 1005",
    "aiohttp": "close 1000",
    "websockets": "close 1000",
}


@pytest.mark.parametrize("name", SERVERS)
def test_echoes_text_and_binary(start_server: StartServer, name: str) -> None:
    with connect(start_server(name), subprotocols=[Subprotocol("a")]) as socket:
        socket.send("grüezi")
        socket.send(b"\x00\xff")
        assert (socket.recv(), socket.recv(), socket.subprotocol) == ("grüezi", b"\x00\xff", "a")


@pytest.mark.parametrize("name", SERVERS)
def test_answers_a_plain_get(start_server: StartServer, name: str) -> None:
    root = start_server(name).replace("ws://", "http://").removesuffix("ws")
    with urlopen(root, timeout=10) as response:
        assert response.status == 200


@pytest.mark.parametrize("name", ASGI)
def test_refuses_an_unknown_path(start_server: StartServer, ending: Ending, name: str) -> None:
    assert ending(start_server(name) + "/unknown") == "http 403"


@pytest.mark.parametrize(("name", "expected"), CRASH_AFTER_ACCEPT.items())
def test_crash_after_accept(
    start_server: StartServer, ending: Ending, name: str, expected: str
) -> None:
    assert ending(start_server(name, "crash_after_accept")) == expected


@pytest.mark.parametrize(("name", "expected"), CRASH_AFTER_ACCEPT.items())
def test_crash_on_message(
    start_server: StartServer, ending: Ending, name: str, expected: str
) -> None:
    assert ending(start_server(name, "crash_on_message"), say="hello") == expected


@pytest.mark.parametrize(("name", "expected"), CRASH_BEFORE_ACCEPT.items())
def test_crash_before_accept(
    start_server: StartServer, ending: Ending, name: str, expected: str
) -> None:
    assert ending(start_server(name, "crash_before_accept")) == expected


@pytest.mark.parametrize(("name", "expected"), RETURN_AFTER_ACCEPT.items())
def test_return_after_accept(
    start_server: StartServer, ending: Ending, name: str, expected: str
) -> None:
    assert ending(start_server(name, "return_after_accept")) == expected


@pytest.mark.parametrize("name", ASGI)
def test_close_before_accept_hides_its_code(
    start_server: StartServer, ending: Ending, name: str
) -> None:
    assert ending(start_server(name, "close_before_accept")) == "http 403"


@pytest.mark.parametrize("name", ASGI)
def test_close_after_accept_keeps_its_code(
    start_server: StartServer, ending: Ending, name: str
) -> None:
    assert ending(start_server(name, "close_after_accept")) == "close 4401"
