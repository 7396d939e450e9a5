"""A check may drop its connection and come back; each connection counts, by one deadline."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playing import played
from talker import FOREVER, HEAR, Close, Pause, Talker, talking
from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from hangup.event import FrameSent, LocalClose

RESUME = """as: alice
deadline: {deadline}
{more}
steps:
  - expect: {{type: at}}
    keep: {{last: seq}}
  - reconnect: {how}
  - send: {{type: resume, after: "%{{last}}"}}
  - expect: {{type: resumed}}
    within: 0.5
"""
AT, RESUMED = {"type": "at", "seq": 41}, {"type": "resumed"}
USERS = "diagnose: false\nusers: {{alice: {{token: {{env: ALICE}}, {place}}}}}\n"


@pytest.fixture(autouse=True)
def _alice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALICE", "alices-own-token")


def resume(how: str = "{}", deadline: float = 9, more: str = "") -> str:
    return RESUME.format(how=how, deadline=deadline, more=more)


@pytest.mark.parametrize("how", ["{}", "{after: 0.2}", "{abruptly: true}"])
def test_a_server_that_lets_resume_passes(how: str) -> None:
    talker = Talker()

    async def run() -> None:
        async with talking([AT], [HEAR, RESUMED], talker=talker) as url:
            result = await played(url, resume(how), USERS.format(place="in: header"))
        assert (result.outcome, result.says) == ("passed", "open until we close it")
        assert [json.loads(said) for said in talker.heard[1]] == [{"type": "resume", "after": 41}]
        assert talker.credentials == ["Bearer alices-own-token"] * 2
        first, second = result.traces
        assert (first.id, second.id, second.variant) == ("c1.1", "c1.1.2", "connection 2")
        closes = [e.code for e in first.all(FrameSent) if e.opcode == "close"]
        assert closes == ([] if "abruptly" in how else [1000])
        assert any(e.abort for e in first.all(LocalClose)) == ("abruptly" in how)

    asyncio.run(run())


def test_a_credential_in_a_message_is_said_again() -> None:
    talker = Talker()

    async def run() -> None:
        async with talking([HEAR, AT], [HEAR, HEAR, RESUMED], talker=talker) as url:
            result = await played(url, resume(), USERS.format(place="in: message, name: token"))
        assert result.outcome == "passed", result.says
        said = [[json.loads(each) for each in heard] for heard in talker.heard]
        login = {"token": "alices-own-token"}
        assert said == [[login], [login, {"type": "resume", "after": 41}]]

    asyncio.run(run())


async def failing(*plays: list[object], how: str = "{}", more: str = "") -> tuple[str, str, str]:
    async with talking(*plays) as url:
        result = await played(url, resume(how, more=more), USERS.format(place="in: header"))
    return result.outcome, result.says, result.where


@pytest.mark.parametrize("how", ["{}", "{abruptly: true}"])
@pytest.mark.parametrize("more", ["", "ends: {close: 4000}"])
def test_who_hangs_up_before_we_drop_it_fails(how: str, more: str) -> None:
    """Whatever is declared of the end: that is the last connection's."""
    steps_wait = "steps: [{expect: at}, {wait: 0.2}, {reconnect: HOW}, {expect: at}]"
    keys = f"{more}\n{steps_wait.replace('HOW', how)}".strip()

    async def run() -> None:
        async with talking([AT, Close(4000)], [AT, Pause(0.1), Close(4000)]) as url:
            result = await played(url, keys)
        assert result.outcome == "failed"
        assert result.says == (
            "connection 1 of 2: the connection was over before we dropped it; "
            "expected: open until we close it; it was: closed 4000"
        )
        assert result.where == "step 3 of 4, on connection 1 of 2: connecting again"

    asyncio.run(run())


def test_the_declared_end_is_that_of_the_last_connection() -> None:
    keys = "ends: {close: 4000}\nsteps: [{expect: at}, {reconnect: {}}, {expect: at}]"

    async def run() -> None:
        async with talking([AT], [AT, Close(4000)]) as url:
            result = await played(url, keys)
        assert (result.outcome, result.says) == ("passed", "closed 4000")

    asyncio.run(run())


