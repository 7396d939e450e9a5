"""The ready plan holds the critical checks, and is adapted to the endpoint that is named."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from bars.program import hangup
from hangup.plan.read import parse_plan
from hangup.planning.ready import template

EVENTS = ["agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed"]


def checks_of(text: str) -> dict[str, dict[str, Any]]:
    plan = yaml.safe_load(text)
    return {check["name"]: check for phase in plan["phases"] for check in phase["checks"]}


def written(*args: str) -> str:
    run = hangup("init", "--ready", *args)
    assert run.status == 0, run.stderr
    return run.stdout.decode()


def test_every_critical_thing_has_its_phase() -> None:
    assert [phase["name"] for phase in yaml.safe_load(template())["phases"]] == [
        "infrastructure",
        "connection",
        "authentication",
        "messages",
        "answers",
        "isolation",
        "reconnect and resume",
        "errors",
        "lifecycle",
        "endurance",
    ]


def test_each_refusal_has_one_declared_end() -> None:
    checks = checks_of(template())
    refusals = ("without a credential", "with a wrong credential", "with an expired credential")
    assert [list(checks[name]["ends"]) for name in refusals] == [["status"]] * 3
    assert {checks[name]["as"] for name in refusals} == {"nobody", "wrong", "expired"}


def test_the_five_events_come_each_once_and_in_order() -> None:
    (events,) = [
        step["events"]
        for check in checks_of(template()).values()
        for step in check.get("steps", ())
        if "events" in step
    ]
    assert events == EVENTS


def test_the_endpoint_and_the_credential_are_those_that_were_named() -> None:
    text = written(
        "wss://chat.example.com/ws", "--token-env", "MINE", "--token-in", "query", "--insecure"
    )
    plan = yaml.safe_load(text)
    assert plan["variables"]["URL"] == "wss://chat.example.com/ws"
    assert plan["tls"] == {"verify": False}
    assert plan["users"]["alice"] == {"token": {"env": "MINE"}, "in": "query", "name": "token"}
    assert plan["users"]["bob"]["in"] == "query"
    assert "certificate and TLS" in checks_of(text)


def test_the_certificate_is_a_comment_where_there_is_no_tls() -> None:
    text = written("ws://127.0.0.1:8000/ws")
    assert "certificate and TLS" not in checks_of(text)
    assert "# - name: certificate and TLS" in text


def test_a_large_message_is_more_than_1_mib_as_it_is_sent() -> None:
    sizes = {"X64": 64}
    variables = yaml.safe_load(template())["variables"]
    for name in ("X512", "X4K", "X32K", "X256K"):
        inner = variables[name].split("}")[0][2:]
        sizes[name] = sizes[inner] * variables[name].count(f"${{{inner}}}")
    assert 4 * sizes["X256K"] == 2**20


def test_the_reader_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JWT_KEY", "a key that signs the tokens of this test")
    checks = parse_plan(template(), "ready.yaml").checks
    assert len(checks) == len(checks_of(template()))
