"""A plan file is read whole, or refused with file, line, column and what was expected."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hangup.errors import DocumentError
from hangup.plan.read import parse_plan
from hangup.plan.words import (
    Beside,
    End,
    Events,
    Found,
    Hear,
    Matcher,
    Pause,
    Rate,
    Reconnect,
    Say,
    SayKept,
    Silence,
    Stream,
)

HEAD = "endpoint: ws://127.0.0.1:9/ws\n"


def one(text: str) -> str:
    """A plan with one check, whose further keys are given."""
    lines = "".join(f"        {line}\n" for line in text.splitlines())
    return f"{HEAD}phases:\n  - name: p\n    checks:\n      - name: c\n{lines}"


WRONG = {
    "": (1, 1, "the plan is empty"),
    "phases: []": (1, 9, "'phases' is empty"),
    "phase: []": (1, 1, "did you mean 'phases'?"),
    "endpoint: http": (1, 1, "the key 'phases' is missing"),
    "phases: [{name: p, checks: [{name: c}]}]": (1, 29, "names an 'endpoint'"),
    f"{HEAD}phases: [{{name: p}}]": (2, 10, "the phase has no 'checks'"),
    f"{HEAD}phases: [{{name: p, checks: [{{name: c}}, {{name: c}}]}}]": (
        2,
        40,
        "a second check is named 'c'",
    ),
    one("expects: open"): (6, 9, "unknown key 'expects'"),
    one("endz: open"): (6, 9, "did you mean 'ends'?"),
    one("as: alice"): (6, 13, "no user is named 'alice'; there are none"),
    one("ends: {status: 403, close: 1000}"): (6, 15, "'ends' is exactly one thing"),
    one("ends: {status: 99}"): (6, 24, "a whole number from 200 to 599"),
    one("ends: {reason: x}"): (6, 15, "'reason' needs 'close'"),
    one("ends: {unreachable: udp}"): (6, 29, "one of dns, tcp, tls"),
    one("deadline: 0"): (6, 19, "more than 0"),
    one("connections: 0"): (6, 22, "from 1 to 200"),
    one("control: x"): (6, 18, "no check before this one is named 'x'"),
    one("known-issue: {why: slow}"): (6, 22, "needs 'why', and 'ends'"),
    one("steps: [{send: hi, expect: ho}]"): (6, 17, "exactly one of"),
    one("steps: [{send: hi, within: 1}]"): (
        6,
        28,
        "'within' belongs to 'expect' and 'events' and 'stream'",
    ),
    one("steps: [{expect: '('}]"): (6, 26, "no regular expression"),
    one("steps: [{expect: {}}]"): (6, 26, "names no field"),
    one("steps: [{send: 2026-01-01}]"): (6, 24, "'send' takes text"),
    one("steps: [{send: {at: 2026-01-01}}]"): (6, 24, "JSON cannot hold"),
    one("steps: [{stream: a, untill: b}]"): (6, 29, "did you mean 'until'?"),
    one("steps: [{stream: a}]"): (6, 18, "'stream' needs 'until'"),
    one("steps: [{stream: {}, until: b}]"): (6, 26, "'stream' names no field"),
    one("steps: [{stream: a, until: b, gap: 0}]"): (6, 44, "more than 0"),
    one("steps: [{stream: a, until: b, at-least: x}]"): (6, 49, "a whole number from 0"),
    one("steps: [{expect: a, gap: 1}]"): (6, 29, "'gap' belongs to 'stream', not to 'expect'"),
    one("steps: [{rate: {at-least: 1}}]"): (6, 24, "'rate' needs 'for', and 'at-least' or"),
    one("steps: [{rate: {for: 1}}]"): (6, 24, "'rate' needs 'for', and 'at-least' or"),
    one("steps: [{rate: {for: 1, at-leest: 1}}]"): (6, 33, "did you mean 'at-least'?"),
    one("steps: [{rate: {for: 1, at-least: 0}}]"): (6, 43, "messages a second, more than 0"),
    one("steps: [{rate: {for: 1, at-least: 3, at-most: 2}}]"): (6, 43, "is more than 'at-most'"),
    one("steps: [{reconnect: 1}]"): (6, 29, "'reconnect' must be a mapping such as"),
    one("steps: [{reconnect: {abrubtly: true}}]"): (6, 30, "did you mean 'abruptly'?"),
    one("steps: [{expect: a, keep: {}}]"): (6, 35, "'keep' names nothing"),
    one("steps: [{expect: a, keep: {1a: b}}]"): (6, 36, "a name is made of letters"),
    one("steps: [{send: a, keep: {a: b}}]"): (6, 27, "'keep' belongs to 'expect'"),
    one("steps: [{send: {after: '%{last}'}}]"): (6, 32, "no 'keep' before it keeps 'last'"),
    one("steps: [{expect: a, keep: {last: b}}, {send: 'x %{lst}'}]"): (
        6,
        54,
        "no 'keep' before it keeps 'lst'; did you mean '%{last}'?",
    ),
    one("steps: [{expect: {id: '%{me}'}, keep: {me: id}}]"): (6, 31, "keeps 'me'"),
    one("steps: [{expect: a, keep: {b: b}}, {events: ['%{b}']}]"): (6, 54, "no kept values"),
    one("beside: [{as: bob, hears: nothing}]"): (6, 23, "no user is named 'bob'"),
    one("beside: [{}]"): (6, 18, "who is beside needs 'hears'"),
    one("beside: [{heers: nothing}]"): (6, 19, "did you mean 'hears'?"),
    one("beside: [{hears: silence}]"): (6, 26, "'hears' is 'nothing', or a list of messages"),
    one("beside: [{hears: []}]"): (6, 26, "'hears' is empty"),
    one("beside: [{hears: ['%{a}']}]"): (6, 27, "no 'keep' before it keeps 'a'"),
    one("steps: [{send: '${x}'}]"): (6, 24, "unknown variable 'x'"),
    one("steps: [{send: '${env:NOT_SET_HERE}'}]"): (6, 24, "has no variable 'NOT_SET_HERE'"),
    "variables: {a: '${b}', b: '${a}'}\n" + one("steps: [{send: '${a}'}]"): (
        1,
        27,
        "a circle of variables: a needs b needs a",
    ),
    f"users: {{alice: {{token: abc}}}}\n{one('as: alice')}": (1, 24, "a plan holds no secrets"),
    f"users: {{alice: {{in: query}}}}\n{one('as: alice')}": (1, 17, "'in' needs 'token'"),
    f"users: {{a: {{token: {{env: A}}, in: query}}}}\n{one('as: a')}": (1, 34, "needs 'name'"),
    f"users: {{a: {{token: {{jwt: {{}}}}}}}}\n{one('as: a')}": (1, 26, "'jwt' needs 'key'"),
    one("required: 1"): (6, 19, "true or false"),
    f"{one('deadline: 1')}claims: [{{claim: x}}]": (7, 10, "'refuted-by' or 'supported-by'"),
    f"{one('deadline: 1')}claims: [{{claim: x, refuted-by: y}}]": (7, 33, "no check is named 'y'"),
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_told_with_its_place(text: str) -> None:
    line, column, what = WRONG[text]
    with pytest.raises(DocumentError) as caught:
        parse_plan(text, "plan.yaml")
    assert str(caught.value).startswith(f"plan.yaml:{line}:{column}: ")
    assert what in str(caught.value)


def test_steps_are_read_as_they_are_written() -> None:
    steps = """steps:
  - send: hi
  - send: {type: ask, n: 1}
  - send-base64: AAE=
  - expect: "h[io]"
    within: 2
  - expect: {type: answer, "items.0.id": {matches: "^a"}, n: null}
  - events: [started, completed]
    field: kind
  - wait: 0.5
  - silence: 1
  - stream: {type: partial}
    until: "done"
    first: 2
    gap: 1
    at-least: 3
    number: of.seq
  - rate: {at-least: 5, at-most: 100, for: 2, match: tick}
  - expect: id
    keep: {last: of.id}
  - reconnect: {after: 0.5, abruptly: true}
  - reconnect: {}
  - send: {after: "%{last}", n: 1}
  - send: "%{last} was it"
  - expect: {after: "%{last}"}"""
    (check,) = parse_plan(one(steps), "p").checks
    assert check.steps == (
        Say("hi"),
        Say('{"type": "ask", "n": 1}'),
        Say(b"\x00\x01"),
        Hear(Matcher(pattern="h[io]"), 2.0),
        Hear(Matcher(fields=(("type", "answer"), ("items.0.id", Found("^a")), ("n", None)))),
        Events(("started", "completed"), "kind"),
        Pause(0.5),
        Silence(1.0),
        Stream(
            Matcher(fields=(("type", "partial"),)), Matcher("done"), 2.0, 1.0, 3, "of.seq", None
        ),
        Rate(2.0, 5.0, 100.0, Matcher("tick")),
        Hear(Matcher("id"), keep=(("last", "of.id"),)),
        Reconnect(0.5, True),
        Reconnect(),
        SayKept({"after": "%{last}", "n": 1}),
        SayKept("%{last} was it"),
        Hear(Matcher(fields=(("after", "%{last}"),))),
    )
    assert check.legs == 3


def test_who_is_beside_is_read_with_what_they_hear() -> None:
    (check,) = parse_plan(
        "users: {bob: {}}\n"
        + one("subprotocols: [chat]\nbeside: [{as: bob, hears: nothing}, {hears: [hi, {n: 1}]}]"),
        "p",
    ).checks
    assert check.beside == (
        Beside(name="bob", endpoint=check.endpoint),
        Beside(
            name="nobody",
            endpoint=check.endpoint,
            hears=(Matcher("hi"), Matcher(fields=(("n", 1),))),
        ),
    )


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("open", End()),
        ("{status: 403}", End(status=403)),
        ("{close: 4401, reason: ^no}", End(code=4401, reason="^no")),
        ("{unreachable: tls}", End(unreachable="tls")),
    ],
)
def test_an_end_is_one_thing(text: str, end: End) -> None:
    (check,) = parse_plan(one(f"ends: {text}"), "p").checks
    assert check.end == end


def test_an_environment_and_settings_come_over_variables() -> None:
    plan = one("steps: [{send: '${who} in ${where}'}]") + (
        "variables: {who: me, where: here}\nenvironments: {far: {variables: {where: there}}}\n"
    )
    said = [
        parse_plan(plan, "p", environment, settings).checks[0].steps[0]
        for environment, settings in ((None, {}), ("far", {}), ("far", {"who": "you"}))
    ]
    assert said == [Say("me in here"), Say("me in there"), Say("you in there")]


def test_an_unknown_environment_is_named_with_the_known_ones() -> None:
    with pytest.raises(DocumentError, match="no environment 'far'; it has none"):
        parse_plan(one("deadline: 1"), "p", "far")


def test_credentials_come_from_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN_A", "secret-a")
    (tmp_path / "b").write_text("secret-b\n")
    users = (
        "users:\n  a: {token: {env: TOKEN_A}}\n  b: {token: {file: b}, in: query, name: t}\n"
        "  c: {token: {command: [echo, secret-c]}}\n"
        "  d: {token: {jwt: {key: {env: TOKEN_A}, claims: {sub: d}, lifetime: -60}}}\n  e: {}\n"
    )
    checks = "".join(f"      - {{name: {name}, as: {name}}}\n" for name in "abcde")
    plan = parse_plan(
        f"{HEAD}{users}phases:\n  - name: p\n    checks:\n{checks}", str(tmp_path / "plan.yaml")
    )
    tokens = [c.endpoint.credential.token if c.endpoint.credential else "" for c in plan.checks]
    assert [*tokens[:3], tokens[4]] == ["secret-a", "secret-b", "secret-c", ""]
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", tokens[3])
    assert {*tokens[:4]} <= set(plan.secrets)


def test_a_missing_credential_is_what_the_check_lacks() -> None:
    text = f"users: {{a: {{token: {{env: NOT_SET_HERE}}}}}}\n{one('as: a')}"
    (check,) = parse_plan(text, "p").checks
    assert check.lacks == "the credential of 'a' is missing: the environment has no NOT_SET_HERE"
