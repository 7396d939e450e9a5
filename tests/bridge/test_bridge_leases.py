"""Who may publish in a run: after answers that were lost, after a stall, after a loss."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from live import DEADLINE, by_name

from hangup.bridge import AgentCompleted, Bridge, Limits, MemoryLog, Partial, Run
from hangup.bridge.log import EventLog, LogUnavailableError, OpenRun, RunExistsError, RunOverError
from hangup.bridge.sqlite import SqliteLog

SHORT = Limits(lease=0.3, closing=0.2, publishing=5.0)


class Forgetful(MemoryLog):
    """Does what it is asked, and then says that it cannot be reached."""

    def __init__(self, *silent: str) -> None:
        super().__init__()
        self.silent = set(silent)

    async def begin(self, *names: str, **options: Any) -> None:
        await super().begin(*names, **options)
        self._answer("begin")

    async def take(self, *names: str, **options: Any) -> OpenRun | None:
        found = await super().take(*names, **options)
        self._answer("take")
        return found

    def _answer(self, name: str) -> None:
        if name in self.silent:
            self.silent.remove(name)
            raise LogUnavailableError("the answer was lost")


def of(log: EventLog, **options: Any) -> Bridge:
    return Bridge(log, by_name, limits=SHORT, **options)


async def types(log: EventLog, least: int) -> list[str]:
    """Give the types of alice's events, when there are so many."""
    grown = asyncio.Event()
    unwatch = log.watch("alice", lambda *_: grown.set())
    while len(found := await log.read("alice", 0, 100)) < least:
        grown.clear()
        await grown.wait()
    unwatch()
    return [entry.body.split(b'"')[3].decode() for entry in found]


def play(scene: Any) -> Any:
    async def run() -> Any:
        async with asyncio.timeout(DEADLINE):
            return await scene()

    return asyncio.run(run())


def test_a_run_whose_beginning_was_not_answered_can_be_begun_again() -> None:
    async def scene() -> list[str]:
        log = Forgetful("begin")
        async with of(log) as app:
            with pytest.raises(LogUnavailableError):
                await app.run("alice", "r")
            async with await app.run("alice", "r") as run:
                await run.publish(AgentCompleted())
            return await types(log, 1)

    assert play(scene) == ["agent_completed"]


def test_acknowledgements_that_could_not_be_written_are_written_later() -> None:
    class Away(MemoryLog):
        away = 2
        written = asyncio.Event()

        async def acknowledge(self, user: str, seq: int) -> None:
            if self.away:
                self.away -= 1
                raise LogUnavailableError("away")
            await super().acknowledge(user, seq)
            if user == "bob":
                self.written.set()

    async def scene() -> list[int]:
        log = Away()
        async with of(log) as app:
            for user in ("alice", "bob"):
                async with await app.run(user, "r") as run:
                    await run.publish(AgentCompleted())
                app.acknowledged(user, 1)
            await log.written.wait()
            return [(await app.position(user)).acked for user in ("alice", "bob")]

    assert play(scene) == [1, 1]


@pytest.mark.parametrize("silent", ["begin", "take"])
def test_a_run_that_its_owner_does_not_know_of_ends_all_the_same(silent: str) -> None:
    async def scene() -> list[str]:
        log = Forgetful(silent)
        async with of(log) as app:
            try:
                await app.run("alice", "r")
            except LogUnavailableError:
                return await types(log, 1)
            app._runs.clear()  # as a process that has died knows of none
            return await types(log, 1)

    assert play(scene) == ["agent_error"]


def test_one_process_runs_a_run_once() -> None:
    async def scene() -> list[object]:
        async with of(MemoryLog()) as app:
            both = (app.run("alice", "r"), app.run("alice", "r"))
            found = await asyncio.gather(*both, return_exceptions=True)
            with pytest.raises(RunExistsError):
                await app.run("alice", "r")
            return [type(each) for each in found]

    assert play(scene) == [Run, RunExistsError]


def test_a_process_does_not_adopt_what_it_still_runs() -> None:
    class NeverRenewing(MemoryLog):
        asked = 0

        async def renew(self, *_: Any, **__: Any) -> None:
            raise LogUnavailableError("away")

        async def orphans(self, *, now: float, limit: int = 100) -> list[OpenRun]:
            found = await super().orphans(now=now, limit=limit)
            self.asked += bool(found)
            looked.set()
            return found

    looked = asyncio.Event()

    async def scene() -> list[str]:
        log = NeverRenewing()
        async with of(log) as app, await app.run("alice", "r") as run:
            while log.asked < 2:
                looked.clear()
                await looked.wait()
            await run.publish(Partial(text="x"))
            await run.publish(AgentCompleted())
            return await types(log, 2)

    assert play(scene) == ["partial", "agent_completed"]


def test_a_process_that_stalled_hears_that_its_run_is_another_s(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    taken = threading.Event()
    path = tmp_path / "events.db"

    async def other() -> None:
        log = SqliteLog(path)

        async def adopt(run: Run) -> None:
            await run.publish(Partial(text="taken over"))
            await run.publish(AgentCompleted())
            taken.set()

        async with asyncio.timeout(DEADLINE), of(log, adopt=adopt):
            await asyncio.to_thread(taken.wait, DEADLINE)
        await log.close()

    async def stall(run: Run, thread: threading.Thread) -> None:
        async with run:
            await run.publish(Partial(text="mine"))
            thread.start()
            taken.wait(DEADLINE)  # in the loop itself: nothing of it goes on meanwhile
            await run.publish(Partial(text="late"))

    async def scene() -> tuple[list[str], tuple[str, ...]]:
        log = SqliteLog(path)
        async with of(log) as app:
            thread = threading.Thread(target=lambda: asyncio.run(other()))
            with pytest.raises(RunOverError, match="another owner"):
                await stall(await app.run("alice", "r"), thread)
            thread.join()
            found = await types(log, 3), await log.open_runs("alice")
        await log.close()
        return found

    assert play(scene) == (["partial", "partial", "agent_completed"], ())
    assert [record.levelname for record in caplog.records] == ["WARNING"]
