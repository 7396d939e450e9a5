"""A command is told on its standard input, in time, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import json
import os
import select
from pathlib import Path

import pytest

from hangup.watching.command import Command
from hangup.watching.documents import news_of
from hangup.watching.hooks import HookFailedError, News
from hangup.watching.words import Change, State

CHANGE = Change(
    url="ws://host/ws",
    at=1000.0,
    what="state",
    before=State("healthy"),
    after=State("fault", "session", "session.masked-exception"),
    summary="It \x1b[31mfails\0.",
    first_seen=990.0,
    confirmed_by=2,
)
NEWS = news_of(CHANGE)
pytestmark = pytest.mark.asyncio


async def test_it_reads_the_document(tmp_path: Path) -> None:
    await Command(f"cat > {tmp_path}/seen").tell(NEWS)
    document = json.loads((tmp_path / "seen").read_text())
    assert document["after"]["cause"] == "session.masked-exception"
    assert document["schema"] == "hangup.watch/1"


async def test_its_environment_tells_the_change_and_no_credential(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANGUP_TOKEN", "sesame-open-1")
    await Command(f"env > {tmp_path}/seen").tell(NEWS)
    seen = (tmp_path / "seen").read_text()
    assert "HANGUP_CAUSE=session.masked-exception\n" in seen
    assert "HANGUP_BEFORE=healthy\n" in seen
    assert "HANGUP_SUMMARY=It \\x1b[31mfails\\x00.\n" in seen
    assert "sesame" not in seen


async def test_another_status_than_0_is_a_failure() -> None:
    with pytest.raises(HookFailedError, match="it ended with status 3"):
        await Command("exit 3").tell(NEWS)


async def test_a_command_that_reads_nothing_is_fine() -> None:
    await Command("true").tell(News(b"x" * 1_000_000, {}))
    assert Command("true").name == "command 'true'"


async def test_what_takes_too_long_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    line = f"sleep 60 & echo $! > {tmp_path}/pid; wait"
    with pytest.raises(HookFailedError, match="it was ended after 1 s"):
        await Command(line, within=1.0).tell(NEWS)
    assert _ended(int((tmp_path / "pid").read_text()))


async def test_what_is_told_to_end_is_ended_too(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    telling = asyncio.create_task(Command(f"echo $$ > {fifo}; exec sleep 60").tell(NEWS))
    pid = int(await asyncio.to_thread(fifo.read_text))
    telling.cancel()
    await asyncio.gather(telling, return_exceptions=True)
    assert _ended(pid)


async def test_a_variable_before_the_command_is_not_shown() -> None:
    assert Command("TOKEN=s3cret notify --now").name == "a command"


def _ended(pid: int) -> bool:
    """Whether a process is over, or is so within some seconds: a signal needs its time."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], 10.0)[0])
    finally:
        os.close(process)
