"""From what was counted to the document: each kind of ending told, judged, and put in words."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Sequence

from hangup.ending import Ending, ending_of
from hangup.event import ConnectFailed
from hangup.load.accounts import TOGETHER, Accounts, Group
from hangup.load.crew import Crew
from hangup.load.document import Break, Closures, Connections, LoadReport, Messages
from hangup.load.drift import drifts
from hangup.load.judged import Beside, Judged, judge
from hangup.load.lifetimes import timers
from hangup.load.line import now
from hangup.load.moments import Moments
from hangup.load.order import Load
from hangup.load.retold import Retold
from hangup.load.schedule import last_arrival, planned
from hangup.redact import Redactor
from hangup.trace import Trace

HELD = 4
"""Traces of those that did well, which the others are held against."""
LATE = 25.0
"""Milliseconds by which the generator may be late, at the 99th percentile, and not be a limit."""
BREAKS = 3
"""Kinds of ending of which it is said where they began."""
logger = logging.getLogger("hangup.load")
NOT_JUDGED = Judged(None, None, 0.0)


async def conclude(
    load: Load,
    crew: Crew,
    accounts: Accounts,
    moments: Moments,
    alone: Trace,
    redactor: Redactor,
) -> tuple[LoadReport, tuple[Trace, ...]]:
    """Give the document, and the traces that it cites."""
    last = last_arrival(load.stages, load.connections)  # until then everything grows
    told = [(group, await _traces(group, crew, redactor)) for group in accounts.groups.values()]
    held = [t for group, traces in told if group.wanted for t in traces][:HELD]
    beside = Beside(alone, held, planned(load.stages, load.connections))
    closures = tuple(
        _closures(group, traces, beside, redactor)
        for group, traces in sorted(told, key=lambda each: (each[0].wanted, -each[0].count))
    )
    report = LoadReport(
        url=redactor.text(load.endpoint.url),
        began=0.0,
        elapsed_s=0.0,
        connections=Connections(
            planned=beside.planned,
            arrived=crew.arrived,
            opened=crew.opened_ever,
            failed=accounts.failed,
            broken=accounts.broken,
            peak=crew.peak,
        ),
        messages=Messages(sent=crew.sent, received=crew.received, lost=crew.lost),
        latency_ms=crew.latency.spread(),
        opening_ms=crew.opening_time.spread(),
        lag_ms=crew.lag.spread(),
        closures=closures,
        first_break=_first_break(closures),
        moments=tuple(moments.kept),
        drifts=drifts([m for m in moments.kept if m.at_s >= last]),
        notes=tuple(_notes(load, alone, crew, closures)),
    )
    return report, (alone, *(t for _, traces in told for t in traces))


async def _traces(group: Group, crew: Crew, redactor: Redactor) -> list[Trace]:
    offset = time.time() - now()
    found = []
    for client, state in group.kept:
        retold = Retold(client, state, crew.address_of(client), redactor)
        try:
            found.append(await retold.trace(client.began + offset))
        except Exception:  # our bug in telling one must not lose the counts of all
            logger.exception("connection %d could not be told", client.number)
    return found


def _closures(
    group: Group, traces: Sequence[Trace], beside: Beside, redactor: Redactor
) -> Closures:
    if not traces:
        return _untold(group)
    ending = ending_of(traces[0])
    closure = ending.closure
    ours = _is_ours(traces[0])
    judged = NOT_JUDGED
    if ours:
        judged = Judged(None, "client", 1.0)
    elif not group.wanted:
        judged = _judged(traces, ending, group, beside)
    unopened = group.wanted and not ending.opened
    return Closures(
        kind="stopped" if unopened else ending.kind,
        wanted=group.wanted,
        code=closure.code if closure else None,
        reason=redactor.text(group.reason),
        closed_by=closure.closed_by if closure else "remote" if ending.response else "neither",
        count=group.count,
        words="ended by us before it was open" if unopened else _words(ending, ours=ours),
        cause=judged.cause,
        layer=judged.layer,
        sure=judged.sure,
        after=dict(group.after.most_common()),
        lifetimes=dict(sorted(group.lifetimes.items())),
        together=group.together,
        first=group.first,
        example=traces[0].id,
        when=_by_second(group),
    )


def _judged(traces: Sequence[Trace], ending: Ending, group: Group, beside: Beside) -> Judged:
    try:
        return judge(traces, ending.opened, group.first.open, beside)
    except Exception:  # a judge that crashes knows nothing, and the counts stand
        logger.exception("%s could not be judged", ending.kind)
        return NOT_JUDGED


def _untold(group: Group) -> Closures:
    """Give the counts of connections of which none could be told."""
    return Closures(
        kind=group.label,
        wanted=group.wanted,
        code=None,
        reason="",
        closed_by="neither",
        count=group.count,
        words=f"{group.label}; how it ended could not be read, which is a bug of hangup",
        cause=None,
        layer=None,
        sure=0.0,
        after=dict(group.after.most_common()),
        lifetimes=dict(sorted(group.lifetimes.items())),
        together=group.together,
        first=group.first,
        example=None,
        when=_by_second(group),
    )


def _by_second(group: Group) -> dict[int, int]:
    """Give how many ended in each whole second of the run."""
    ended: Counter[int] = Counter()
    for at, number in group.moments.items():
        ended[int(at * TOGETHER)] += number
    return dict(sorted(ended.items()))


def _is_ours(trace: Trace) -> bool:
    """Whether it is this side that could not have more: its descriptors, its ports."""
    failed = trace.last(ConnectFailed)
    if failed is None:
        return False
    from hangup.signs.crowd import OURS  # here: signs take long to load

    return failed.failure in OURS


def _words(ending: Ending, *, ours: bool) -> str:
    if ours:
        return f"{ending.words} on this side: the limit is the generator's, not the endpoint's"
    return ending.words


def _first_break(closures: Sequence[Closures]) -> Break | None:
    bad = sorted((c for c in closures if not c.wanted), key=lambda each: each.first.at_s)
    if not bad:
        return None
    first = bad[0]
    said = [_where(each) for each in bad[:BREAKS]]
    if len(bad) > BREAKS:
        said.append(f"{len(bad) - BREAKS} more kinds of ending")
    return Break(
        words="; then ".join(said),
        kind=first.kind,
        cause=first.cause,
        layer=first.layer,
        first=first.first,
    )


def _where(each: Closures) -> str:
    """Say from where on a kind of ending was met.

    Who is not let in may be one too many; who was let in can have been ended by anything.
    """
    start = each.first
    why = each.cause or (f"layer {each.layer}" if each.layer else "")
    what = f"{each.words} ({why})" if why else each.words
    if not start.open:
        return f"from arrival {start.connection:,} on, with no other open: {what}"
    if not each.after:
        return f"from {start.open:,} open connections on: {what}"
    return f"arrival {start.connection:,}, with {start.open:,} others open: {what}"


def _notes(load: Load, alone: Trace, crew: Crew, closures: Sequence[Closures]) -> list[str]:
    notes = []
    ending = ending_of(alone)
    if not ending.works:
        notes.append(
            f"one connection alone fails already: {ending.words}; "
            "`hangup diagnose` with the same options says why"
        )
    if crew.cut:
        notes.append(f"it was ended before its time: {crew.cut:,} connections were still at work")
    late = crew.lag.spread().p99
    if late > LATE:
        notes.append(
            f"this side was {late:.0f} ms late at the 99th percentile: it may be the limit, "
            "so use another process or another machine"
        )
    if not load.conversation.steps:
        notes.append("nothing was to be said, so latency is that of pings")
    elif not load.every and load.messages > 1:
        notes.append(
            "each message waits for the reply before it (--every 0), so a stall delays few of them"
        )
    notes += [peak.words for peak in timers(closures)]
    return notes
