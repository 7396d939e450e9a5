"""Who is beside a check's steps hears what it must, nothing else, and is not hung up on."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from chat import SECRET, chatting
from playing import played
from talker import FOREVER, HEAR, Talker, talking

from hangup.plan.beside import described
from hangup.plan.results import CheckResult

USERS = """diagnose: false
users:
  alice: {token: {env: ALICE}}
  bob: {token: {env: BOB}}
  carol: {token: {env: CAROL}, in: message, name: token}
  mallory: {token: {env: NOT_SET_HERE}}
"""


@pytest.fixture(autouse=True)
def _tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("alice", "bob", "carol"):
        monkeypatch.setenv(name.upper(), f"token-of-{name}")


ASK = """as: alice
deadline: 9
steps:
  - send: {type: ask}
  - expect: {type: reply}
    within: 0.5
beside:
  - {as: bob, hears: nothing}
  - {as: bob, hears: nothing}
"""
SHOUT = """as: alice
deadline: 9
steps:
  - send: {type: shout, as: news}
  - send: {type: shout, as: gossip}
  - expect: {type: gossip}
    within: 0.5
beside:
  - {as: bob, hears: [{type: news}, gossip]}
"""
HEARD = "it heard a message of the type 'reply' with the fields 'type', 'text'"


def of(fault: str, keys: str) -> CheckResult:
    async def run() -> CheckResult:
        async with chatting(fault) as url:
            return await played(url, keys, USERS)

    return asyncio.run(run())


@pytest.mark.parametrize("keys", [ASK, SHOUT, f"connections: 3\n{ASK}"])
def test_a_chat_that_keeps_its_users_apart_passes(keys: str) -> None:
    result = of("", keys)
    assert (result.outcome, result.says) == ("passed", "open until we close it")


def test_every_connection_leaves_a_trace() -> None:
    result = of("", ASK)
    assert [(trace.id, trace.variant) for trace in result.traces] == [
        ("c1.1", ""),
        ("c1.beside1", "beside: bob (1)"),
        ("c1.beside2", "beside: bob (2)"),
    ]


@pytest.mark.parametrize(
    ("fault", "keys", "says"),
    [
        (
            "another",
            ASK,
            'a message with type: "reply" did not come within 0.5 s; '
            f"bob (1), beside: {HEARD} where nothing may come",
        ),
        (
            "everybody",
            ASK,
            f"bob (1), beside: {HEARD} where nothing may come; "
            f"bob (2), beside: {HEARD} where nothing may come",
        ),
        (
            "evicts",
            ASK.replace("  - {as: bob, hears: nothing}\n", "", 1),
            "bob, beside: expected: open until we close it; it was: closed 1008",
        ),
        (
            "full",
            SHOUT,
            "bob, beside: expected: open until we close it; it was: closed 1013",
        ),
        ("mute", SHOUT, 'bob, beside: it did not hear a message with type: "news"'),
        (
            "twice",
            SHOUT,
            "bob, beside: it heard a message of the type 'news' with the fields 'type', 'text' "
            "where a message matching 'gossip' must come",
        ),
        (
            "",
            SHOUT.replace(", gossip]", "]"),
            "bob, beside: it heard a message of the type 'gossip' with the fields 'type', 'text' "
            "after all that may come",
        ),
    ],
)
def test_a_chat_that_mixes_them_up_fails(fault: str, keys: str, says: str) -> None:
    result = of(fault, keys)
    assert (result.outcome, result.says) == ("failed", says)
    assert SECRET not in result.says


def test_a_chat_that_answers_who_came_last_is_found_by_two_of_a_user() -> None:
    """Who is beside comes first, and so is never the last."""
    keys = ASK.replace("steps:\n", "steps:\n  - wait: 0.3\n")
    assert of("last", keys).outcome == "passed"
    assert of("last", f"connections: 2\n{keys}").says == (
        '1 of 2 connections: a message with type: "reply" did not come within 0.5 s'
    )


def test_who_is_beside_and_flooded_holds_nothing_up() -> None:
    keys = "as: alice\ndeadline: 5\nsteps: [{wait: 0.3}]\nbeside: [{as: bob, hears: nothing}]"

    async def run() -> None:
        async with talking(["x", FOREVER], []) as url:
            result = await played(url, keys, USERS)
        assert result.says == "bob, beside: it heard a text of 1 characters where nothing may come"
        assert result.elapsed_s < 4.9

    asyncio.run(run())


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("", "a text of 0 characters"),
        (b"\x00\xff", "a binary message of 2 bytes"),
        ("[1, 2]", "a text of 6 characters"),
        ("{}", "an empty message"),
        ('{"n": 1}', "a message with the fields 'n'"),
        ('{"type": 7, "n": 1}', "a message with the fields 'type', 'n'"),
        ('{"event": "\\u001b[2J"}', "a message of the type '\\x1b[2J' with the fields 'event'"),
        (
            json.dumps({"x" * 99: 0, **dict.fromkeys("abcdefghij", 0)}),
            f"a message with the fields '{'x' * 40}…', 'a', 'b', 'c', 'd', 'e', 'f', 'g' and more",
        ),
    ],
)
def test_a_message_is_told_without_what_it_says(message: str | bytes, words: str) -> None:
    assert described(message) == words


def test_what_is_heard_amiss_is_told_of_a_check_that_hangs() -> None:
    keys = ASK.replace("    within: 0.5\n", "").replace("deadline: 9", "deadline: 2")
    result = of("another", keys)
    assert (result.outcome, result.where[:11]) == ("hung", "step 2 of 2")
    assert result.says == (
        f"nothing decided it within 2 s; bob (1), beside: {HEARD} where nothing may come"
    )


def test_who_is_beside_stays_through_a_reconnect() -> None:
    talker = Talker()
    keys = (
        "as: alice\nsteps: [{send: a}, {reconnect: {}}, {send: b}, {expect: b, within: 1}]\n"
        "beside: [{as: carol, hears: nothing}]"
    )

    async def run() -> None:
        async with talking([], [HEAR], [HEAR, "b"], talker=talker) as url:
            result = await played(url, keys, USERS)
        assert result.outcome == "passed", result.says
        assert talker.heard == [[json.dumps({"token": "token-of-carol"})], ["a"], ["b"]]

    asyncio.run(run())


def test_who_does_not_come_beside_is_what_hangs() -> None:
    keys = "deadline: 0.6\nsteps: [{send: a}]\nbeside: [{as: bob, hears: nothing}]"
    silent = socket.create_server(("127.0.0.1", 0))

    async def run() -> None:
        host, port = silent.getsockname()[:2]
        result = await played(f"ws://{host}:{port}/", keys, USERS)
        assert (result.outcome, result.where) == (
            "hung",
            "connecting bob, before the first step",
        )
        assert result.elapsed_s < 5

    with silent:
        asyncio.run(run())


def test_a_missing_credential_beside_is_what_the_check_lacks() -> None:
    result = of("", "beside: [{as: mallory, hears: nothing}]")
    assert result.outcome == "not-executed"
    assert result.says == (
        "the credential of 'mallory' is missing: the environment has no NOT_SET_HERE"
    )


def test_a_payload_that_reaches_another_is_nowhere_in_what_is_told(tmp_path: Path) -> None:
    """The credential of the one who heard it is nowhere either."""

    async def run() -> subprocess.CompletedProcess[bytes]:
        async with chatting("everybody") as url:
            plan = tmp_path / "plan.yaml"
            keys = "".join(f"        {line}\n" for line in ASK.splitlines())
            plan.write_text(
                f"{USERS}endpoint: {url}\nphases:\n  - name: p\n    checks:\n"
                f"      - name: c\n{keys}"
            )
            command = [sys.executable, "-m", "hangup", "test", str(plan)]
            return await asyncio.to_thread(
                subprocess.run, command, capture_output=True, timeout=60, check=False
            )

    done = asyncio.run(run())
    assert done.returncode == 1
    assert b"bob (1), beside: it heard a message of the type 'reply'" in done.stdout
    assert SECRET.encode() not in done.stdout
    assert b"token-of" not in done.stdout
