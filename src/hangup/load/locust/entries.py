"""Batches into Locust's own statistics: counts exactly, times within 0.1 %."""

from __future__ import annotations

import time
from collections.abc import Iterable

from locust.stats import RequestStats, StatsEntry, StatsError, bucket_response_time

from hangup.load.latencies import Latencies
from hangup.load.locust.batch import Batch
from hangup.load.locust.desk import CLOSURE, HANDSHAKE, PROTOCOL
from hangup.load.locust.talk import HungUp

NO_REPLY = "no reply"


def fill(stats: RequestStats, batch: Batch) -> None:
    """Add a batch of the engine's to the rows of handshakes, messages and closures."""
    _add(stats, HANDSHAKE, batch.opening, batch.failed, batch.failed)
    _add(stats, batch.name, batch.latency, batch.lost, batch.lost)
    _add(stats, CLOSURE, batch.closing, batch.broken, 0)
    if batch.lost:
        _fail(stats, batch.name, NO_REPLY, batch.lost)
    for each in batch.counts:
        if not each.kind.wanted:
            name = CLOSURE if each.kind.opened else HANDSHAKE
            _fail(stats, name, each.kind.error, each.count)


def _add(stats: RequestStats, name: str, encoded: str, failed: int, untimed: int) -> None:
    times = Latencies.decode(encoded.encode()).counted() if encoded else []
    if times or failed:
        for entry in (stats.total, stats.get(name, PROTOCOL)):
            _log(entry, times, failed, untimed)


def _log(entry: StatsEntry, times: Iterable[tuple[int, int]], failed: int, untimed: int) -> None:
    at = time.time()
    count = untimed
    for us, number in times:
        ms = us / 1000
        count += number
        entry.total_response_time += ms * number  # type: ignore[assignment]
        entry.response_times[bucket_response_time(ms)] += number
        least = entry.min_response_time
        entry.min_response_time = ms if least is None else min(least, ms)  # type: ignore[assignment]
        entry.max_response_time = max(entry.max_response_time, ms)  # type: ignore[assignment]
    entry.num_requests += count
    entry.num_none_requests += untimed
    entry.num_failures += failed
    entry.num_reqs_per_sec[int(at)] += count
    entry.num_fail_per_sec[int(at)] += failed
    entry.last_request_timestamp = at


def _fail(stats: RequestStats, name: str, what: str, count: int) -> None:
    error = HungUp(what)
    key = StatsError.create_key(PROTOCOL, name, error)
    entry = stats.errors.setdefault(key, StatsError(PROTOCOL, name, error))
    entry.occurrences += count
