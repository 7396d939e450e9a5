"""Joins what client and server saw of one connection: which failure it was, on one timeline."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from hangup.diagnosis import Incident, Moment
from hangup.ending import ending_of
from hangup.event import (
    DeadlineExpired,
    Event,
    FrameReceived,
    FrameSent,
    RequestSent,
    ResponseReceived,
    StreamEnded,
    StreamReset,
)
from hangup.incident import Caught, CloseTried, ConnectionSeen
from hangup.trace import BROWSER, Trace

MOST_MOMENTS = 40
"""Moments of a timeline; from a longer one the middle is left out."""
TELLING = (
    "exception",
    "masked-exception",
    "task-exception",
    "unserializable",
    "never-awaited",
    "illegal-close",
    "accepted-twice",
    "send-after-close",
    "receive-after-disconnect",
    "close-again",
    "stall",
    "killed",
    "refused",
    "returned",
    "upgrade-lost",
    "undelivered",
    "patched",
    "held",
    "reconnects",
)
"""Kinds of what is caught, by how much each explains an end that it shares with others."""

_MESSAGE = re.compile(r"(sent|received) ((?:text|binary), \d+ bytes)(?: at (.+))?")
Pair = tuple[Trace, ConnectionSeen]
"""The two views of one connection."""


class Offset(Struct, frozen=True):
    """By how many seconds the server's clock is ahead, and how far that may be wrong."""

    seconds: float
    uncertain: float


def pairs_of(traces: Iterable[Trace], seen: Iterable[ConnectionSeen]) -> list[Pair]:
    """Pair traces with what the server saw, by the id or the trace id that the request carried."""
    by_id: dict[str, ConnectionSeen] = {}
    for each in seen:
        by_id.update({key: each for key in (each.hangup_id, each.traceparent[3:35]) if key})
    found = ((trace, by_id.get(trace.hangup_id) or by_id.get(trace_id(trace))) for trace in traces)
    return [(trace, each) for trace, each in found if each is not None]


def trace_id(trace: Trace) -> str:
    """Give the W3C trace id that the opening request carried, nothing when it carried none."""
    asked = _asked(trace)
    return asked.header("traceparent")[3:35] if asked else ""


def offset_of(pairs: Iterable[Pair]) -> Offset | None:
    """Estimate the server's clock, None without a connection whose answer came.

    A request arrives after it was sent, and an acceptance is received after it was given: each
    connection bounds the offset from both sides, and those with the least delay bound it best.
    """
    bounds = [bound for pair in pairs if (bound := _bounds(*pair))]
    if not bounds:
        return None
    low, high = max(low for low, _ in bounds), min(high for _, high in bounds)
    if low > high:  # a clock was set in between: the connection with the least delay decides
        low, high = min(bounds, key=lambda bound: bound[1] - bound[0])
    return Offset((low + high) / 2, (high - low) / 2)


def _bounds(trace: Trace, seen: ConnectionSeen) -> tuple[float, float] | None:
    sent, answer = _asked(trace), trace.response
    if sent is None or answer is None:
        return None
    accepted = seen.at + dict(seen.phases).get("accepted", 0.0)
    low, high = accepted - (trace.began + answer.at), seen.at - (trace.began + sent.at)
    return (low, high) if low <= high else None


def _asked(trace: Trace) -> RequestSent | None:
    return next((event for event in trace.all(RequestSent) if event.method == "GET"), None)


def chosen(
    trace: Trace, traces: Sequence[Trace], pairs: Sequence[Pair], caught: Sequence[Caught]
) -> tuple[Caught, Trace] | None:
    """Choose the failure that ended a connection, and the connection that it was caught on.

    When nothing was caught on that one, a connection that ended alike stands for it.
    """
    own = _telling(caught_on(trace, pairs, caught))
    if own:
        return own, trace
    ended = ending_of(trace)
    if ended.works:
        return None
    alike = [each for each in traces if each is not trace and ending_of(each).same_as(ended)]
    found = [(each, _telling(caught_on(each, pairs, caught))) for each in alike]
    known = [(each, other) for other, each in found if each]
    return min(known, key=lambda pair: _rank(pair[0]), default=None)


def caught_on(trace: Trace, pairs: Sequence[Pair], caught: Iterable[Caught]) -> list[Caught]:
    """Give what was caught on the connection of a trace."""
    ids = {trace.hangup_id, trace_id(trace)} - {""}
    names = {seen.connection for each, seen in pairs if each is trace} - {""}
    return [
        each
        for each in caught
        if ids & {each.hangup_id, each.traceparent[3:35]} or each.connection in names
    ]


def _telling(caught: Sequence[Caught]) -> Caught | None:
    return min(caught, key=_rank, default=None)


def _rank(caught: Caught) -> tuple[int, float]:
    kind = TELLING.index(caught.kind) if caught.kind in TELLING else len(TELLING)
    return kind, caught.at


