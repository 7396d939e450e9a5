"""One connection as steps between lifelines on one axis of time: pure computation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from msgspec import UNSET, Struct

from hangup.closure import closure_of
from hangup.correlate import message_of
from hangup.diagnosis import Diagnosis, Moment
from hangup.report.sightings import LANES, Lane, Sighting, sightings_of
from hangup.report.timeline import telling_trace
from hangup.report.units import count, duration
from hangup.trace import Trace

MOST_STEPS = 40
"""Steps drawn: the first and the last ones, beside those that end it or were caught."""
MOST_FAILURES = 10
LONG_SHARE, LONG_LEAST = 0.2, 0.005
"""A time in which nothing is drawn is told when it is that share of all, and so many seconds."""
AHEAD = 0.002
"""Seconds by which a message may seem to come before it was sent, for clocks agree only so far."""


class Step(Struct, frozen=True):
    """Something that passed between two lanes, or happened at one, which `goes` and `comes` are.

    At least one of `left` and `came` is there: how it was seen where it began, and where it came.
    """

    goes: Lane
    comes: Lane
    left: Sighting | None = None
    came: Sighting | None = None

    @property
    def seen(self) -> Sighting:
        """The sighting that tells most: one of the trace, which holds what was said."""
        both = [each for each in (self.left, self.came) if each]
        return next((each for each in both if each.event is not None), both[0])

    @property
    def at(self) -> float:
        """When it was first seen, in seconds since the trace began."""
        return (self.left or self.seen).at

    @property
    def until(self) -> float:
        """When it was last seen, never before it began."""
        return max(self.at, self.came.at) if self.came else self.at

    @property
    def ending(self) -> bool:
        """Whether it is the first sign of the end."""
        return any(each.ending for each in (self.left, self.came) if each)

    @property
    def failure(self) -> bool:
        """Whether it is what a recorder caught."""
        return self.seen.failure


class Row(Struct, frozen=True):
    """A time on the axis, at which a step begins, or comes when it was seen twice."""

    at: float
    step: Step
    arrives: bool = False


class Gap(Struct, frozen=True):
    """So many seconds in which nothing is drawn."""

    seconds: float


class LeftOut(Struct, frozen=True):
    """So many steps that are not drawn here."""

    steps: int


class Exchange(Struct, frozen=True):
    """The lanes on which anything was seen, and the steps in the order of time."""

    lanes: tuple[Lane, ...]
    steps: tuple[Step, ...]


def exchange_of(trace: Trace, moments: Sequence[Moment] = ()) -> Exchange:
    """Join what the vantages saw of one connection; `moments` are those of a recorder."""
    seen = sightings_of(trace, moments)
    closure = closure_of(trace)
    ender: Lane = "proxy" if closure and closure.origin == "intermediary-frame" else "server"
    steps = sorted(_steps(seen, ender), key=lambda step: step.at)
    lanes = {"client", "server"} | {lane for step in steps for lane in (step.goes, step.comes)}
    return Exchange(tuple(lane for lane in LANES if lane in lanes), tuple(steps))


def drawn_trace(diagnosis: Diagnosis, traces: Sequence[Trace]) -> Trace | None:
    """Choose the trace to draw: the one that a recorder saw fail, else the telling one."""
    incident = diagnosis.incident
    if incident is not UNSET and incident.timeline:
        for trace in traces:
            if trace.id == incident.trace:
                return trace
    return telling_trace(diagnosis, traces)


def moments_of(diagnosis: Diagnosis, trace: Trace) -> tuple[Moment, ...]:
    """Give what a recorder saw of a trace's connection, as far as the diagnosis tells of it."""
    incident = diagnosis.incident
    return incident.timeline if incident is not UNSET and incident.trace == trace.id else ()


def chosen_steps(exchange: Exchange) -> list[tuple[Step, int]]:
    """Give the steps that are drawn, each with how many before it are not."""
    steps, half = exchange.steps, MOST_STEPS // 2
    places = set(range(len(steps)))
    if len(steps) > MOST_STEPS:
        failures = [i for i, step in enumerate(steps) if step.failure]
        kept = [i for i, step in enumerate(steps) if step.ending] + failures[:MOST_FAILURES]
        places = {*range(half), *range(len(steps) - half, len(steps)), *kept}
    shown = sorted(places)
    return [(steps[i], i - before - 1) for before, i in zip([-1, *shown], shown, strict=False)]


