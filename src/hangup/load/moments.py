"""A load second by second: what has changed since the last look, and how it stands."""

from __future__ import annotations

import contextlib
import mmap
import sys
from pathlib import Path

from hangup.load.accounts import Accounts
from hangup.load.crew import Crew
from hangup.load.document import Moment, Spread
from hangup.load.line import now
from hangup.load.order import Load
from hangup.load.report.snapshot import Snapshot
from hangup.load.schedule import planned

SPREAD_EVERY = 5
"""Moments from one look at all percentiles to the next: it takes some hundredths of a second."""


class Moments:
    """Takes a moment each time it is asked to; `pid` is the server's process, if it is known."""

    def __init__(
        self, crew: Crew, accounts: Accounts, load: Load, url: str, pid: int | None = None
    ) -> None:
        self.kept: list[Moment] = []
        self._crew, self._accounts, self._url, self._pid = crew, accounts, url, pid
        self._planned = planned(load.stages, load.connections)
        self._at = 0.0
        self._spread = Spread()
        self._rates = (0.0, 0.0, 0.0, 0.0)
        self._before = self._counts()

    def take(self) -> Moment:
        """Take the next moment."""
        crew = self._crew
        for each in (crew.latency, crew.opening_time, crew.lag):
            each.fold()
        counts = self._counts()
        of_late = [new - old for new, old in zip(counts, self._before, strict=True)]
        self._before = counts
        arrived, opened, failed, broken, sent, received = of_late
        at = now() - crew.began
        since, lasted, self._at = self._at, max(at - self._at, 1e-6), at
        self._rates = (arrived / lasted, opened / lasted, sent / lasted, received / lasted)
        p50, p99, most = crew.latency.since()
        moment = Moment(
            at_s=round(since, 3),
            opening=crew.opening,
            open=crew.open,
            arrived=arrived,
            opened=opened,
            failed=failed,
            broken=broken,
            sent=sent,
            received=received,
            p50=p50,
            p99=p99,
            max=most,
            server_mb=resident_mb(self._pid) if self._pid is not None else None,
        )
        self.kept.append(moment)
        return moment

    def snapshot(self, *, full: bool = False) -> Snapshot:
        """Give what is known by the last moment; all percentiles, which take long, when `full`."""
        crew, accounts = self._crew, self._accounts
        last = self.kept[-1]
        if full and (not self._spread.count or len(self.kept) % SPREAD_EVERY == 0):
            self._spread = crew.latency.spread()
        arrived, opened, sent, received = self._rates
        return Snapshot(
            url=self._url,
            elapsed_s=round(self._at, 3),
            planned=self._planned,
            arrived=crew.arrived,
            opening=crew.opening,
            open=crew.open,
            opened=crew.opened_ever,
            failed=accounts.failed,
            broken=accounts.broken,
            sent=crew.sent,
            received=crew.received,
            lost=crew.lost,
            arrived_rate=arrived,
            opened_rate=opened,
            sent_rate=sent,
            received_rate=received,
            p50=last.p50,
            p99=last.p99,
            endings=accounts.endings(),
            latency_ms=self._spread,
        )

    def _counts(self) -> tuple[int, ...]:
        crew, accounts = self._crew, self._accounts
        return (
            crew.arrived,
            crew.opened_ever,
            accounts.failed,
            accounts.broken,
            crew.sent,
            crew.received,
        )


def peak_mb() -> float:
    """Give the most memory that this process has had, in MB; 0 where the system does not tell."""
    if sys.platform == "win32":
        return 0.0
    import resource  # here: not every system has it

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1000)  # macOS tells bytes, others KiB


def resident_mb(pid: int) -> float | None:
    """Give the memory of a process in MB; None when it cannot be told, as when it has ended."""
    with contextlib.suppress(OSError, IndexError, ValueError):
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1])
        return round(pages * mmap.PAGESIZE / 1e6, 3)
    return None