def incident_of(caught: Caught, trace: Trace, pairs: Sequence[Pair]) -> Incident:
    """Tell of a failure as the diagnosis does, on the timeline of its connection."""
    offset = offset_of(pairs)
    seen = next((seen for each, seen in pairs if each is trace), None)
    return Incident(
        exception=caught.exception,
        message=caught.message,
        frame=caught.frame,
        chain=caught.chain,
        phase=caught.phase,
        id=caught.id,
        kind=caught.kind,
        detail=caught.detail,
        trace=trace.id,
        clock_offset_ms=round(offset.seconds * 1000, 3) if offset else None,
        clock_uncertain_ms=round(offset.uncertain * 1000, 3) if offset else None,
        timeline=timeline(trace, seen, caught, offset),
    )


def timeline(
    trace: Trace, seen: ConnectionSeen | None, caught: Caught, offset: Offset | None
) -> tuple[Moment, ...]:
    """Give both views in the order of the client's clock, the server's only with an offset."""
    moments = list(client_moments(trace))
    if offset is not None:
        moments += server_side(trace, seen, [caught], offset)
    moments.sort(key=lambda moment: moment.at_ms)
    if len(moments) <= MOST_MOMENTS:
        return tuple(moments)
    half = MOST_MOMENTS // 2
    return (*moments[:half], *moments[-half:])


def server_side(
    trace: Trace, seen: ConnectionSeen | None, caught: Iterable[Caught], offset: Offset
) -> list[Moment]:
    """Give what the server saw of a trace's connection, by the client's clock and in its order."""
    shift = trace.began + offset.seconds
    around = server_moments(seen) if seen else ()
    told = [_moment(at - shift, "server", says) for at, says in around]
    told += [_moment(c.at - shift, "server", caught_words(c), failure=True) for c in caught]
    return sorted(told, key=lambda moment: moment.at_ms)


def client_moments(trace: Trace) -> Iterator[Moment]:
    """Give what the client saw on the wire, in words."""
    for event in trace.events:
        says = client_says(event)
        if says:
            yield _moment(event.at, "client", says)


def server_moments(seen: ConnectionSeen) -> Iterator[tuple[float, str]]:
    """Give what the recorder saw, in words, each with its time by the server's clock."""
    names = {name for name, _ in seen.phases}
    if not names & {"arrived", "arrival"}:
        yield seen.at, "arrived"
    yield from ((seen.at + after, name) for name, after in seen.phases)
    for message in seen.messages:
        verb = "sent" if message.sent else "received"
        kind = "text" if message.text else "binary"
        by = f" at {message.site}" if message.site else ""
        yield seen.at + message.after, f"{verb} {kind}, {message.size} bytes{by}"
    yield from ((seen.at + after, what) for after, what in seen.notes)
    if seen.outcome:
        last = max((after for _, after in seen.phases), default=0.0)
        yield seen.at + last, seen.outcome


def caught_words(caught: Caught) -> str:
    """Name a failure in one line: what it is, and where."""
    said = f"{caught.exception}: {caught.message}" if caught.message else caught.exception
    what = said or f"{caught.kind} {caught.detail}".rstrip()
    return f"{what} at {caught.frame}" if caught.frame else what


def close_words(close: CloseTried) -> str:
    """Name the close that an application asked for, and whether a frame may hold it."""
    code = "without a code" if close.code is None else str(close.code)
    reason = f" {close.reason!r}" if close.reason else ""
    return f"{code}{reason}" if close.legal else f"{code}{reason}, which no close frame may hold"


def message_of(says: str) -> tuple[str, str, str] | None:
    """Read a moment of the recorder that tells of a message: sent or received, what, and where."""
    found = _MESSAGE.fullmatch(says)
    return (found[1], found[2], found[3] or "") if found else None


def _moment(
    at: float, vantage: Literal["client", "server"], says: str, failure: bool = False
) -> Moment:
    return Moment(at_ms=round(at * 1000, 3), vantage=vantage, says=says, failure=failure)


def client_says(event: Event) -> str:
    """Say what a client met on the wire, nothing for what no server could know of."""
    match event:
        case RequestSent():
            return f"sent {event.method} {event.target}"
        case ResponseReceived():
            return f"received {event.status} {event.reason}".rstrip()
        case FrameSent() | FrameReceived():
            return _frame(event)
        case StreamEnded():
            return "received FIN"
        case StreamReset():
            return f"the connection broke: {event.failure}"
        case DeadlineExpired():
            return f"gave up waiting for {event.waiting_for}"
    return ""


def _frame(event: FrameSent | FrameReceived) -> str:
    verb = "sent" if isinstance(event, FrameSent) else "received"
    if event.opcode == "close":
        return f"{verb} close {event.code or ''} {event.reason!r}".replace(" ''", "").rstrip()
    return f"{verb} {event.opcode}, {event.size} bytes"


def unseen(traces: Iterable[Trace], pairs: Sequence[Pair]) -> Mapping[str, int]:
    """Count the connections that asked for a WebSocket, and those of them that were seen."""
    asked = [
        trace
        for trace in traces
        if (sent := _asked(trace)) and sent.upgrade and trace.experiment != BROWSER
    ]
    known = {trace.id for trace, _ in pairs}
    return {"asked": len(asked), "seen": sum(trace.id in known for trace in asked)}