def rows_of(exchange: Exchange, arrivals: bool = True) -> list[Row | Gap | LeftOut]:
    """Give the lines of a drawing from top to bottom: times, long gaps, what is left out.

    Without `arrivals` a step has one row, where it begins.
    """
    rows: list[tuple[Row, int]] = []
    for step, missing in chosen_steps(exchange):
        rows.append((Row(step.at, step), missing))
        if arrivals and step.left and step.came:
            rows.append((Row(step.until, step, True), 0))
    rows.sort(key=lambda row: row[0].at)
    span = rows[-1][0].at - rows[0][0].at if rows else 0.0
    lines: list[Row | Gap | LeftOut] = []
    last = rows[0][0].at if rows else 0.0
    for row, missing in rows:
        if missing:
            lines.append(LeftOut(missing))
        elif row.at - last >= max(LONG_LEAST, LONG_SHARE * span):
            lines.append(Gap(row.at - last))
        lines.append(row)
        last = row.at
    return lines


def caption(step: Step) -> str:
    """Give what a step says: as the trace has it, and where in the application it was sent."""
    said = step.seen.says
    other = step.left if step.seen is step.came else step.came
    told = other.seen if other else None
    message = message_of(told.says) if isinstance(told, Moment) else None
    return f"{said} at {message[2]}" if message and message[2] else said


def clock(seconds: float) -> str:
    """Give a time as the tables of events have it, in milliseconds."""
    return f"{seconds * 1000:.1f}" if seconds < 1000 else f"{seconds * 1000:.0f}"


def pause(row: Gap | LeftOut) -> str:
    """Say what is not drawn between two rows."""
    if isinstance(row, LeftOut):
        return f"{count(row.steps, 'step')} not drawn"
    return f"{duration(row.seconds, fine=True)} pass"


def _steps(seen: Sequence[Sighting], ender: Lane) -> Iterator[Step]:
    came = _crossings(seen)
    arrived = set(came.values())
    for i, sighting in enumerate(seen):
        other: Lane = "server" if sighting.lane == "client" else "client"
        if sighting.way == "happened":
            yield Step(sighting.lane, sighting.lane, sighting)
        elif sighting.way == "sent":
            yield Step(sighting.lane, other, sighting, seen[came[i]] if i in came else None)
        elif i not in arrived:
            ends = sighting.ending and sighting.lane == "client"
            yield Step(ender if ends else other, sighting.lane, None, sighting)


def _crossings(seen: Sequence[Sighting]) -> dict[int, int]:
    """Pair the two sightings of one message, by their places; doubt pairs nothing."""
    sent: defaultdict[tuple[str, Lane], list[int]] = defaultdict(list)
    received: defaultdict[tuple[str, Lane], list[int]] = defaultdict(list)
    for i, each in enumerate(seen):
        if each.about and each.way != "happened":
            (sent if each.way == "sent" else received)[each.about, each.lane].append(i)
    pairs: dict[int, int] = {}
    for (about, lane), leaving in sent.items():
        other: Lane = "server" if lane == "client" else "client"
        pairs.update(_matched(seen, leaving, received[about, other]))
    return pairs


def _matched(
    seen: Sequence[Sighting], leaving: Sequence[int], coming: Sequence[int]
) -> Iterator[tuple[int, int]]:
    """Pair in order where the numbers agree, else where only one can be meant.

    A recorder keeps the last messages only, so the first that it tells of need not be the first.
    """
    if len(leaving) == len(coming):
        yield from (
            (i, j) for i, j in zip(leaving, coming, strict=True) if seen[j].at >= seen[i].at - AHEAD
        )
        return
    waiting = iter(leaving)
    following = next(waiting, None)
    for j in coming:
        since: list[int] = []
        while following is not None and seen[following].at <= seen[j].at + AHEAD:
            since.append(following)
            following = next(waiting, None)
        if len(since) == 1:
            yield since[0], j
