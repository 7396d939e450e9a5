"""Diagnoses that were begun from the page: each a process, whose progress the bridge carries.

A process of its own, because an expression of the user's can run away with a whole interpreter,
and the page must still answer, and be able to end it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import os
import secrets
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Collection

from hangup.bridge import Bridge, Identity, Presented, RefusedError
from hangup.bridge.memory import MemoryLog
from hangup.bridge.run import Run
from hangup.ui.desk import Errand
from hangup.ui.events import Finished, Remark, Told, read_line

MOST_AT_ONCE = 3
MOST_REMEMBERED = 50
"""Diagnoses that are over and whose page can still be asked for."""
MOST_LINE = 1 << 20
"""Bytes of one line of progress."""
GRACE = 15.0
"""Seconds beyond its own budget after which a diagnosis is ended."""
PATIENCE = 5.0
"""Seconds that a diagnosis has to judge what it has seen when it was told to end."""
logger = logging.getLogger("hangup.ui")
NOTHING = "It ended without a result."


class Underway:
    """One diagnosis: what it has told so far, and how it ended."""

    def __init__(self, id: str, errand: Errand) -> None:
        self.id, self.url = id, errand.url
        self.told: list[Told] = []
        self.over = asyncio.Event()
        self.finished: Finished | None = None
        self.process: Process | None = None
        self.stopping = False


class Diagnoses:
    """Begins diagnoses and carries what they tell to their pages."""

    def __init__(self, origins: Collection[str]) -> None:
        self._key = secrets.token_bytes(32)
        self._all: dict[str, Underway] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.bridge = Bridge(MemoryLog(), self._authenticate, origins=origins)

    @property
    def running(self) -> list[Underway]:
        """Those that are not over, the latest first."""
        return [each for each in reversed(self._all.values()) if each.finished is None]

    def get(self, id: str) -> Underway | None:
        """Give one that was begun here."""
        return self._all.get(id)

    def token(self, id: str) -> str:
        """Give what lets a page hear of one diagnosis and of no other."""
        return f"{id}.{hmac.new(self._key, id.encode(), 'sha256').hexdigest()}"

    def begin(self, errand: Errand) -> Underway | None:
        """Begin a diagnosis, None when enough of them run."""
        if len(self.running) >= MOST_AT_ONCE:
            return None
        underway = Underway(secrets.token_hex(6), errand)
        self._all[underway.id] = underway
        over = [each for each in self._all.values() if each.finished is not None]
        for each in over[: max(len(over) - MOST_REMEMBERED, 0)]:
            del self._all[each.id]
        task = asyncio.create_task(self._run(underway, errand))
        self._tasks.add(task)
        task.add_done_callback(lambda task: self._over(task, underway))
        return underway

    def stop(self, id: str) -> None:
        """Have a diagnosis judge what it has seen, and end; later, when it does not, end it."""
        underway = self._all.get(id)
        if underway and underway.process and underway.finished is None and not underway.stopping:
            underway.stopping = True
            with contextlib.suppress(ProcessLookupError, ValueError):  # Windows knows no SIGINT
                underway.process.send_signal(signal.SIGINT)
            asyncio.get_running_loop().call_later(PATIENCE, _give_up, underway)

    async def close(self) -> None:
        """End all of them, and wait for that."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _authenticate(self, presented: Presented) -> Identity:
        id = presented.token.partition(".")[0]
        if not hmac.compare_digest(presented.token.encode(), self.token(id).encode()):
            raise RefusedError("signature")
        return Identity(id)

    async def _run(self, underway: Underway, errand: Errand) -> None:
        async with await self.bridge.run(underway.id) as run:
            underway.finished = await self._followed(underway, errand, run)
            await run.publish(underway.finished)

    def _over(self, task: asyncio.Task[None], underway: Underway) -> None:
        self._tasks.discard(task)
        if underway.finished is None:
            underway.finished = Finished(number=None, says=NOTHING)
        if not task.cancelled() and (error := task.exception()):
            logger.error("a diagnosis could not be followed", exc_info=error)
        underway.over.set()

    async def _followed(self, underway: Underway, errand: Errand, run: Run) -> Finished:
        process = underway.process = await asyncio.create_subprocess_exec(
            *errand.arguments,
            env=errand.environment,
            stdin=DEVNULL,
            stdout=DEVNULL,
            stderr=PIPE,
            limit=MOST_LINE,
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(errand.within + GRACE):
                return await _told(process, underway, run)
        except TimeoutError:
            return Finished(number=None, says="It did not end in its time, and was ended.")
        finally:
            _end(process)
            await process.wait()


async def _told(process: Process, underway: Underway, run: Run) -> Finished:
    """Publish each line of progress as it comes, until the process ends."""
    assert process.stderr is not None
    number: int | None = None
    while line := await process.stderr.readline():
        read = read_line(line)
        if isinstance(read, int):
            number = read
        elif read is not None:
            underway.told.append(read)
            await run.publish(read)
    await process.wait()
    said = [each.says for each in underway.told if isinstance(each, Remark)]
    return Finished(number=number, says="" if number is not None else " ".join(said) or NOTHING)


def _give_up(underway: Underway) -> None:
    # What is over may have left its number to another process by now.
    if underway.finished is None and underway.process is not None:
        _end(underway.process)


def _end(process: Process) -> None:
    """End a process and what it has started, such as a browser."""
    with contextlib.suppress(ProcessLookupError):
        if sys.platform != "win32":
            os.killpg(process.pid, signal.SIGKILL)
        elif process.returncode is None:
            process.kill()