def test_a_server_that_forgot_fails_at_its_step() -> None:
    outcome, says, where = asyncio.run(failing([AT], [HEAR]))
    assert (outcome, where) == (
        "failed",
        'step 4 of 4, on connection 2 of 2: waiting for a message with type: "resumed"',
    )
    assert says == ('connection 2 of 2: a message with type: "resumed" did not come within 0.5 s')


def second_time(answer: Callable[[], Awaitable[Response]]) -> dict[str, Any]:
    """Give the options of a server that answers the second opening request otherwise."""
    asked = []

    async def process_request(connection: ServerConnection, request: Request) -> Response | None:
        asked.append(request)
        return await answer() if len(asked) > 1 else None

    return {"process_request": process_request}


async def refuse() -> Response:
    return Response(503, "Busy", Headers(), b"")


async def never_answer() -> Response:
    await asyncio.get_running_loop().create_future()
    raise AssertionError


def test_a_server_that_does_not_let_us_in_again_fails() -> None:
    async def run() -> None:
        async with talking([AT], **second_time(refuse)) as url:
            result = await played(url, resume(), USERS.format(place="in: header"))
        assert (result.outcome, result.says) == (
            "failed",
            "connection 2 of 2: expected: open until we close it; it was: 503 Busy",
        )
        assert result.where == "step 2 of 4, on connection 2 of 2: connecting again"

    asyncio.run(run())


def test_a_refusal_of_the_second_connection_can_be_declared() -> None:
    keys = "ends: {status: 503}\nsteps: [{expect: at}, {reconnect: {}}]"

    async def run() -> None:
        async with talking([AT], **second_time(refuse)) as url:
            result = await played(url, keys)
        assert (result.outcome, result.says) == ("passed", "refused with 503")

    asyncio.run(run())


def test_a_second_dial_that_is_not_answered_hangs_at_its_step() -> None:
    async def run() -> None:
        async with talking([AT], open_timeout=2.5, **second_time(never_answer)) as url:
            keys = resume(deadline=1.5)
            result = await played(url, keys, USERS.format(place="in: header"))
        assert result.outcome == "hung"
        assert result.where == "step 2 of 4, on connection 2 of 2: connecting again"
        assert result.elapsed_s < 4.9

    asyncio.run(run())


def test_one_of_several_that_hangs_is_named() -> None:
    keys = "connections: 2\ndeadline: 1.5\nsteps: [{expect: at}, {reconnect: {}}, {expect: at}]"

    async def run() -> None:
        async with talking([AT], [AT], [AT], []) as url:
            result = await played(url, keys)
        assert result.outcome == "hung"
        assert re.fullmatch(
            r"step 3 of 3, on connection 2 of 2 of player [12] of 2: "
            "waiting for a message matching 'at'",
            result.where,
        )
        assert result.says == (
            "1 of 2 connections: connection 2 of 2: nothing decided it within 1.5 s"
        )

    asyncio.run(run())


def test_a_known_failure_may_be_that_of_an_earlier_connection() -> None:
    known = "known-issue: {why: it forgets, ends: {close: 4000}}"
    steps = "steps: [{expect: at}, {wait: 0.2}, {reconnect: {}}, {expect: at}]"

    async def run() -> None:
        async with talking([AT, Close(4000)]) as url:
            result = await played(url, f"{known}\n{steps}")
        assert (result.outcome, result.says) == ("known-issue", "connection 1 of 2: it forgets")

    asyncio.run(run())


def test_one_deadline_holds_for_all_connections() -> None:
    async def run() -> None:
        async with talking([AT, FOREVER], [HEAR, AT, FOREVER]) as url:
            keys = resume(deadline=1.5).replace("within: 0.5", "").replace("{}", "{after: 0.3}")
            result = await played(url, keys, USERS.format(place="in: header"))
        assert result.outcome == "hung"
        assert result.where.startswith("step 4 of 4, on connection 2 of 2: waiting for")
        assert result.elapsed_s < 4.9

    asyncio.run(run())


def test_a_deadline_may_pass_between_two_connections() -> None:
    async def run() -> None:
        async with talking([AT]) as url:
            keys = resume("{after: 5}", deadline=1)
            result = await played(url, keys, USERS.format(place="in: header"))
        assert result.outcome == "hung"
        assert result.where == "step 2 of 4, on connection 1 of 2: connecting again"
        assert result.elapsed_s < 4.9

    asyncio.run(run())
