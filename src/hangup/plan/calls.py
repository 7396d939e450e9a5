"""Runs functions that are checks, each in a process of its own that ends with its deadline."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
import time
from typing import IO

from msgspec import Struct, to_builtins

from hangup.in_band import without_credentials
from hangup.plan.calling import Call, Given
from hangup.plan.frames import dumped_at, innermost, place_words
from hangup.plan.words import CheckOutcome

LAST = 0.6
"""Seconds after its deadline in which a function may clean up; then its process is ended."""
MOST_TOLD = 65536
"""Bytes of a report that are read."""
_BOOT = (
    "import json, sys; order = json.load(sys.stdin); sys.path[:] = order['path']; "
    "from hangup.plan.called import main; main(order)"
)


class Called(Struct, frozen=True):
    """What became of a function; `where` is the place in the user's code."""

    outcome: CheckOutcome
    says: str
    where: str = ""


async def called(call: Call, given: Given) -> Called:
    """Run a function by its deadline, and at most a second longer whatever it does."""
    if sys.platform == "win32":
        return Called("not-executed", "a function is run apart, which needs Linux or macOS")
    until = time.monotonic() + given.deadline
    with tempfile.TemporaryFile() as report:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-c", _BOOT),
            stdin=asyncio.subprocess.PIPE,
            stdout=report,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            await _ordered(process, _order(call, given, until))
            in_time = await _waited(process, until - time.monotonic())
            if not in_time:
                await _waited(process, LAST)
        finally:
            await _end(process)
        return _told(report, given.deadline, process.returncode if in_time else None)


def _order(call: Call, given: Given, until: float) -> bytes:
    path = [str(entry) for entry in sys.path if entry != call.folder]
    order = {
        "path": [call.folder, *path] if call.folder else path,
        "call": to_builtins(call),
        "given": to_builtins(given),
        # The monotonic clock is one for all processes of a system.
        "until": until,
    }
    return json.dumps(order).encode()


async def _ordered(process: asyncio.subprocess.Process, order: bytes) -> None:
    assert process.stdin
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(order)
        await process.stdin.drain()
    process.stdin.close()


async def _waited(process: asyncio.subprocess.Process, within: float) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(max(within, 0)):
            await process.wait()
    return process.returncode is not None


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the process with all that it has started."""
    if sys.platform == "win32":
        raise NotImplementedError
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def _told(report: IO[bytes], deadline: float, status: int | None) -> Called:
    """Read what the process told; `status` is None when it had to be ended."""
    report.seek(0)
    late = f"it did not return within {deadline:g} s"
    text = report.read(MOST_TOLD).decode("utf-8", "replace")
    for line in text.splitlines():
        if line.startswith('{"outcome"'):
            with contextlib.suppress(ValueError, TypeError, KeyError, RecursionError):
                told = json.loads(line)
                if told["outcome"] == "hung":
                    return Called("hung", late, _shown(told["where"]))
                if status is not None:
                    return Called(told["outcome"], _shown(told["says"]), _shown(told["where"]))
    where = _where(text)
    if status is None:
        return Called("hung", late, where)
    how = f"signal {-status}" if status < 0 else f"status {status}"
    return Called("failed", f"its process ended with {how} before it returned", where)


def _shown(says: str) -> str:
    """Give a text without what is named like a credential: code may hold one too."""
    return without_credentials(says.encode("utf-8", "replace")).decode("utf-8", "replace")


def _where(text: str) -> str:
    """Give the place in the user's code from the stacks that faulthandler wrote.

    The thread that runs the function is the one whose stack begins in our own program.
    """
    stacks = dumped_at(text)
    ours = next((s for s in stacks if any(p.function == "main" and p.own for p in s)), [])
    place = innermost(reversed(ours))
    return _shown(place_words(place)) if place else ""
