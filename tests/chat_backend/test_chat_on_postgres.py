"""Chats whose threads are in PostgreSQL: two processes as one, and a server that goes and comes."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from agents import Scripted
from chat_server import get
from live import Talk, talk
from msgspec.structs import replace
from postgres_server import PASSWORD, PostgresServer
from redis_server import RedisServer
from talking import SWIFT, Served, answer, kept, parts, play, served

from hangup.chat.conversations_postgres import PostgresConversations
from hangup.chat.tokens import issue
from hangup.lab.chats import SECRET, spawn_chat
from hangup.lab.process import ServerProcess

WITHIN = 25.0
pytestmark = pytest.mark.timeout(90)


@pytest.fixture
def own() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.close()


def ask(text: str, **more: str) -> dict[str, str]:
    return {"type": "user_message", "text": text, **more}


async def ready(chat: Served) -> tuple[int, str]:
    status, told = await asyncio.to_thread(get, f"{chat.http}/health/ready")
    return status, told["parts"]["threads"]


async def until_ready(chat: Served) -> tuple[int, str]:
    async with asyncio.timeout(WITHIN):
        while (found := await ready(chat))[0] != 200:
            continue
    return found


def test_killed_and_begun_again_it_is_told_and_nobody_is_closed(
    own: PostgresServer, tmp_path: Path
) -> None:
    told: list[Any] = []

    async def scene(chat: Served) -> None:
        async with chat.user("alice") as alice:
            await alice.say(ask("one"))
            thread = (await alice.hear("accepted"))["thread"]
            await kept(chat, "alice", thread, 2)
            own.kill()
            await alice.say(ask("two", thread=thread, request="q-2"))
            told.append(await alice.hear("error"))
            told.append(await ready(chat))
            status, _ = await asyncio.to_thread(get, f"{chat.http}/api/threads", bearer)
            told.append(status)
            await asyncio.to_thread(own.start)
            told.append(await until_ready(chat))
            await alice.say(ask("two", thread=thread, request="q-2"))
            await alice.hear("accepted")
            told.extend(await kept(chat, "alice", thread, 4))

    bearer = issue(b"a secret of more than thirty-two bytes, as it must be", "alice")
    threads = PostgresConversations(own.url, deadline=2.0)
    play(parts(tmp_path, Scripted(), conversations=threads), scene)
    assert (told[0]["code"], told[0]["about"]) == ("unavailable", "user_message")
    assert told[1] == (503, "LogUnavailableError")
    assert told[2:4] == [503, (200, "ok")]
    assert told[4:] == [
        "user asked one",
        "agent completed one",
        "user asked two",
        "agent completed two",
    ]


def test_an_answer_that_ends_while_it_restarts_is_kept(own: PostgresServer, tmp_path: Path) -> None:
    told: list[str] = []

    async def scene(chat: Served) -> None:
        async with chat.user("alice") as alice:
            await alice.say(ask("some wait"))
            thread = (await alice.hear("accepted"))["thread"]
            await alice.hear("partial")
            own.kill()
            await alice.say({"type": "stop_agent"})
            assert (await answer(alice))[-1]["type"] == "agent_stopped"
            await asyncio.to_thread(own.start)
            told.extend(await kept(chat, "alice", thread, 2))

    threads = PostgresConversations(own.url, deadline=WITHIN)
    play(parts(tmp_path, Scripted(), conversations=threads), scene)
    assert told == ["user asked some wait", "agent stopped some"]


def test_another_host_knows_a_request_and_stops_its_run(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    agent = Scripted()

    def made(agent: Scripted) -> Any:
        threads = PostgresConversations(postgres.url, schema="hosts")
        return parts(tmp_path, agent, conversations=threads, limits=replace(SWIFT, lease=9.0))

    async def scene(chat: Served) -> None:
        async with chat.user("alice") as alice:
            await alice.say(ask("some wait", request="q-1"))
            accepted = await alice.hear("accepted")
            await alice.hear("partial")
            async with served(made(Scripted())) as elsewhere, elsewhere.user("alice") as again:
                await again.say(ask("some wait", request="q-1"))
                known = await again.hear("accepted")
                assert (known["again"], known["run"]) == (True, accepted["run"])
                await again.say({"type": "stop_agent", "run": known["run"]})
                await again.hear("stopping")
                assert (await answer(alice))[-1]["type"] == "agent_stopped"

    play(made(agent), scene)
    assert agent.cancelled == 1


@pytest.fixture
def two(own: PostgresServer, tmp_path: Path) -> Iterator[tuple[ServerProcess, ServerProcess]]:
    """Start two chats at once, which share Redis and PostgreSQL and no file."""
    redis = RedisServer(tmp_path)
    folders = tmp_path / "one", tmp_path / "two"
    for folder in folders:
        folder.mkdir()
    options = ("--redis", redis.url, "--postgres", own.url)
    servers = [spawn_chat(folder, *options) for folder in folders]
    try:
        yield servers[0].wait_ready(), servers[1].wait_ready()
    finally:
        for server in servers:
            server.stop()
        redis.kill()


def test_two_processes_are_one_chat_and_tell_no_password(
    two: tuple[ServerProcess, ServerProcess], own: PostgresServer, tmp_path: Path
) -> None:
    one, other = two
    token = issue(SECRET.encode(), "alice")

    async def scene() -> None:
        async with (
            talk(f"ws://127.0.0.1:{one.port}/ws", token) as here,
            talk(f"ws://127.0.0.1:{other.port}/ws", token) as there,
        ):
            await there.hear("welcome")
            await here.say(ask("two and two"))
            assert (await answer(there))[-1]["answer"] == "2 + 2 = 4"
            await refused(here)

    async def refused(here: Talk) -> None:
        threads = f"http://127.0.0.1:{other.port}/api/threads"
        _, found = await asyncio.to_thread(get, threads, token)
        assert [each["title"] for each in found["threads"]] == ["two and two"]
        own.kill()
        await here.say(ask("three and three"))
        assert (await here.hear("error"))["code"] == "unavailable"

    asyncio.run(scene())
    assert "PostgreSQL cannot be used" in one.output()
    assert PASSWORD not in one.output() + other.output()
    assert not (tmp_path / "one" / "data").exists()


@pytest.mark.parametrize("option", ["--postgres", "--redis"])
def test_a_url_that_is_none_is_refused_and_not_told(option: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hangup", "chat", "--development", "--data", str(tmp_path)]
    ended = subprocess.run(
        [*command, option, f"nonsense://a:{PASSWORD}@b"], capture_output=True, text=True, timeout=20
    )
    assert ended.returncode == 2
    assert option in ended.stderr
    assert PASSWORD not in ended.stderr
