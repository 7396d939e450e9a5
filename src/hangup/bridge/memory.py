"""A log in the memory of one process, for tests and for what may be lost with the process."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from hangup.bridge.log import (
    Entry,
    EpochChangedError,
    MissingStepError,
    OpenRun,
    Position,
    Retention,
    RunExistsError,
    RunKey,
    RunOverError,
    TooManyRunsError,
    Wake,
)
from hangup.bridge.watchers import Watchers


@dataclass(slots=True)
class _Run:
    owner: str
    until: float
    step: int = 0
    ended: bool = False
    last_seq: int = 0


@dataclass(slots=True)
class _User:
    epoch: str = field(default_factory=lambda: secrets.token_hex(8))
    last: int = 0
    acked: int = 0
    active: float = 0.0
    entries: deque[Entry] = field(default_factory=deque)
    runs: dict[str, _Run] = field(default_factory=dict)

    @property
    def first(self) -> int:
        return self.entries[0].seq if self.entries else self.last + 1

    def open(self) -> list[str]:
        return [name for name, run in self.runs.items() if not run.ended]


class MemoryLog:
    """Keeps everything in dictionaries; a restart of the process begins with new epochs."""

    def __init__(self) -> None:
        self._users: dict[str, _User] = {}
        self._watchers = Watchers()

    async def begin(
        self, user: str, run: str, owner: str, *, now: float, lease: float, most: int
    ) -> None:
        """Open a run; see `EventLog.begin`."""
        log = self._user(user, now)
        if (known := log.runs.get(run)) is not None:
            if known.owner != owner or known.step:
                raise RunExistsError(f"run {run} is there already")
            known.until = now + lease
            return
        if len(log.open()) >= most:
            raise TooManyRunsError(f"{most} runs are open, and more are not allowed")
        log.runs[run] = _Run(owner, now + lease)
        log.active = max(log.active, now)

    async def append(
        self, user: str, run: str, owner: str, step: int, *bodies: bytes, now: float, ends: bool
    ) -> int:
        """Write events; see `EventLog.append`."""
        log = self._users.get(user)
        written = log.runs.get(run) if log else None
        if log is None or written is None:
            raise RunOverError(run, "is not known")
        if written.owner != owner:
            raise RunOverError(run, "belongs to another owner")
        last = step + len(bodies) - 1
        if written.step == last and last:
            return written.last_seq
        if written.ended:
            raise RunOverError(run, "has ended")
        if step != written.step + 1:
            raise MissingStepError(run, written.step, step)
        for number, body in enumerate(bodies, step):
            log.last += 1
            log.entries.append(Entry(log.last, run, number, now, body))
        log.active = max(log.active, now)
        written.step, written.ended, written.last_seq = last, ends, log.last
        self._watchers.wake(user, log.last, log.epoch)
        return log.last

    async def read(self, user: str, after: int, limit: int, *, epoch: str = "") -> list[Entry]:
        """Give entries in order; see `EventLog.read`."""
        log = self._users.get(user)
        if epoch and (log is None or log.epoch != epoch):
            raise EpochChangedError
        if log is None:
            return []
        start = max(0, after + 1 - log.first)
        return [log.entries[at] for at in range(start, min(start + limit, len(log.entries)))]

    async def position(self, user: str, *, now: float) -> Position:
        """Say how far the log goes; see `EventLog.position`."""
        log = self._user(user, now)
        return Position(log.epoch, log.first, log.last, log.acked)

    async def open_runs(self, user: str) -> tuple[str, ...]:
        """Give the runs that have not ended."""
        return tuple(self._users[user].open()) if user in self._users else ()

    async def acknowledge(self, user: str, seq: int) -> None:
        """Note how far a client has come; see `EventLog.acknowledge`."""
        log = self._users.get(user)
        if log is not None and log.acked < seq <= log.last:
            log.acked = seq

    async def renew(self, owner: str, runs: Iterable[RunKey], *, now: float, lease: float) -> None:
        """Keep those runs of the owner; see `EventLog.renew`."""
        for user, name in runs:
            run = self._users[user].runs.get(name) if user in self._users else None
            if run is not None and run.owner == owner:
                run.until = now + lease

    async def release(self, owner: str, *, now: float) -> None:
        """Give up the owner's runs."""
        for log in self._users.values():
            for run in log.runs.values():
                if run.owner == owner:
                    run.until = now

    async def orphans(self, *, now: float, limit: int = 100) -> list[OpenRun]:
        """Give open runs whose lease has run out."""
        found = [
            OpenRun(user, name, run.step)
            for user, log in self._users.items()
            for name, run in log.runs.items()
            if not run.ended and run.until <= now
        ]
        return found[:limit]

    async def take(
        self, user: str, run: str, owner: str, *, now: float, lease: float
    ) -> OpenRun | None:
        """Take over a run whose lease has run out; see `EventLog.take`."""
        log = self._users.get(user)
        found = log.runs.get(run) if log else None
        if found is None or found.ended or found.until > now:
            return None
        found.owner, found.until = owner, now + lease
        return OpenRun(user, run, found.step)

    async def prune(self, retention: Retention, *, now: float) -> int:
        """Delete what retention does not keep."""
        gone = 0
        for user, log in list(self._users.items()):
            gone += _shorten(log, retention, now)
            idle = log.active < now - retention.age
            if idle and not log.entries and not log.open():
                del self._users[user]
        return gone

    def watch(self, user: str, wake: Wake) -> Callable[[], None]:
        """Have `wake` called when the user may have new entries."""
        return self._watchers.add(user, wake)

    async def close(self) -> None:
        """Let go of everything."""
        self._watchers.clear()

    def _user(self, user: str, now: float) -> _User:
        return self._users.setdefault(user, _User(active=now))


def _shorten(log: _User, retention: Retention, now: float) -> int:
    gone = 0
    while log.entries and (
        len(log.entries) > retention.events or log.entries[0].at < now - retention.age
    ):
        log.entries.popleft()
        gone += 1
    if gone:
        kept = {entry.run for entry in log.entries}
        log.runs = {n: run for n, run in log.runs.items() if not run.ended or n in kept}
    return gone
