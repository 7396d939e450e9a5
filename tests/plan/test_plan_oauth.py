"""Tokens that an authorization server grants, and what is told when it does not."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from plan_servers import Seen, answering
from test_plan_files import one

from hangup.plan import Plan, parse_plan, run

SECRET = "a secret: 100%"
ANSWERS: dict[str, tuple[int, Any]] = {
    "/token": (200, {"access_token": "granted-t0ken", "token_type": "Bearer"}),
    "/refusing": (401, {"error": "invalid_client", "error_description": f"{SECRET} is wrong"}),
    "/html": (200, b"<html>Log in</html>"),
    "/broken": (503, b"<html>"),
    "/odd": (200, {"access_token": "a\r\nX-Injected: b"}),
    "/redirect": (302, b""),
}


@pytest.fixture
def asked() -> Iterator[tuple[Callable[[str], Plan], Seen]]:
    seen: Seen = []
    with answering(lambda method, target: ANSWERS[target], seen) as url:

        def plan(path: str) -> Plan:
            oauth = f"{{url: {url}{path}, client: me, secret: {{env: CLIENT_SECRET}}, scope: a b}}"
            return parse_plan(f"users: {{u: {{token: {{oauth: {oauth}}}}}}}\n{one('as: u')}", "p")

        yield plan, seen


def test_a_granted_token_is_the_credential(asked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIENT_SECRET", SECRET)
    plan, seen = asked[0]("/token"), asked[1]
    credential = plan.checks[0].endpoint.credential
    assert credential
    assert credential.token == "granted-t0ken"
    assert {"granted-t0ken", SECRET} <= set(plan.secrets)
    ((method, _, headers, body),) = seen
    pair = base64.b64decode(headers["authorization"].removeprefix("Basic "))
    assert (method, pair) == ("POST", b"me:a+secret%3A+100%25")
    assert parse_qs(body.decode()) == {"grant_type": ["client_credentials"], "scope": ["a b"]}


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/refusing", "401 Unauthorized: invalid_client ([redacted] is wrong)"),
        ("/html", "200 OK, without an access_token that could be one"),
        ("/broken", "503 Service Unavailable"),
        ("/odd", "200 OK, without an access_token that could be one"),
        ("/redirect", "302 Found"),
    ],
)
def test_without_a_token_checks_are_not_executed(
    asked: Any, monkeypatch: pytest.MonkeyPatch, path: str, says: str
) -> None:
    monkeypatch.setenv("CLIENT_SECRET", SECRET)
    plan = asked[0](path)
    lacks = f"the credential of 'u' is missing: the authorization server: {says}"
    assert plan.checks[0].lacks == lacks
    result = run(plan)
    assert (result.checks[0].outcome, result.passed) == ("not-executed", False)


def test_without_the_secret_nobody_is_asked(asked: Any) -> None:
    assert "the environment has no CLIENT_SECRET" in asked[0]("/token").checks[0].lacks
    assert asked[1] == []
