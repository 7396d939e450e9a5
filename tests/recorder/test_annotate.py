"""On request, the id of what went wrong reaches even a browser's onclose."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scripted import play
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from hangup.incident import Caught
from hangup.lab.pinpoint import ANNOTATE, APP, SEEN, read_lines

StartServer = Callable[..., str]
WITHIN = 5.0


def ending(url: str, path: str) -> ConnectionClosed:
    """Connect, and give how the connection ended."""
    address = url.rpartition("/")[0]
    with (
        connect(f"{address}/{path}", open_timeout=5) as socket,
        pytest.raises(ConnectionClosed) as caught,
    ):
        socket.recv(timeout=5)
    return caught.value


@pytest.mark.parametrize("server", ["uvicorn", "hypercorn", "granian"])
def test_an_exception_after_accept_closes_with_its_id(
    server: str, start_server: StartServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    lines = tmp_path_factory.mktemp(server) / "seen"
    url = start_server(server, APP, **{SEEN: str(lines), ANNOTATE: "1"})

    close = ending(url, "uncaught").rcvd

    assert close is not None
    assert close.code == 1011
    (incident,) = re.findall(r"incident=(\w+)", close.reason)
    assert incident in ids(lines)


def ids(lines: Path) -> list[str]:
    """Give the ids of the failures, once there is one: they are written after the close."""
    deadline = time.monotonic() + WITHIN
    while time.monotonic() < deadline:
        found = [each.id for each in read_lines(lines) if isinstance(each, Caught)]
        if found:
            return found
    raise AssertionError(f"no failure was told of within {WITHIN} s")


def test_an_exception_before_accept_is_answered_as_ever(start_server: StartServer) -> None:
    url = start_server("uvicorn", APP, **{ANNOTATE: "1"})

    with pytest.raises(InvalidStatus) as refused:
        connect(f"{url.rpartition('/')[0]}/before_accept", open_timeout=5)

    assert refused.value.response.status_code == 500


def test_without_it_the_wire_is_as_without_a_recorder(start_server: StartServer) -> None:
    recorded = ending(start_server("uvicorn", APP), "uncaught")
    bare = ending(start_server("uvicorn", "hangup.lab.apps.recorded:app"), "uncaught")

    assert (recorded.rcvd, recorded.sent) == (bare.rcvd, bare.sent)


def test_the_reason_holds_nothing_of_the_exception_and_the_exception_goes_on() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})
        raise KeyError("a name that must not be told")

    played = play(app, annotate=True)
    (caught,) = played.sink.caught

    assert played.sent[-1] == {
        "type": "websocket.close",
        "code": 1011,
        "reason": f"incident={caught.id}",
    }
    assert type(played.raised) is KeyError


def test_a_connection_that_was_closed_already_is_left_alone() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": 4001})
        raise KeyError("late")

    assert [each["type"] for each in play(app, annotate=True).sent][1:] == ["websocket.close"]
