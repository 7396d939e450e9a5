"""What a bridge does on its own: heartbeats, acknowledgements, leases, orphaned runs, retention."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable

from hangup.bridge.codes import ClosedError
from hangup.bridge.limits import Limits
from hangup.bridge.log import EventLog, LogError, OpenRun, Retention, RunKey
from hangup.bridge.session import Session

TICK = 0.25
AT_ONCE = 100
"""Sessions that are seen to at once, so that ten thousand do not take the memory of all."""
LONGEST_WAIT = 0.05
"""Seconds that they wait for those of slow readers."""
PRUNING = 60.0
"""Seconds between two looks at what may be forgotten."""

logger = logging.getLogger("hangup.bridge")


class Housekeeping:
    """Runs in one task while the bridge is open."""

    def __init__(
        self,
        log: EventLog,
        owner: str,
        limits: Limits,
        retention: Retention,
        sessions: Callable[[], Iterable[Session]],
        held: Callable[[], Iterable[RunKey]],
        orphaned: Callable[[OpenRun], Awaitable[None]],
    ) -> None:
        self._log, self._owner = log, owner
        self._limits, self._retention = limits, retention
        self._sessions, self._held, self._orphaned = sessions, held, orphaned
        self._acked: dict[str, int] = {}
        self._telling: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, when it has not begun."""
        if self._task is None:
            self._task = asyncio.ensure_future(self._keep())

    async def stop(self) -> None:
        """Write what is waiting, and end."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))
            self._task = None
        await self._quietly(self._write_acks)

    def acknowledged(self, user: str, seq: int) -> None:
        """Have an acknowledgement written with the next tick."""
        if seq > self._acked.get(user, 0):
            self._acked[user] = seq

    async def _keep(self) -> None:
        chores: list[tuple[float, Callable[[], Awaitable[None]]]] = [
            (TICK, self._write_acks),
            (min(1.0, self._limits.heartbeat / 8), self._beat),
            (self._limits.lease / 3, self._renew),
            (self._limits.lease / 3, self._adopt),
            (PRUNING, self._prune),
        ]
        due = [time.monotonic() + every for every, _ in chores]
        while True:
            await asyncio.sleep(max(0.0, min(due) - time.monotonic()))
            now = time.monotonic()
            for at, (every, chore) in enumerate(chores):
                if due[at] <= now:
                    await self._quietly(chore)
                    due[at] = now + every

    async def _quietly(self, chore: Callable[[], Awaitable[None]]) -> None:
        try:
            await chore()
        except LogError as error:
            logger.warning("the log of events: %s", error)
        except Exception:  # one chore's bug must not end the heartbeats of all
            logger.exception("housekeeping failed")

    async def _write_acks(self) -> None:
        waiting = list(self._acked.items())
        for first in range(0, len(waiting), AT_ONCE):
            some = waiting[first : first + AT_ONCE]  # which a log may write together
            await asyncio.gather(*(self._write_ack(user, seq) for user, seq in some))

    async def _write_ack(self, user: str, seq: int) -> None:
        await self._log.acknowledge(user, seq)
        if self._acked.get(user) == seq:  # else more has been acknowledged meanwhile
            del self._acked[user]

    async def _beat(self) -> None:
        now, wall = time.monotonic(), time.time()
        told = 0
        for session in list(self._sessions()):
            if (word := session.beat(now, wall)) is not None:
                task = asyncio.ensure_future(_tell(session, word))
                self._telling.add(task)
                task.add_done_callback(self._telling.discard)
                told += 1
                if told % AT_ONCE == 0:
                    await asyncio.wait(self._telling, timeout=LONGEST_WAIT)

    async def _renew(self) -> None:
        held = tuple(self._held())
        await self._log.renew(self._owner, held, now=time.time(), lease=self._limits.lease)

    async def _adopt(self) -> None:
        now, lease = time.time(), self._limits.lease
        held = set(self._held())  # late, when the log was away: no reason to run it twice
        for found in await self._log.orphans(now=now):
            if (found.user, found.run) in held:
                continue
            taken = await self._log.take(found.user, found.run, self._owner, now=now, lease=lease)
            if taken is not None:
                await self._orphaned(taken)

    async def _prune(self) -> None:
        await self._log.prune(self._retention, now=time.time())


async def _tell(session: Session, word: object) -> None:
    try:
        await session.tell(word)  # type: ignore[arg-type]
    except ClosedError as error:
        session.end(error.code, error.reason)
    except Exception:  # noqa: BLE001 - the client has gone meanwhile: servers say so in many ways
        logger.debug("a heartbeat came too late")
