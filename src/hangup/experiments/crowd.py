"""How many connections can be open at the same time, and what the next one meets."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator

import msgspec

from hangup.ending import Ending, ending_of
from hangup.experiments.experiment import Bench, Experiment, opened
from hangup.experiments.held import TRIES, Crowd, Member
from hangup.inquiry import Inquiry
from hangup.probe.files import allow_files
from hangup.signs.crowd import told, untaken, variant_of
from hangup.trace import Trace

SPARE = 64
"""Files that this process needs beside the connections."""
SHORT = 5.0
"""Seconds of life below which connections cannot be held."""
FIRST_KEPT, LAST_KEPT, KEPT_OF_A_KIND = 4, 2, 3
"""Traces kept of those that were let in first and last, and of all others that ended alike."""


async def _crowd(bench: Bench) -> None:
    assert bench.inquiry.crowd
    allow_files(bench.inquiry.crowd + len(TRIES) + SPARE)
    async with _held(bench, bench.inquiry.crowd) as crowd:
        await crowd.grow()
        if await crowd.check():
            await crowd.try_again()


@contextlib.asynccontextmanager
async def _held(bench: Bench, most: int) -> AsyncIterator[Crowd]:
    crowd = Crowd(bench, most)
    try:
        yield crowd
        await crowd.leave()
    finally:
        await crowd.break_off()
        bench.traces[:] = _telling(bench.traces, crowd, most)


def _telling(traces: list[Trace], crowd: Crowd, most: int) -> Iterator[Trace]:
    """Give those of the many traces that tell, by the names under which they are read.

    Which are left out are those of connections that did as some that are kept.
    """
    kinds: Counter[tuple[bool, bool, str]] = Counter()
    refused = crowd.places
    for trace in sorted(traces, key=lambda trace: int(trace.variant)):
        member = crowd.members[int(trace.variant)]
        refused += not (member.place or member.role)
        kind = (bool(member.place), untaken(trace), ending_of(trace).kind)
        kinds[kind] += 1
        if kinds[kind] <= KEPT_OF_A_KIND or _outstanding(member, crowd.places):
            place = member.place or refused
            variant = member.role or variant_of(place, most, let_in=bool(member.place))
            yield msgspec.structs.replace(trace, variant=variant)


def _outstanding(member: Member, places: int) -> bool:
    first = 0 < member.place <= FIRST_KEPT
    return bool(member.role) or first or 0 < places - LAST_KEPT < member.place


def _ordered(inquiry: Inquiry, baseline: Ending | None) -> str | None:
    if baseline and baseline.cut_short and baseline.lived < SHORT:
        return "one alone does not live long enough"
    return opened(inquiry, baseline) or (None if inquiry.crowd else "needs --crowd")


EXPERIMENTS = (
    Experiment(
        "crowd",
        "How many connections can be open at the same time?",
        _crowd,
        lambda inquiry: (inquiry.crowd or 0) + len(TRIES),
        6.0,
        _ordered,
        exclusive=True,
        together=True,
        ordered=True,
        told=told,
    ),
)
