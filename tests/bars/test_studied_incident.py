"""The studied incident behind a real proxy: in the right layer, in few connections, fast."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hangup.demo.worlds import WORLDS, RunningWorld

from .program import Run, diagnose, fastest

WITHIN = 2.0
CONNECTIONS = 12


@pytest.fixture(scope="module")
def world() -> Iterator[RunningWorld]:
    with WORLDS[0].start() as running:
        yield running


@pytest.fixture(scope="module")
def verdict(world: RunningWorld) -> Run:
    assert world.bypass
    demo = world.world
    words = ["--send", demo.sends[0], "--expect", demo.expects[0]]
    args = [world.url, "--token", world.token, "--bypass", world.bypass, *words]
    return fastest(lambda: diagnose(*args), WITHIN)


def test_nginx_stands_in_front(world: RunningWorld) -> None:
    assert world.proxy == "nginx"


def test_the_layer_is_session_or_auth(verdict: Run) -> None:
    document = verdict.document
    assert verdict.status == 1
    assert (document["verdict"], document["layer"]) in [("fault", "session"), ("fault", "auth")]


@pytest.mark.parametrize("layer", ["message", "proxy"])
def test_the_layers_that_were_blamed_are_refuted(verdict: Run, layer: str) -> None:
    findings = [f for f in verdict.document["findings"] if f["cause"].startswith(f"{layer}.")]
    assert {finding["verdict"] for finding in findings} == {"refuted"}


def test_no_alternative_blames_message_or_proxy(verdict: Run) -> None:
    rivals = {rival["layer"] for rival in verdict.document["alternatives"]}
    assert not rivals & {"message", "proxy"}


def test_the_closure_is_the_server_s_own_word(verdict: Run) -> None:
    closure = verdict.document["closure"]
    assert (closure["origin"], closure["code"]) == ("peer-frame", 1011)
    assert (closure["reason"], closure["after"]) == ("Internal error", "upgrade")


def test_few_connections_are_opened(verdict: Run) -> None:
    assert verdict.document["connections"] <= CONNECTIONS


def test_it_is_known_within_two_seconds_of_the_start(verdict: Run) -> None:
    assert verdict.elapsed <= WITHIN


def test_the_verdict_needs_neither_conversation_nor_bypass(world: RunningWorld) -> None:
    document = diagnose(world.url, "--token", world.token).document
    assert document["layer"] in ("session", "auth")
    assert document["connections"] <= CONNECTIONS
