"""The log of a user's events: what it promises, whichever way it is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from msgspec import Struct

Wake = Callable[[int, str], None]
"""Gets a user's highest number, 0 when it is not known, and its epoch or an empty text."""
RunKey = tuple[str, str]
"""A user, and the name of a run of that user."""


class LogError(Exception):
    """The log could not do what was asked of it."""


class LogUnavailableError(LogError):
    """It cannot be reached or written now; the same call may be made again, and loses nothing."""


class RunOverError(LogError):
    """The run takes no more events from this owner: it has ended, is another's or unknown."""

    def __init__(self, run: str, why: str) -> None:
        self.run, self.why = run, why
        super().__init__(f"run {run} {why}")


class RunExistsError(LogError):
    """There is a run of that name already."""


class TooManyRunsError(LogError):
    """The user has as many open runs as are allowed."""


class MissingStepError(LogError):
    """The step is not the one behind the `has` that the log has of this run.

    When it has fewer than were confirmed, it has lost what it was given.
    """

    def __init__(self, run: str, has: int, step: int) -> None:
        self.run, self.has, self.step = run, has, step
        super().__init__(f"run {run} has {has} steps, and this is {step}")


class EpochChangedError(LogError):
    """The numbers of the epoch that was named mean nothing here any more."""


class Entry(Struct, frozen=True):
    """One event of one user.

    `seq` counts the user's events without gaps from 1, `step` those of the run. `at` is in
    seconds since the epoch, `body` the event as a JSON object.
    """

    seq: int
    run: str
    step: int
    at: float
    body: bytes


class Position(Struct, frozen=True):
    """How far a user's log goes.

    `epoch` is a random word that is drawn when the log begins, and anew when it may have lost
    events: numbers of another epoch mean nothing, but for those of `earlier` ones up to the
    number that stands beside each. `first` is the oldest number that is kept, and `last + 1` when
    none is. `acked` is the highest number that any client of the user has acknowledged.
    """

    epoch: str
    first: int
    last: int
    acked: int = 0
    earlier: tuple[tuple[str, int], ...] = ()

    def holds(self, epoch: str, seq: int) -> bool:
        """Say whether what a reader of an epoch has up to a number is what this log holds."""
        return seq <= {**dict(self.earlier), self.epoch: self.last}.get(epoch, -1)


class Retention(Struct, frozen=True):
    """How much is kept: the newest `events` of each user, none older than `age` seconds.

    An open run loses old events like any other. A user of whom nothing is kept, who has no open
    run and nothing new for `age` seconds, is forgotten, and begins with a new epoch.
    """

    events: int = 10_000
    age: float = 86_400.0


class OpenRun(Struct, frozen=True):
    """A run that has not ended; `step` is that of its last event."""

    user: str
    run: str
    step: int


class EventLog(Protocol):
    """Where events are kept. Every method may raise `LogUnavailableError`.

    Times are given by the caller, in seconds since the epoch. What a method says of one user is
    of that user alone.
    """

    async def begin(
        self, user: str, run: str, owner: str, *, now: float, lease: float, most: int
    ) -> None:
        """Open a run that `owner` alone may write to, and must renew within `lease` seconds.

        The owner may say it again as long as the run has no event, and it is begun once.

        Raises:
            RunExistsError: the user has or had a run of that name, of which something is kept.
            TooManyRunsError: the user has `most` open runs.
        """

    async def append(
        self, user: str, run: str, owner: str, step: int, *bodies: bytes, now: float, ends: bool
    ) -> int:
        """Write the run's events from number `step` on durably; give the `seq` of the last.

        All of them are written or none, with numbers that follow each other. The same steps may
        be written again after a failure that left open what became of them, also when they have
        ended the run: they are kept once, as they were first, and the `seq` of the last is given.
        `ends` says that the last one ends the run.

        Raises:
            RunOverError: the run has ended, or belongs to another owner, or is not known.
            MissingStepError: it is neither the step written last nor the next one.
        """

    async def read(self, user: str, after: int, limit: int, *, epoch: str = "") -> list[Entry]:
        """Give up to `limit` of the user's entries with `seq > after`, in order.

        Raises:
            EpochChangedError: an epoch is named, and the log's is another.
        """

    async def position(self, user: str, *, now: float) -> Position:
        """Say how far the log goes; for a user that is not known, the log begins."""

    async def open_runs(self, user: str) -> tuple[str, ...]:
        """Give the runs of the user that have not ended, in the order in which they began."""

    async def acknowledge(self, user: str, seq: int) -> None:
        """Note that a client of the user has everything up to `seq`.

        A lower number than before, or one that is higher than the last, changes nothing.
        """

    async def renew(self, owner: str, runs: Iterable[RunKey], *, now: float, lease: float) -> None:
        """Keep those open runs for another `lease` seconds, as far as they are the owner's.

        Whatever else is the owner's runs out: of a run that was begun or taken by a call that
        failed, the owner may not know.
        """

    async def release(self, owner: str, *, now: float) -> None:
        """Give up all open runs of the owner, so that others may take them at once."""

    async def orphans(self, *, now: float, limit: int = 100) -> list[OpenRun]:
        """Give open runs whose lease has run out."""

    async def take(
        self, user: str, run: str, owner: str, *, now: float, lease: float
    ) -> OpenRun | None:
        """Take over an open run whose lease has run out; None when somebody else was faster."""

    async def prune(self, retention: Retention, *, now: float) -> int:
        """Delete what retention does not keep, and give the number of entries that went."""

    def watch(self, user: str, wake: Wake) -> Callable[[], None]:
        """Have `wake` called in this event loop whenever the user may have new entries.

        Whoever wrote them, until the function given back is called. It may be called for nothing.
        """

    async def close(self) -> None:
        """Write what is waiting and let go of everything."""
