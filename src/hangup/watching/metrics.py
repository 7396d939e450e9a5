"""What a watch tells Prometheus: how each endpoint stands, and how its hooks fare."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from hangup.watching.hooks import Deliveries
from hangup.watching.memory import days_left
from hangup.watching.noting import Notes
from hangup.watching.standing import Standing
from hangup.watching.words import VERDICTS

if TYPE_CHECKING:  # an extra
    from prometheus_client.core import Metric

STATE = "The state that was told last: 1 for its verdict, 0 for the others."
FAULT = "1 while a fault was told last, with its layer and cause where they are known."
ROUNDS = "Rounds by the verdict of each."
SINCE = "Seconds since the last round ended."
Standings = Mapping[str, Standing]
Samples = Iterable[tuple[Sequence[str], float]]
"""Values of labels, and the value that they have."""


def collect(
    notes: Notes, hooks: Sequence[Deliveries], *, now: float | None = None
) -> Iterator[Metric]:
    """Give all metrics; `now` is on the monotonic clock. It may be called from any thread."""
    standings = dict(notes.standings)
    now = time.monotonic() if now is None else now
    yield from _states(standings)
    yield from _rounds(standings, now)
    yield from _certificates(standings)
    yield from _hooks(hooks)
    failures = "Rounds that could not be kept in the history."
    yield _counter("history_failures", failures, (), [((), notes.not_kept)])


def _states(standings: Standings) -> Iterator[Metric]:
    told = [(url, each.state) for url, each in standings.items() if each.state]
    verdicts = (
        ((url, verdict), float(state.verdict == verdict))
        for url, state in told
        for verdict in VERDICTS
    )
    yield _gauge("state", STATE, ("url", "verdict"), verdicts)
    faults = (
        ((url, state.layer or "", state.cause or ""), 1.0)
        for url, state in told
        if state.verdict == "fault"
    )
    yield _gauge("fault", FAULT, ("url", "layer", "cause"), faults)
    changes = (((url,), each.changes) for url, each in standings.items())
    yield _counter("changes", "Changes that were told.", ("url",), changes)


def _rounds(standings: Standings, now: float) -> Iterator[Metric]:
    rounds = (
        ((url, verdict), count)
        for url, each in standings.items()
        for verdict, count in each.rounds.items()
    )
    yield _counter("rounds", ROUNDS, ("url", "verdict"), rounds)
    skipped = (((url,), each.skipped) for url, each in standings.items())
    yield _counter("rounds_skipped", "Rounds that came too late.", ("url",), skipped)
    over = [(url, each) for url, each in standings.items() if each.verdict]
    age = (((url,), now - each.ended) for url, each in over)
    yield _gauge("last_round_age_seconds", SINCE, ("url",), age)
    took = (((url,), each.elapsed_s) for url, each in over)
    yield _gauge("last_round_duration_seconds", "How long it took.", ("url",), took)


def _certificates(standings: Standings) -> Iterator[Metric]:
    days = (
        ((url,), days_left(each.certificate_end, time.time()))
        for url, each in standings.items()
        if each.certificate_end is not None
    )
    text = "Days until the first certificate ends that the endpoint shows."
    yield _gauge("certificate_days", text, ("url",), days)


def _hooks(hooks: Sequence[Deliveries]) -> Iterator[Metric]:
    counted = [
        ((f"{number}: {each.hook.name}",), each.counts)
        for number, each in enumerate(hooks, start=1)
    ]
    delivered = ((name, counts.delivered) for name, counts in counted)
    yield _counter("hook_deliveries", "Changes that a hook was told.", ("hook",), delivered)
    failed = ((name, counts.failed) for name, counts in counted)
    yield _counter("hook_failures", "Changes that a hook was not told.", ("hook",), failed)


def _gauge(name: str, text: str, labels: Sequence[str], samples: Samples) -> Metric:
    from prometheus_client.core import GaugeMetricFamily  # here: as above

    family = GaugeMetricFamily(f"hangup_watch_{name}", text, labels=labels)
    for values, value in samples:
        family.add_metric(values, value)
    return family


def _counter(name: str, text: str, labels: Sequence[str], samples: Samples) -> Metric:
    from prometheus_client.core import CounterMetricFamily  # here: as above

    family = CounterMetricFamily(f"hangup_watch_{name}", text, labels=labels)
    for values, value in samples:
        family.add_metric(values, value)
    return family
