"""Performs the tasks before and after the phases, each within its own deadline."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
from collections.abc import Mapping
from typing import IO, TYPE_CHECKING

from msgspec import UNSET, Struct

from hangup.address import bracketed, parse_url
from hangup.errors import UsageError
from hangup.in_band import without_credentials
from hangup.plan.fill import Values, fill, fill_text, unknown_in
from hangup.plan.match import ABSENT, at, decoded
from hangup.plan.tasks import Command, Request, Task
from hangup.plan.words import CheckOutcome

if TYPE_CHECKING:
    from hangup.plan.asking import Answer

TAIL = 8192
"""Bytes at the end of a failed command's output in which its last line is looked for."""
MOST_TOLD = 300
MOST_KEPT = 65536
"""Characters of JSON that a kept value may take."""


class Done(Struct, frozen=True):
    """What became of a task; `kept` is what is kept of it."""

    outcome: CheckOutcome
    says: str
    kept: Mapping[str, object] = {}


async def perform(task: Task, kept: Values, within: float) -> Done:
    """Do one task within so many seconds; what goes wrong is its outcome and is never raised."""
    texts = task.argv if isinstance(task, Command) else (task.url, dict(task.headers), task.json)
    unknown = unknown_in(texts, kept)
    if unknown is not None:
        return Done("not-executed", f"nothing was kept under {unknown!r}")
    within = min(task.within, within)
    if isinstance(task, Command):
        return await _ran([fill_text(word, kept) for word in task.argv], within)
    return await _requested(task, kept, within)


async def _ran(argv: list[str], within: float) -> Done:
    if sys.platform == "win32":
        return Done("not-executed", "commands are run on Linux and macOS only")
    with tempfile.TemporaryFile() as output:
        try:
            process = await asyncio.create_subprocess_exec(
                *argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,  # no pipe: what the command leaves running may go on writing
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        except (OSError, ValueError) as exc:
            why = exc.strerror if isinstance(exc, OSError) else str(exc)
            return Done("failed", f"it cannot be run: {why}")
        status = await _ended(process, within)
        if status is None:
            return Done("hung", f"it did not end within {within:g} s" + _last_line(output))
        if status:
            return Done("failed", f"it ended with {status}" + _last_line(output))
    return Done("passed", "it ended with 0")


async def _ended(process: asyncio.subprocess.Process, within: float) -> int | None:
    """Wait for a process, and end it with all that it started when it is late or we are ended."""
    if sys.platform == "win32":
        raise NotImplementedError
    try:
        async with asyncio.timeout(within):
            return await process.wait()
    except TimeoutError:
        return None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


def _last_line(output: IO[bytes]) -> str:
    size = output.seek(0, os.SEEK_END)
    output.seek(max(0, size - TAIL))
    tail = without_credentials(output.read(TAIL))
    lines = tail.decode("utf-8", "replace").strip().splitlines()
    return f"; its last line: {lines[-1].strip()[:MOST_TOLD]}" if lines else ""


async def _requested(task: Request, kept: Values, within: float) -> Done:
    from hangup.plan.asking import UnansweredError, asked, late  # here: urllib is slow to import

    url = fill_text(task.url, kept)
    headers = {name: fill_text(value, kept) for name, value in task.headers}
    body = None
    if task.json is not UNSET:
        body = json.dumps(fill(task.json, kept)).encode()
        headers = {"Content-Type": "application/json", **headers}
    try:
        address = parse_url(url, "its URL")
        if address.authorization:
            headers = {"Authorization": address.authorization, **headers}
        url = (
            f"http{'s' * address.secure}://{bracketed(address.host)}:{address.port}{address.target}"
        )
        future = asyncio.wrap_future(asked(task.method, url, headers, body, within))
        answer = await asyncio.wait_for(future, within)
    except TimeoutError:
        return Done("hung", str(late(within)))
    except UnansweredError as exc:
        return Done("hung" if exc.late else "failed", str(exc))
    except UsageError as exc:
        return Done("not-executed", str(exc))
    return _judged(task, answer)


def _judged(task: Request, answer: Answer) -> Done:
    wanted = "2xx" if task.status is None else str(task.status)
    right = answer.status // 100 == 2 if task.status is None else answer.status == task.status
    if not right:
        return Done("failed", f"wanted {wanted}; it gave {answer.words}")
    document = decoded(answer.body) if task.keep else None
    found = {name: at(document, path) for name, path in task.keep.items()}
    for name, value in found.items():
        if value is ABSENT:
            return Done("failed", f"the answer has nothing at {task.keep[name]!r}")
        if len(json.dumps(value)) > MOST_KEPT:
            return Done("failed", f"what stands at {task.keep[name]!r} is too large to be kept")
    return Done("passed", f"{answer.status} {answer.reason}".strip(), found)
