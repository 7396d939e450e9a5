"""What every way of keeping threads promises: in a file, and in PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from keepers import KEEPERS
from postgres_server import PostgresServer

from hangup.chat.conversations import Asked, Conversations, Question, UnknownThreadError

DEADLINE = 20.0
STRANGE = "a\x00b \\u0000 \\ 😀 ' \" %s $1 \u2028"
Scene = Callable[[Conversations], Awaitable[None]]
Play = Callable[[Scene], None]
Opened = Callable[[], Conversations]


@pytest.fixture(params=KEEPERS)
def opened(request: pytest.FixtureRequest, tmp_path: Path, postgres: PostgresServer) -> Opened:
    return lambda: KEEPERS[request.param](tmp_path, postgres)


@pytest.fixture
def play(opened: Opened) -> Play:
    def run(scene: Scene) -> None:
        async def whole() -> None:
            kept = opened()
            try:
                async with asyncio.timeout(DEADLINE):
                    await scene(kept)
            finally:
                await kept.close()

        asyncio.run(whole())

    return run


def question(text: str = "hello", request: str = "q-1", **more: str) -> Question:
    return Question(**{"user": "alice", "text": text, "request": request, **more})


async def told(kept: Conversations, thread: str, user: str = "alice") -> list[str]:
    found = await kept.messages(user, thread, 0, 100)
    return [f"{each.role} {each.state} {each.run} {each.text}" for each in found]


def test_a_question_and_its_answer_are_kept(play: Play) -> None:
    async def scene(kept: Conversations) -> None:
        asked = await kept.ask(question(), "r-1", 5.0)
        assert (asked.run, asked.new, asked.answered) == ("r-1", True, False)
        await kept.answer("alice", "r-1", "hi", "completed", 6.0)
        assert await told(kept, asked.thread) == ["user asked r-1 hello", "agent completed r-1 hi"]
        (thread,) = await kept.threads("alice", 9)
        assert (thread.id, thread.title) == (asked.thread, "hello")
        assert (thread.begun, thread.active) == (5.0, 5.0)

    play(scene)


def test_a_request_is_known_when_it_is_said_again(play: Play) -> None:
    async def scene(kept: Conversations) -> None:
        first = await kept.ask(question(), "r-1", 5.0)
        again = await kept.ask(question("another text"), "r-2", 6.0)
        assert again == Asked(first.thread, "r-1", new=False)
        await kept.answer("alice", "r-1", "hi", "completed", 7.0)
        assert (await kept.ask(question(), "r-3", 8.0)).answered
        assert len(await told(kept, first.thread)) == 2
        assert (await kept.ask(question(user="bob"), "r-4", 9.0)).new

    play(scene)


def test_one_of_many_that_say_a_request_at_once_is_new(play: Play, opened: Opened) -> None:
    async def scene(kept: Conversations) -> None:
        others = [opened() for _ in range(3)]
        asking = (
            each.ask(question(), f"r-{number}", 5.0)
            for number, each in enumerate([kept, *others] * 5)
        )
        found = await asyncio.gather(*asking)
        for each in others:
            await each.close()
        assert sum(asked.new for asked in found) == 1
        assert len({(asked.thread, asked.run) for asked in found}) == 1
        assert len(await kept.threads("alice", 9)) == 1

    play(scene)


def test_the_first_answer_counts(play: Play) -> None:
    async def scene(kept: Conversations) -> None:
        thread = (await kept.ask(question(), "r-1", 5.0)).thread
        await kept.answer("alice", "r-1", "hi", "completed", 6.0)
        await kept.answer("alice", "r-1", "", "failed", 7.0)
        await kept.answer("alice", "r-unknown", "hi", "completed", 8.0)
        await kept.answer("bob", "r-1", "hi", "completed", 9.0)
        assert (await told(kept, thread))[1:] == ["agent completed r-1 hi"]

    play(scene)


def test_what_is_kept_of_a_user_is_of_that_user_alone(play: Play) -> None:
    async def scene(kept: Conversations) -> None:
        thread = (await kept.ask(question(), "r-1", 5.0)).thread
        assert await kept.threads("bob", 9) == []
        assert await kept.latest("alice", thread, 9) != []
        for refused in (
            kept.messages("bob", thread, 0, 9),
            kept.ask(question(user="bob", thread=thread), "r-2", 6.0),
            kept.forget("bob", thread),
            kept.latest("bob", thread, 9),
            kept.messages("alice", "t-made-up", 0, 9),
        ):
            with pytest.raises(UnknownThreadError):
                await refused
        await kept.take_back("bob", "r-1")
        assert len(await told(kept, thread)) == 1

    play(scene)


def test_threads_are_given_by_their_last_question_and_messages_in_order(play: Play) -> None:
    async def scene(kept: Conversations) -> None:
        one = (await kept.ask(question("one", "q-1"), "r-1", 1.0)).thread
        two = (await kept.ask(question("two", "q-2"), "r-2", 2.0)).thread
        for number in range(3, 9):
            await kept.ask(question(str(number), f"q-{number}", thread=one), f"r-{number}", number)
        assert [each.id for each in await kept.threads("alice", 9)] == [one, two]
        assert [each.id for each in await kept.threads("alice", 1)] == [one]
        first = (await kept.messages("alice", one, 0, 1))[0]
        then = await kept.messages("alice", one, first.number, 2)
        assert [each.text for each in then] == ["3", "4"]
        assert [each.text for each in await kept.latest("alice", one, 2)] == ["7", "8"]

    play(scene)


def test_who_reads_behind_a_number_misses_nothing_that_is_written_meanwhile(
    play: Play, opened: Opened
) -> None:
    async def scene(kept: Conversations) -> None:
        other = opened()
        thread = (await kept.ask(question("0", "q-0"), "r-0", 0.0)).thread
        asking = [
            asyncio.ensure_future(each.ask(question(str(n), f"q-{n}", thread=thread), f"r-{n}", n))
            for n, each in enumerate([kept, other] * 20, start=1)
        ]
        last, seen = 0, list[str]()
        while len(seen) < 41:
            for each in await other.messages("alice", thread, last, 3):
                last = each.number
                seen.append(each.text)
        await asyncio.gather(*asking)
        await other.close()
        assert sorted(map(int, seen)) == list(range(41))

    play(scene)


def test_a_question_is_taken_back_and_with_it_a_thread_that_it_began(play: Play) -> None:
    async def scene(kept: Conversations) -> None:
        one = (await kept.ask(question(), "r-1", 1.0)).thread
        await kept.ask(question(request="q-2", thread=one), "r-2", 2.0)
        await kept.take_back("alice", "r-2")
        assert len(await told(kept, one)) == 1
        await kept.take_back("alice", "r-1")
        assert await kept.threads("alice", 9) == []
        assert (await kept.ask(question(), "r-3", 3.0)).new

    play(scene)


def test_a_thread_is_forgotten_with_all_that_was_said(play: Play) -> None:
    async def scene(kept: Conversations) -> None:
        thread = (await kept.ask(question(), "r-1", 1.0)).thread
        await kept.answer("alice", "r-1", "hi", "completed", 2.0)
        await kept.forget("alice", thread)
        assert await kept.threads("alice", 9) == []
        with pytest.raises(UnknownThreadError):
            await kept.messages("alice", thread, 0, 9)
        await kept.answer("alice", "r-1", "late", "completed", 3.0)
        assert (await kept.ask(question(), "r-2", 4.0)).new

    play(scene)


def test_stops_are_seen_by_others_until_the_run_has_ended(play: Play, opened: Opened) -> None:
    async def scene(kept: Conversations) -> None:
        other = opened()
        await kept.ask(question(), "r-1", 1.0)
        await other.ask_stop("alice", ["r-1", "r-2"])
        await other.ask_stop("alice", ["r-1"])
        await other.ask_stop("alice", [])
        assert await kept.stops(["r-1", "r-2", "r-3"]) == {"r-1", "r-2"}
        assert await kept.stops([]) == set()
        await kept.answer("alice", "r-1", "", "stopped", 2.0)
        assert await other.stops(["r-1", "r-2"]) == {"r-2"}
        await other.close()

    play(scene)


def test_any_text_comes_back_as_it_was(play: Play) -> None:
    async def scene(kept: Conversations) -> None:
        asked = question(STRANGE, STRANGE, user=STRANGE)
        thread = (await kept.ask(asked, STRANGE, 1.0)).thread
        await kept.ask_stop(STRANGE, [STRANGE])
        assert await kept.stops([STRANGE]) == {STRANGE}
        await kept.answer(STRANGE, STRANGE, STRANGE, "completed", 2.0)
        found = await kept.messages(STRANGE, thread, 0, 9)
        assert [(each.run, each.text) for each in found] == [(STRANGE, STRANGE)] * 2
        assert (await kept.ask(asked, "r-2", 3.0)).run == STRANGE
        with pytest.raises(UnknownThreadError):
            await kept.messages("alice", STRANGE, 0, 9)

    play(scene)


def test_what_was_kept_is_there_when_it_is_opened_again(play: Play) -> None:
    threads: list[str] = []

    async def first(kept: Conversations) -> None:
        threads.append((await kept.ask(question(), "r-1", 1.0)).thread)

    async def then(kept: Conversations) -> None:
        threads.extend(each.id for each in await kept.threads("alice", 9))
        await kept.check()

    play(first)
    play(then)
    assert threads[0] == threads[1]
