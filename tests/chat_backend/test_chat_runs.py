"""Questions become runs: started, streamed, stopped, timed, failed, and kept."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from agents import Scripted
from live import SWIFT
from msgspec.structs import replace
from talking import Served, answer, kept, parts, play, served

from hangup.bridge.sqlite import SqliteLog
from hangup.chat.conversations import Question
from hangup.chat.conversations_sqlite import SqliteConversations


def ask(text: str, **more: str) -> dict[str, str]:
    return {"type": "user_message", "text": text, **more}


def test_an_answer_has_its_five_events_and_all_of_its_text(tmp_path: Path) -> None:
    types: list[str] = []
    texts: list[str] = []

    async def scene(chat: Served) -> None:
        async with chat.user("alice") as alice:
            await alice.say(ask("two and two"))
            events = await answer(alice)
            types.extend(dict.fromkeys(each["type"] for each in events))
            texts.append("".join(e["text"] for e in events if e["type"] == "partial"))
            texts.append(events[-1]["answer"])

    play(parts(tmp_path), scene)
    assert types == [
        "agent_started",
        "agent_thinking",
        "tool_executing",
        "tool_completed",
        "partial",
        "agent_completed",
    ]
    assert texts == ["2 + 2 = 4"] * 2


def test_a_run_knows_whose_it_is_and_cannot_be_changed(tmp_path: Path) -> None:
    agent = Scripted()

    async def scene(chat: Served) -> None:
        async with chat.user("alice") as alice:
            await alice.say(ask("hello", request="q-1"))
            accepted = await alice.hear("accepted")
            events = await answer(alice) if accepted["run"] else []
            context = agent.contexts[0]
            assert (context.user, context.request) == ("alice", "q-1")
            assert (context.thread, context.run) == (accepted["thread"], accepted["run"])
            assert {each["run"] for each in events} <= {context.run}
            assert 0 < context.remaining <= 120
            with pytest.raises(AttributeError):
                context.user = "bob"  # type: ignore[misc]

    play(parts(tmp_path, agent), scene)
    assert len(agent.contexts) == 1


def test_the_same_request_is_answered_once(tmp_path: Path) -> None:
    agent = Scripted()

    async def scene(chat: Served) -> None:
        async with chat.user("alice") as alice:
            await alice.say(ask("hello", request="q-1"))
            first = await alice.hear("accepted")
        async with chat.user("alice", "v=1&after=0") as alice:
            await alice.say(ask("hello", request="q-1"))
            again = await alice.hear("accepted")
            assert (first["again"], again["again"]) == (False, True)
            assert again["run"] == first["run"]
        async with chat.user("bob") as bob:
            await bob.say(ask("hello", request="q-1"))
            assert (await bob.hear("accepted"))["again"] is False
            await answer(bob)

    play(parts(tmp_path, agent), scene)
    assert sorted(each.user for each in agent.contexts) == ["alice", "bob"]


def test_a_thread_goes_on_with_what_was_said_in_it(tmp_path: Path) -> None:
    agent = Scripted()

    async def scene(chat: Served) -> None:
        async with chat.user("alice") as alice:
            await alice.say(ask("one"))
            thread = (await alice.hear("accepted"))["thread"]
            await kept(chat, "alice", thread, 2)
            await alice.say(ask("two", thread=thread))
            await kept(chat, "alice", thread, 4)

    play(parts(tmp_path, agent), scene)
    assert agent.histories == [["one"], ["one", "one", "two"]]


def test_nobody_can_go_on_with_another_ones_thread(tmp_path: Path) -> None:
    agent = Scripted()

    async def scene(chat: Served) -> None:
        async with chat.user("alice") as alice, chat.user("bob") as bob:
            await alice.say(ask("one"))
            thread = (await alice.hear("accepted"))["thread"]
            await bob.say(ask("two", thread=thread))
            assert (await bob.hear("error"))["code"] == "unknown_thread"
            await bob.say(ask("two", thread="t-made-up"))
            assert (await bob.hear("error"))["code"] == "unknown_thread"

    play(parts(tmp_path, agent), scene)
    assert [each.user for each in agent.contexts] == ["alice"]


def test_a_run_is_stopped_and_says_so(tmp_path: Path) -> None:
    agent = Scripted()
    told: list[str] = []

    async def scene(chat: Served) -> None:
        async with chat.user("alice") as alice, chat.user("bob") as bob:
            await alice.say(ask("some wait"))
            accepted = await alice.hear("accepted")
            await alice.hear("partial")
            await bob.say({"type": "stop_agent", "run": accepted["run"]})
            assert (await bob.hear("error"))["code"] == "not_running"
            await alice.say({"type": "stop_agent"})
            assert (await answer(alice))[-1]["type"] == "agent_stopped"
            told.extend(await kept(chat, "alice", accepted["thread"], 2))

    play(parts(tmp_path, agent), scene)
    assert agent.cancelled == 1
    assert told == ["user asked some wait", "agent stopped some"]


def test_another_process_stops_a_run(tmp_path: Path) -> None:
    agent = Scripted()

    async def scene(chat: Served) -> None:
        other = parts(tmp_path, Scripted())
        async with chat.user("alice") as alice:
            await alice.say(ask("some wait"))
            await alice.hear("partial")
            async with served(other) as elsewhere, elsewhere.user("alice") as again:
                await again.say({"type": "stop_agent"})
                await again.hear("stopping")
                assert (await answer(alice))[-1]["type"] == "agent_stopped"

    play(parts(tmp_path, agent), scene)
    assert agent.cancelled == 1


def test_a_run_that_takes_too_long_ends_with_its_deadline(tmp_path: Path) -> None:
    agent = Scripted()
    ends: list[dict[str, str]] = []

    async def scene(chat: Served) -> None:
        async with chat.user("alice") as alice:
            await alice.say(ask("some wait"))
            ends.append((await answer(alice))[-1])

    play(parts(tmp_path, agent, longest=0.2), scene)
    assert (ends[0]["type"], ends[0]["code"]) == ("agent_error", "deadline")
    assert agent.cancelled == 1


def test_a_run_that_fails_says_so_without_the_detail(tmp_path: Path) -> None:
    ends: list[dict[str, str]] = []
    told: list[str] = []

    async def scene(chat: Served) -> None:
        async with chat.user("alice") as alice:
            await alice.say(ask("some raise"))
            thread = (await alice.hear("accepted"))["thread"]
            ends.append((await answer(alice))[-1])
            told.extend(await kept(chat, "alice", thread, 2))
            await alice.say({"type": "ping"})
            await alice.hear("pong")

    play(parts(tmp_path, Scripted()), scene)
    assert (ends[0]["type"], ends[0]["code"]) == ("agent_error", "failed")
    assert ends[0]["incident"].startswith("i-")
    assert "secret" not in str(ends)
    assert told[1] == "agent failed some"


def test_no_more_runs_go_on_than_are_allowed(tmp_path: Path) -> None:
    async def scene(chat: Served) -> None:
        async with chat.user("alice") as alice:
            for _ in range(2):
                await alice.say(ask("wait"))
                await alice.hear("accepted")
            await alice.say(ask("wait", request="q-3"))
            assert (await alice.hear("error"))["code"] == "too_many_runs"
            await alice.say({"type": "stop_agent"})
            await answer(alice)
            await answer(alice)
            await alice.say(ask("now", request="q-3"))
            assert (await alice.hear("accepted"))["again"] is False

    play(parts(tmp_path, Scripted(), limits=replace(SWIFT, runs_of_user=2)), scene)
    assert (tmp_path / "threads.db").exists()


def test_a_run_whose_process_died_is_ended_by_another(tmp_path: Path) -> None:
    async def begin() -> str:
        log, threads = (
            SqliteLog(tmp_path / "events.db"),
            SqliteConversations(tmp_path / "threads.db"),
        )
        asked = await threads.ask(Question("alice", "hello", "q-1"), "r-1", 1.0)
        await log.begin("alice", "r-1", "dead", now=1.0, lease=1.0, most=1)
        await log.close()
        await threads.close()
        return asked.thread

    thread = asyncio.run(begin())
    told: list[str] = []

    async def scene(chat: Served) -> None:
        async with chat.user("alice", "after=0") as alice:
            assert (await alice.hear("agent_error"))["code"] == "lost"
            told.extend(await kept(chat, "alice", thread, 2))

    play(parts(tmp_path, Scripted()), scene)
    assert told == ["user asked hello", "agent failed "]
