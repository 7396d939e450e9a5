"""What is PostgreSQL's own: it is killed and frozen, and several begin with nothing at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator

import pytest
from postgres_server import PASSWORD, PostgresServer

from hangup.bridge.log import LogError, LogUnavailableError
from hangup.chat.conversations import Question
from hangup.chat.conversations_postgres import PostgresConversations

DEADLINE = 20.0
Scene = Callable[[PostgresConversations], Awaitable[None]]


@pytest.fixture
def own() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.thaw()
    server.close()


def play(url: str, scene: Scene, *, schema: str = "own", deadline: float = 5.0) -> None:
    async def run() -> None:
        kept = PostgresConversations(url, schema=schema, deadline=deadline)
        try:
            async with asyncio.timeout(DEADLINE):
                await scene(kept)
        finally:
            await kept.close()

    asyncio.run(run())


def question(number: int, user: str = "alice") -> Question:
    return Question(user, f"text {number}", f"q-{number}")


def test_what_is_asked_while_it_restarts_is_kept(own: PostgresServer) -> None:
    async def scene(kept: PostgresConversations) -> None:
        await asyncio.gather(*(kept.ask(question(n), f"r-{n}", 1.0) for n in range(20)))
        own.kill()
        asking = [asyncio.ensure_future(kept.ask(question(n), f"r-{n}", 2.0)) for n in (20, 21)]
        with pytest.raises(LogUnavailableError):
            await kept.check()
        await asyncio.to_thread(own.start)
        assert [asked.new for asked in await asyncio.gather(*asking)] == [True, True]
        await kept.check()
        assert len(await kept.threads("alice", 100)) == 22

    play(own.url, scene, deadline=DEADLINE)


def test_frozen_it_is_unavailable_within_the_deadline_and_then_goes_on(
    own: PostgresServer,
) -> None:
    async def scene(kept: PostgresConversations) -> None:
        await kept.ask(question(0), "r-0", 1.0)
        own.freeze()
        begun = time.monotonic()
        calls = [kept.ask(question(n), f"r-{n}", 1.0) for n in range(1, 30)]
        found = await asyncio.gather(*calls, kept.check(), return_exceptions=True)
        assert time.monotonic() - begun < 5.0
        assert {type(each) for each in found} == {LogUnavailableError}
        own.thaw()
        assert (await kept.ask(question(30), "r-30", 1.0)).new
        assert len(await kept.threads("alice", 100)) == 2

    play(own.url, scene, deadline=0.4)


def test_a_caller_that_is_cancelled_leaves_a_decision_whole(postgres: PostgresServer) -> None:
    async def scene(kept: PostgresConversations) -> None:
        await kept.check()
        for number in range(40):
            asking = asyncio.ensure_future(kept.ask(question(number), f"r-{number}", 1.0))
            await asyncio.wait((asking,), timeout=number / 5000)
            asking.cancel()
        again = [await kept.ask(question(number), f"r-{number}", 2.0) for number in range(40)]
        assert [asked.run for asked in again] == [f"r-{number}" for number in range(40)]
        assert len(await kept.threads("alice", 100)) == 40

    play(postgres.url, scene, schema="cancelled")


def test_what_was_kept_without_its_caller_knowing_is_still_new(postgres: PostgresServer) -> None:
    async def scene(kept: PostgresConversations) -> None:
        first = await kept.ask(question(1), "r-1", 1.0)
        assert await kept.ask(question(1), "r-1", 1.0) == first
        assert not (await kept.ask(question(1), "r-2", 1.0)).new

    play(postgres.url, scene, schema="unknown")


def test_a_server_that_only_reads_is_unavailable_until_it_writes(own: PostgresServer) -> None:
    async def switch(to: str) -> None:
        await own.execute(f"ALTER SYSTEM SET default_transaction_read_only = {to}")
        await own.execute("SELECT pg_reload_conf()")

    async def check(kept: PostgresConversations, fails: bool) -> None:
        while True:
            try:
                await kept.check()
            except LogUnavailableError:
                if fails:
                    return
            else:
                if not fails:
                    return

    async def scene(kept: PostgresConversations) -> None:
        await kept.ask(question(1), "r-1", 1.0)
        await switch("on")
        await check(kept, fails=True)
        assert len(await kept.threads("alice", 9)) == 1
        await switch("off")
        await check(kept, fails=False)
        assert (await kept.ask(question(2), "r-2", 2.0)).new

    play(own.url, scene)


def test_several_begin_with_nothing_at_once(postgres: PostgresServer) -> None:
    async def run() -> list[bool]:
        many = [PostgresConversations(postgres.url, schema='Many "at" once') for _ in range(8)]
        async with asyncio.timeout(DEADLINE):
            asking = (kept.ask(question(1), "r-1", 1.0) for kept in many)
            found = await asyncio.gather(*asking)
            for kept in many:
                await kept.close()
        return [asked.new for asked in found]

    assert asyncio.run(run()) == [True] * 8


def test_a_schema_of_a_newer_hangup_is_left_alone(postgres: PostgresServer) -> None:
    async def scene(kept: PostgresConversations) -> None:
        await kept.check()
        await postgres.execute("UPDATE newer.version SET number = 99")
        later = PostgresConversations(postgres.url, schema="newer")
        with pytest.raises(LogError, match="newer hangup"):
            await later.ask(question(1), "r-1", 1.0)
        await later.close()

    play(postgres.url, scene, schema="newer")


def test_who_may_not_make_the_schema_can_use_it(postgres: PostgresServer) -> None:
    async def scene(kept: PostgresConversations) -> None:
        await kept.check()
        await postgres.execute(
            f"CREATE ROLE guest LOGIN PASSWORD '{PASSWORD}'; GRANT USAGE ON SCHEMA lent TO guest;"
            " GRANT ALL ON ALL TABLES IN SCHEMA lent TO guest"
        )
        guest = PostgresConversations(postgres.url.replace("tests:", "guest:"), schema="lent")
        assert (await guest.ask(question(1), "r-1", 1.0)).new
        await guest.close()

    play(postgres.url, scene, schema="lent")


def test_a_database_that_cannot_hold_every_text_is_refused(postgres: PostgresServer) -> None:
    async def run() -> None:
        await postgres.execute("CREATE DATABASE narrow ENCODING 'SQL_ASCII' TEMPLATE template0")
        kept = PostgresConversations(postgres.url.replace("/postgres", "/narrow"))
        with pytest.raises(LogError, match="has to be in UTF8"):
            await kept.check()
        await kept.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("changed", "to"),
    [
        (PASSWORD, "wrong-sesame"),
        ("/postgres", "/sesame"),
        ("@127.0.0.1", "@sesame.invalid"),
        ("/postgres", "/postgres?sslmode=sesame"),
        ("tests:", "sesame:"),
    ],
)
def test_no_error_tells_what_the_url_holds(postgres: PostgresServer, changed: str, to: str) -> None:
    async def run() -> str:
        kept = PostgresConversations(postgres.url.replace(changed, to), deadline=0.5)
        with pytest.raises(LogUnavailableError) as refused:
            await kept.threads("alice", 1)
        await kept.close()
        return repr(refused.value) + repr(kept) + str(refused.value.__cause__)

    assert "sesame" not in asyncio.run(run())


@pytest.mark.parametrize(
    "url", ["", "mysql://a:sesame@h/d", "postgresql://a:se/same@h", "sesame", "postgresql://h:x/d"]
)
def test_what_is_no_url_is_refused_at_once_and_not_told(url: str) -> None:
    with pytest.raises(ValueError, match="no URL as postgresql://") as refused:
        PostgresConversations(url)
    assert "same" not in str(refused.value)
