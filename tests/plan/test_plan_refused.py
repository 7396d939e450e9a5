"""Secrets that stand in a plan, and what of its newer keys cannot be used, are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_plan_files import HEAD, one

from hangup.errors import DocumentError
from hangup.plan import parse_plan

REQUEST = "setup: [{request: {url: http://h/x, "
CHECKS = "phases: [{name: p, checks: [{name: c}]}]"
SECRETS = {
    f"endpoint: wss://alice:pw@h/ws\n{CHECKS}": (1, 11, "what stands before '@' in the URL"),
    f"endpoint: wss://h/ws?token=abc\n{CHECKS}": (1, 11, "the parameter 'token' stands in the"),
    f"endpoint: wss://h/ws?a=1&api%5Fkey=abc\n{CHECKS}": (1, 11, "the parameter 'api_key'"),
    f"variables: {{U: 'wss://h/?token=abc'}}\nendpoint: ${{U}}\n{CHECKS}": (1, 16, "'token'"),
    f"variables: {{T: abc}}\nendpoint: wss://h/?token=${{T}}\n{CHECKS}": (2, 11, "'token'"),
    one("alike: wss://h/ws?token=abc"): (6, 16, "the parameter 'token'"),
    f"{REQUEST}headers: {{Authorization: Bearer abc}}}}}}]\n{HEAD}{CHECKS}": (
        1,
        62,
        "the header 'Authorization' stands in the plan; a plan holds no secrets: give it as",
    ),
    f"setup: [{{request: {{url: 'http://h/?token=abc'}}}}]\n{HEAD}{CHECKS}": (1, 25, "'token'"),
    f"users: {{a: {{token: {{oauth: {{url: http://h, client: c, secret: abc}}}}}}}}\n{one('')}": (
        1,
        63,
        "'secret' must be a reference such as 'env: NAME'; a plan holds no secrets",
    ),
    f"users: {{a: {{token: {{jwt: {{key: abc}}}}}}}}\n{one('')}": (
        1,
        32,
        "a plan holds no secrets",
    ),
}
UNUSABLE = {
    one("holds: {}"): (6, 16, "'holds' names nothing"),
    one("holds: {certificate: 1}"): (6, 17, "did you mean 'certificate-days'?"),
    one("holds: {certificate-days: -1}"): (6, 35, "at least 0"),
    one("holds: {tls: 1.4}"): (6, 22, "'tls' is one of '1.0', '1.1', '1.2', '1.3'"),
    one("holds: {addresses: 0}"): (6, 28, "from 1 to 1000"),
    one("holds: {header: {via: '('}}"): (6, 31, "no regular expression"),
    one("holds: {compression: 1}"): (6, 30, "true or false"),
    one("alike: nowhere"): (6, 16, "'alike': it must begin with ws://"),
    one("call: works"): (6, 15, "'call' is written as module:function"),
    one("call: nowhere.near:works"): (6, 15, "there is no nowhere/near.py beside the plan"),
    one("call: called_checks:returns\nsteps: [{send: hi}]"): (7, 9, "'steps' means nothing beside"),
    one("steps: [{send: '%{ID}'}]"): (6, 24, "no 'keep' before it keeps 'ID'"),
    f"endpoint: ws://h/%{{ID}}\n{CHECKS}": (1, 11, "nothing is kept under 'ID'"),
    f"{REQUEST}keep: {{THREAD: id}}}}}}]\n" + one("steps: [{send: '%{TREAD}'}]"): (
        7,
        24,
        "no 'keep' before it keeps 'TREAD'; did you mean '%{THREAD}'?",
    ),
    f"setup: [{{request: {{url: 'http://h/%{{A}}', keep: {{A: id}}}}}}]\n{HEAD}{CHECKS}": (
        1,
        25,
        "nothing is kept under 'A'",
    ),
    f"setup: []\n{HEAD}{CHECKS}": (1, 8, "'setup' is empty"),
    f"setup: [{{ran: [x]}}]\n{HEAD}{CHECKS}": (1, 10, "did you mean 'run'?"),
    f"setup: [{{within: 1}}]\n{HEAD}{CHECKS}": (1, 9, "exactly one of run, request"),
    f"teardown: [{{run: x}}]\n{HEAD}{CHECKS}": (1, 18, "'run' must be a list"),
    f"teardown: [{{request: {{}}}}]\n{HEAD}{CHECKS}": (1, 22, "'request' needs 'url'"),
    f"teardown: [{{request: {{url: ws://h}}}}]\n{HEAD}{CHECKS}": (1, 28, "begins with http://"),
    f"teardown: [{{request: {{url: ftp://h}}}}]\n{HEAD}{CHECKS}": (1, 28, "the scheme 'ftp'"),
    f"teardown: [{{request: {{url: http://h, method: DROP}}}}]\n{HEAD}{CHECKS}": (
        1,
        46,
        "'method' is one of GET",
    ),
    f"users: {{a: {{token: {{oauth: {{url: http://h}}}}}}}}\n{one('')}": (1, 28, "needs 'client'"),
}
WRONG = {**SECRETS, **UNUSABLE}


@pytest.mark.parametrize("text", WRONG)
def test_it_is_refused_with_its_place(text: str) -> None:
    line, column, what = WRONG[text]
    source = str(Path(__file__).parent / "plan.yaml")
    with pytest.raises(DocumentError) as caught:
        parse_plan(text, source)
    assert str(caught.value).startswith(f"{source}:{line}:{column}: ")
    assert what in str(caught.value)
    assert "abc" not in str(caught.value)


@pytest.mark.parametrize(
    "plan",
    [
        f"endpoint: 'wss://h/ws?token=${{env:HOME}}'\n{CHECKS}",
        f"endpoint: 'wss://h/ws?token='\n{CHECKS}",
        f"endpoint: 'wss://h/ws?token=${{GIVEN}}'\n{CHECKS}",
        f"variables: {{T: '${{env:HOME}}'}}\nendpoint: 'wss://h/ws?token=${{T}}'\n{CHECKS}",
        one("steps: [{send: {url: 'https://h/?token=abc'}}]"),
        f"{REQUEST}headers: {{Accept: text/html}}}}}}]\n{HEAD}{CHECKS}",
        f"{REQUEST}keep: {{T: id}}}}}}]\nendpoint: 'ws://h/?token=%{{T}}'\n{CHECKS}",
    ],
)
def test_references_and_what_an_application_says_are_no_literals(plan: str) -> None:
    assert parse_plan(plan, "plan.yaml", None, {"GIVEN": "abcdefgh"}).checks
