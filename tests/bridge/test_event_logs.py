"""What a log promises beyond one process: nothing that was written is lost, others see it."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from hangup.bridge.log import LogError, LogUnavailableError
from hangup.bridge.sqlite import SqliteLog
from hangup.store.database import NotAStoreError

DEADLINE = 8.0
BODY = b'{"type":"partial","text":"x"}'
WRITER = """
import asyncio, sys
from hangup.bridge.sqlite import SqliteLog

async def main(path):
    log = SqliteLog(path)
    await log.begin("alice", "r", "child", now=0.0, lease=9.0, most=9)
    for step in range(1, 1_000_000):
        seq = await log.append("alice", "r", "child", step, b"{}", now=0.0, ends=False)
        print(seq, flush=True)

asyncio.run(main(sys.argv[1]))
"""


def test_what_was_written_when_the_process_was_killed_is_there(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    command = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        reported = [int(child.stdout.readline()) for _ in range(200)]
        os.kill(child.pid, signal.SIGKILL)
        reported += [int(line) for line in child.stdout.read().splitlines()]

    async def scene() -> list[int]:
        log = SqliteLog(path)
        entries = await log.read("alice", 0, 1_000_000)
        await log.close()
        return [entry.seq for entry in entries]

    kept = asyncio.run(scene())
    assert kept[: len(reported)] == reported
    assert kept == list(range(1, len(kept) + 1))


def test_two_processes_number_one_log_without_gaps_and_wake_each_other(tmp_path: Path) -> None:
    async def write(log: SqliteLog, run: str) -> None:
        await log.begin("alice", run, run, now=0.0, lease=9.0, most=9)
        for step in range(1, 51):
            await log.append("alice", run, run, step, BODY, now=0.0, ends=step == 50)

    async def scene() -> list[int]:
        one, two = SqliteLog(tmp_path / "events.db"), SqliteLog(tmp_path / "events.db")
        woken: asyncio.Queue[int] = asyncio.Queue()
        unwatch = two.watch("alice", lambda seq, _: woken.put_nowait(seq))
        await asyncio.gather(write(one, "r1"), write(one, "r2"))
        async with asyncio.timeout(DEADLINE):
            while await woken.get() != 100:
                pass
        await write(two, "r3")
        unwatch()
        entries = await one.read("alice", 0, 1000)
        await one.close()
        await two.close()
        return [entry.seq for entry in entries]

    assert asyncio.run(scene()) == list(range(1, 151))


def test_what_one_asks_wrongly_is_no_answer_to_what_others_ask_at_the_same_time(
    tmp_path: Path,
) -> None:
    async def scene() -> list[object]:
        log = SqliteLog(tmp_path / "events.db")
        await log.begin("alice", "r", "p", now=0.0, lease=9.0, most=9)
        found = await asyncio.gather(
            log.append("alice", "r", "p", 1, BODY, now=0.0, ends=False),
            log.append("alice", "r", "q", 2, BODY, now=0.0, ends=False),
            log.append("alice", "r", "p", 2, None, now=0.0, ends=False),  # type: ignore[arg-type]
            log.append("alice", "r", "p", 2, BODY, now=0.0, ends=False),
            return_exceptions=True,
        )
        await log.close()
        return list(found)

    first, refused, broken, second = asyncio.run(scene())
    assert (first, second) == (1, 2)
    assert isinstance(refused, LogError)
    assert isinstance(broken, LogError)
    assert not isinstance(broken, LogUnavailableError)


def test_a_log_that_another_holds_is_unavailable_and_later_is_not(tmp_path: Path) -> None:
    async def scene() -> tuple[BaseException | int, int]:
        log, other = SqliteLog(tmp_path / "events.db"), SqliteLog(tmp_path / "events.db")
        await log.begin("alice", "r", "p", now=0.0, lease=9.0, most=9)
        held = asyncio.Event()
        loop = asyncio.get_running_loop()
        let_go = threading.Event()

        def hold(db: object) -> None:
            loop.call_soon_threadsafe(held.set)
            let_go.wait(DEADLINE)

        holding = asyncio.ensure_future(other._writer.do(hold))
        await held.wait()
        try:
            first: BaseException | int = await log.append(
                "alice", "r", "p", 1, BODY, now=0.0, ends=False
            )
        except LogUnavailableError as error:
            first = error
        let_go.set()
        await holding
        second = await log.append("alice", "r", "p", 1, BODY, now=0.0, ends=False)
        await log.close()
        await other.close()
        return first, second

    first, second = asyncio.run(scene())
    assert isinstance(first, LogUnavailableError)
    assert second == 1


def test_a_full_disk_makes_the_log_unavailable_and_room_mends_it(tmp_path: Path) -> None:
    big = b'{"text":"%s"}' % (b"x" * 100_000)

    async def scene() -> int:
        log = SqliteLog(tmp_path / "events.db")
        await log.begin("alice", "r", "p", now=0.0, lease=9.0, most=9)
        await log._writer.do(lambda db: db.execute("PRAGMA max_page_count = 1"))
        with pytest.raises(LogUnavailableError, match="full"):
            await log.append("alice", "r", "p", 1, big, now=0.0, ends=False)
        await log._writer.do(lambda db: db.execute("PRAGMA max_page_count = 100000"))
        seq = await log.append("alice", "r", "p", 1, big, now=0.0, ends=False)
        await log.close()
        return seq

    assert asyncio.run(scene()) == 1


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (sqlite3.OperationalError("disk I/O error"), True),
        (sqlite3.OperationalError("database is locked"), True),
        (sqlite3.DatabaseError("database disk image is malformed"), False),
    ],
)
def test_what_passes_is_unavailable_and_a_broken_file_is_not(
    tmp_path: Path, error: sqlite3.Error, passes: bool
) -> None:
    def fail(db: sqlite3.Connection) -> None:
        raise error

    async def scene() -> BaseException:
        log = SqliteLog(tmp_path / "events.db")
        with pytest.raises(LogError) as told:
            await log._writer.do(fail)
        await log.close()
        return told.value

    assert isinstance(asyncio.run(scene()), LogUnavailableError) is passes


def test_a_file_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    subprocess.run(
        [
            sys.executable,
            "-c",
            "import sqlite3,sys;d=sqlite3.connect(sys.argv[1]);"
            "d.execute('create table x (y)');d.commit()",
            str(path),
        ],
        check=True,
    )
    before = path.read_bytes()
    with pytest.raises(NotAStoreError):
        SqliteLog(path)
    assert path.read_bytes() == before
