"""The demo's backends really have the faults that their truth names."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.request import urlopen

import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from hangup.demo import incident_auth, tokens
from hangup.demo.worlds import WORLDS, RunningWorld

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


def as_user(url: str, token: str | None) -> ClientConnection:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return connect(url, additional_headers=headers)


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
        assert json.load(response) == {"status": "healthy"}


def test_the_incident_refuses_an_unknown_path_before_accepting(
    world: Start, ending: Ending
) -> None:
    assert ending(world("incident").url + "/nowhere") == "http 403"


def test_the_incident_raises_twice_in_its_authentication() -> None:
    with pytest.raises(NameError, match="'time' is not defined") as caught:
        incident_auth.authenticate(tokens.issue("somebody"))
    assert isinstance(caught.value.__context__, NameError)


def test_the_origin_check_lets_in_only_its_own_host(world: Start, ending: Ending) -> None:
    origin = world("origin")
    own = origin.url.replace("ws://", "http://").removesuffix("/ws")
    with connect(origin.url, origin=Origin(own)) as socket:
        socket.send("hello")
        assert socket.recv() == "hello"
    assert ending(origin.url) == "http 403"


def test_the_poison_is_one_kind_of_message(world: Start, ending: Ending) -> None:
    poison = world("poison")
    ping, question = (send.data for send in poison.inquiry.conversation.sends)
    with connect(poison.url) as socket:
        socket.send(ping)
        assert "pong" in str(socket.recv())
    assert ending(poison.url, say=question) == "fin"


def test_the_subprotocol_is_not_confirmed(world: Start) -> None:
    with connect(world("subprotocol").url, subprotocols=[Subprotocol("chat.v1")]) as socket:
        socket.send("hello")
        assert (socket.recv(), socket.subprotocol) == ("hello", None)


def test_the_proxy_without_upgrade_hides_a_healthy_backend(world: Start, ending: Ending) -> None:
    stripped = world("no-upgrade")
    assert ending(stripped.url) == "http 404"
    assert stripped.bypass is not None
    with as_user(stripped.bypass, stripped.token) as socket:
        assert "connection_ready" in str(socket.recv())


def test_the_late_listener_hears_only_who_waits(world: Start) -> None:
    with connect(world("late").url) as socket:
        socket.send("at once")
        with pytest.raises(TimeoutError):
            socket.recv(timeout=0.3)  # longer than it loads: the message is gone, not late
        socket.send("later")
        assert json.loads(socket.recv(timeout=10)) == {"type": "answer", "to": "later"}


def test_the_healthy_chat_answers(world: Start) -> None:
    healthy = world("healthy")
    (question,) = healthy.inquiry.conversation.sends
    with as_user(healthy.url, healthy.token) as socket:
        socket.send(question.data)
        types = [json.loads(socket.recv(timeout=10))["type"] for _ in range(6)]
    assert types[0] == "connection_ready"
    assert types[-1] == "agent_completed"


@pytest.mark.parametrize("token", ["not.a.token", None, tokens.issue("late", lifetime=-1)])
def test_the_healthy_chat_refuses_bad_tokens(world: Start, token: str | None) -> None:
    with (
        as_user(world("healthy").url, token) as socket,
        pytest.raises(ConnectionClosedError, match="4401"),
    ):
        socket.recv()


def test_no_token_is_in_what_a_world_prints(world: Start) -> None:
    incident = world("incident")
    assert incident.token is not None
    assert incident.token not in repr(incident)
