"""The HTTP side of the chat, its health, and its end in good order."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from agents import Scripted
from chat_server import get, post
from talking import Served, answer, kept, parts, play, token

from hangup.bridge import Presented


async def got(chat: Served, path: str, bearer: str = "") -> tuple[int, Any]:
    return await asyncio.to_thread(get, f"{chat.http}{path}", bearer)


def test_threads_and_messages_are_their_users_alone(tmp_path: Path) -> None:
    async def scene(chat: Served) -> None:
        async with chat.user("alice") as alice:
            await alice.say({"type": "user_message", "text": "hello  world"})
            thread = (await alice.hear("accepted"))["thread"]
            await answer(alice)
            await kept(chat, "alice", thread, 2)
        status, found = await got(chat, "/api/threads", token("alice"))
        assert (status, [each["title"] for each in found["threads"]]) == (200, ["hello world"])
        status, found = await got(chat, f"/api/threads/{thread}/messages", token("alice"))
        assert [each["text"] for each in found["messages"]] == ["hello  world", "helloworld"]
        first = found["messages"][0]["number"]
        _, found = await got(chat, f"/api/threads/{thread}/messages?after={first}", token("alice"))
        assert [each["role"] for each in found["messages"]] == ["agent"]
        assert await got(chat, "/api/threads", token("bob")) == (200, {"threads": []})
        unknown = (404, {"error": "unknown_thread"})
        assert await got(chat, f"/api/threads/{thread}/messages", token("bob")) == unknown

    play(parts(tmp_path, Scripted()), scene)
    assert (tmp_path / "threads.db").exists()


@pytest.mark.parametrize(
    ("bearer", "expected"),
    [
        ("", (401, {"error": "missing"})),
        ("nonsense", (401, {"error": "malformed"})),
        (token("alice", -60), (401, {"error": "expired"})),
    ],
)
def test_the_api_refuses_by_class(
    tmp_path: Path, bearer: str, expected: tuple[int, dict[str, str]]
) -> None:
    found: list[tuple[int, Any]] = []

    async def scene(chat: Served) -> None:
        found.append(await got(chat, "/api/threads", bearer))

    play(parts(tmp_path), scene)
    assert found == [expected]


def test_a_number_that_is_none_is_said(tmp_path: Path) -> None:
    found: list[tuple[int, Any]] = []

    async def scene(chat: Served) -> None:
        found.append(await got(chat, "/api/threads/t-1/messages?after=x", token("alice")))

    play(parts(tmp_path), scene)
    assert found == [(400, {"error": "after: a number is wanted"})]


def test_a_chat_that_works_is_ready_and_tells_its_build(tmp_path: Path) -> None:
    found: list[tuple[int, Any]] = []

    async def scene(chat: Served) -> None:
        found.append(await got(chat, "/health/ready"))
        found.append(await got(chat, "/health/live"))

    play(parts(tmp_path), scene)
    well = {"socket": "ok", "log": "ok", "threads": "ok"}
    assert found[0] == (200, {"status": "ready", "parts": well, "build": "b-1"})
    assert found[1] == (200, {"status": "live", "build": "b-1"})


class Crashing:
    """Checks no token: it crashes."""

    async def authenticate(self, presented: Presented) -> None:
        raise NameError("name 'time' is not defined")


def test_a_step_that_judges_credentials_and_crashes_is_not_ready(tmp_path: Path) -> None:
    found: list[tuple[int, Any]] = []

    async def scene(chat: Served) -> None:
        found.append(await got(chat, "/health/ready"))

    play(parts(tmp_path, tokens=Crashing()), scene)
    status, told = found[0]
    assert (status, told["status"]) == (503, "not ready")
    assert told["parts"] == {
        "socket": "a wrong credential was answered with 1013",
        "log": "ok",
        "threads": "ok",
    }


def test_a_file_that_cannot_be_written_is_not_ready(tmp_path: Path) -> None:
    found: list[tuple[int, Any]] = []

    async def scene(chat: Served) -> None:
        with sqlite3.connect(tmp_path / "threads.db") as locking:
            locking.execute("BEGIN EXCLUSIVE")
            found.append(await got(chat, "/health/ready"))
        locking.close()

    play(parts(tmp_path), scene)
    assert found[0][0] == 503
    assert found[0][1]["parts"]["threads"] != "ok"


def test_clients_are_told_when_to_come_back_and_runs_may_end(tmp_path: Path) -> None:
    ends: list[tuple[int, str]] = []
    types: list[str] = []

    async def scene(chat: Served) -> None:
        async with chat.user("alice") as alice:
            await alice.say({"type": "user_message", "text": "count to twenty"})
            await alice.hear("partial")
            draining = asyncio.ensure_future(chat.chat.drain())
            types.extend(each["type"] for each in await answer(alice))
            ends.append(await alice.end())
            await draining
        status, told = await got(chat, "/health/ready")
        assert (status, told["parts"]) == (503, {"server": "it goes down"})

    play(parts(tmp_path, grace=5.0), scene)
    assert types[-1] == "agent_completed"
    assert ends[0][0] == 1012
    assert ends[0][1].startswith("retry-after=")


def test_development_tokens_are_for_pages_of_this_machine(tmp_path: Path) -> None:
    secret = b"a secret of more than thirty-two bytes, as it must be"
    found: list[tuple[int, Any]] = []

    async def scene(chat: Served) -> None:
        url, body = f"{chat.http}/development/token", json.dumps({"user": "alice"})
        for headers in (
            {"content-type": "application/json"},
            {"content-type": "text/plain"},
            {"content-type": "application/json", "host": "evil.example"},
        ):
            found.append(await asyncio.to_thread(post, url, body, headers))
        status, threads = await got(chat, "/api/threads", found[0][1]["token"])
        assert (status, threads) == (200, {"threads": []})

    play(parts(tmp_path, development=secret), scene)
    assert [status for status, _ in found] == [200, 403, 403]


def test_without_development_nobody_gives_tokens(tmp_path: Path) -> None:
    found: list[int] = []

    async def scene(chat: Served) -> None:
        url = f"{chat.http}/development/token"
        json_type = {"content-type": "application/json"}
        found.append((await asyncio.to_thread(post, url, '{"user": "a"}', json_type))[0])

    play(parts(tmp_path), scene)
    assert found == [404]
