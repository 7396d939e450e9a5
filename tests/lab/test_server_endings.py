"""The same behaviour on every server: what an echo says, and how each server ends a crash.

The endings are those of the table, measured here by another, smaller client than hangup's own.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.request import urlopen

import pytest
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from hangup.expectations import table
from hangup.lab.servers import SERVERS

StartServer = Callable[..., str]
Ending = Callable[..., str]

ASGI = [name for name, server in SERVERS.items() if server.asgi]
WORDS = {"http": "http", "closed": "close", "fin": "fin", "rst": "rst", "eof": "fin"}
"""Kinds of endings in this client's words; it does not wait for what stays open."""


def expected(behaviour: str) -> list[tuple[str, str]]:
    """Give each server that runs here and the table's ending, in this client's words."""
    return [
        (name, f"{WORDS[kind]} {cell.code}" if cell.code else WORDS[kind])
        for name, cell in table().of(behaviour).items()
        if name in SERVERS and (kind := cell.ending.partition("-")[0]) in WORDS
    ]


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


@pytest.mark.parametrize(("name", "ended"), expected("crash-after-accept"))
def test_crash_after_accept(
    start_server: StartServer, ending: Ending, name: str, ended: str
) -> None:
    assert ending(start_server(name, "crash_after_accept")) == ended


@pytest.mark.parametrize(("name", "ended"), expected("crash-on-message"))
def test_crash_on_message(start_server: StartServer, ending: Ending, name: str, ended: str) -> None:
    assert ending(start_server(name, "crash_on_message"), say="hello") == ended


@pytest.mark.parametrize(("name", "ended"), expected("crash-before-accept"))
def test_crash_before_accept(
    start_server: StartServer, ending: Ending, name: str, ended: str
) -> None:
    assert ending(start_server(name, "crash_before_accept")) == ended


@pytest.mark.parametrize(("name", "ended"), expected("return-after-accept"))
def test_return_after_accept(
    start_server: StartServer, ending: Ending, name: str, ended: str
) -> None:
    assert ending(start_server(name, "return_after_accept")) == ended


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
