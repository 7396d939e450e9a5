"""The demo's backends really have the faults that their truth names."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from hangup.chat.faults.authentication import authenticate
from hangup.demo.worlds import WORLDS, RunningWorld
from hangup.lab.chats import token as token_of

Start = Callable[[str], RunningWorld]
Ending = Callable[..., str]


@pytest.fixture(scope="module")
def world() -> Iterator[Start]:
    """Give `world(name)`: the running world, started once."""
    running: dict[str, RunningWorld] = {}
    catalogue = {each.name: each for each in WORLDS}
    with ExitStack() as stack:

        def start(name: str) -> RunningWorld:
            if name not in running:
                running[name] = stack.enter_context(catalogue[name].start())
            return running[name]

        yield start


def as_user(url: str, token: str | None, **options: Any) -> ClientConnection:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return connect(url, additional_headers=headers, **options)


def welcomed(world: RunningWorld, **options: Any) -> bool:
    with as_user(world.url, world.token, **options) as socket:
        return "welcome" in str(socket.recv())


def test_the_incident_comes_first_and_one_world_is_healthy() -> None:
    assert WORLDS[0].name == "incident"
    assert [each.name for each in WORLDS if each.truth_cause is None] == ["healthy"]


def test_the_layer_of_each_truth_is_that_of_its_cause() -> None:
    for each in WORLDS:
        assert each.truth_layer == (each.truth_cause and each.truth_cause.partition(".")[0])


@pytest.mark.parametrize("kind", ["valid", "wrong", "none"])
def test_the_incident_closes_before_any_message_whatever_the_token(world: Start, kind: str) -> None:
    incident = world("incident")
    token = {"valid": incident.token, "wrong": "not.a.token", "none": None}[kind]
    with as_user(incident.url, token) as socket, pytest.raises(ConnectionClosedError) as caught:
        socket.recv()
    assert caught.value.rcvd is not None
    assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (1011, "Internal error")
    assert caught.value.rcvd_then_sent


def test_the_incident_ends_alike_without_its_proxy(world: Start, ending: Ending) -> None:
    incident = world("incident")
    assert incident.proxy == "nginx"
    assert incident.bypass is not None
    assert ending(incident.bypass) == ending(incident.url) == "close 1011"


def test_the_incident_looks_healthy_to_its_health_check(world: Start) -> None:
    with urlopen(world("incident").health_url, timeout=10) as response:
        assert json.load(response)["status"] == "live"


def test_the_incident_refuses_an_unknown_path_before_accepting(
    world: Start, ending: Ending
) -> None:
    assert ending(world("incident").url + "/nowhere") == "http 403"


def test_the_incident_raises_twice_in_its_authentication() -> None:
    with pytest.raises(NameError, match="'time' is not defined") as caught:
        authenticate("a token")
    assert isinstance(caught.value.__context__, NameError)


def test_the_incident_is_not_ready_where_a_socket_is_asked(world: Start) -> None:
    ready = world("incident").health_url.replace("live", "ready")
    with pytest.raises(HTTPError) as caught:
        urlopen(ready, timeout=10)
    with caught.value as answer:
        assert (answer.code, json.load(answer)["status"]) == (503, "not ready")


def test_the_origin_check_lets_in_only_its_own_page(world: Start) -> None:
    origin = world("origin")
    assert welcomed(origin, origin=Origin("https://chat.example.org"))
    with pytest.raises(InvalidStatus) as caught:
        welcomed(origin, origin=Origin("https://app.example.org"))
    assert caught.value.response.status_code == 403


def test_the_poison_is_one_kind_of_message(world: Start) -> None:
    poison = world("poison")
    ping, question = (send.data for send in poison.inquiry.conversation.sends)
    with as_user(poison.url, poison.token) as socket:
        socket.recv()
        socket.send(ping)
        assert "pong" in str(socket.recv())
        socket.send(question)
        with pytest.raises(ConnectionClosedError):
            socket.recv(timeout=10)


def test_the_subprotocol_is_not_confirmed(world: Start) -> None:
    dropped = world("subprotocol")
    with as_user(dropped.url, dropped.token, subprotocols=[Subprotocol("hangup.v1")]) as socket:
        assert ("welcome" in str(socket.recv()), socket.subprotocol) == (True, None)


def test_the_proxy_without_upgrade_hides_a_healthy_backend(world: Start, ending: Ending) -> None:
    stripped = world("no-upgrade")
    assert ending(stripped.url) == "http 404"
    assert stripped.bypass is not None
    with as_user(stripped.bypass, stripped.token) as socket:
        assert "welcome" in str(socket.recv())


def test_the_late_listener_hears_only_who_waits(world: Start) -> None:
    late = world("late")
    (question,) = late.inquiry.conversation.sends
    with as_user(late.url, late.token) as socket:
        socket.send(question.data)
        assert "welcome" in str(socket.recv())
        with pytest.raises(TimeoutError):
            socket.recv(timeout=1.0)  # longer than it loads: the message is gone, not late
        socket.send(question.data)
        assert "accepted" in str(socket.recv(timeout=10))


def test_the_healthy_chat_answers(world: Start) -> None:
    healthy = world("healthy")
    (question,) = healthy.inquiry.conversation.sends
    types: list[str] = []
    with as_user(healthy.url, healthy.token) as socket:
        socket.send(question.data)
        while "agent_completed" not in types:
            types.append(json.loads(socket.recv(timeout=10))["type"])
    assert types[0] == "welcome"
    assert types[-1] == "agent_completed"


@pytest.mark.parametrize("token", ["not.a.token", token_of("late", -60.0)])
def test_the_healthy_chat_refuses_bad_tokens(world: Start, token: str) -> None:
    with (
        pytest.raises(InvalidStatus) as caught,
        as_user(world("healthy").url, token),
    ):
        pass
    assert caught.value.response.status_code == 401


def test_no_token_is_in_what_a_world_prints(world: Start) -> None:
    incident = world("incident")
    assert incident.token not in repr(incident)
