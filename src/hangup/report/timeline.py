"""The layers of one connection as a waterfall, and its frames as marks: pure computation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from hangup.closure import closure_of
from hangup.diagnosis import Diagnosis
from hangup.event import (
    Connected,
    ConnectFailed,
    Connecting,
    DeadlineExpired,
    Event,
    FrameReceived,
    FrameSent,
    RequestSent,
    Resolved,
    ResolveFailed,
    ResponseMalformed,
    StreamEnded,
    StreamReset,
    TlsEstablished,
    TlsFailed,
    Upgraded,
    UpgradeInvalid,
)
from hangup.report.happenings import payload
from hangup.report.units import size
from hangup.trace import Trace

Layer = Literal["dns", "tcp", "tls", "upgrade", "open"]
Lane = Literal["client", "server"]

_FAILURES = (ResolveFailed, ConnectFailed, TlsFailed, ResponseMalformed, UpgradeInvalid)


class Segment(Struct, frozen=True):
    """One layer's share of the time; `good` is False when the connection got no further."""

    layer: Layer
    start: float
    end: float
    good: bool


class Mark(Struct, frozen=True):
    """One sign on the wire: a frame, or the transport's end; `event` is its place in the trace."""

    lane: Lane
    kind: str
    sign: Event
    event: int
    ending: bool = False

    @property
    def at(self) -> float:
        """When it was, in seconds since the trace began."""
        return self.sign.at

    @property
    def text(self) -> str:
        """What it says; asked for only where it is drawn, since a trace can hold many."""
        match self.sign:
            case FrameSent() | FrameReceived():
                return payload(self.sign, 80)
            case StreamReset():
                return self.sign.failure
            case DeadlineExpired():
                return self.sign.waiting_for
        return ""


class Timeline(Struct, frozen=True):
    """Segments and marks in seconds since the trace began; `total` is when its last event was."""

    segments: tuple[Segment, ...]
    marks: tuple[Mark, ...]
    total: float


def timeline_of(trace: Trace) -> Timeline:
    """Compute the waterfall and the marks of one trace."""
    marks = _marks(trace)
    found = (_dns(trace), _tcp(trace), _tls(trace), _upgrade(trace), _open(trace, marks))
    total = max((event.at for event in trace.events), default=0.0)
    return Timeline(tuple(s for s in found if s is not None), marks, total)


def telling_trace(diagnosis: Diagnosis, traces: Sequence[Trace]) -> Trace | None:
    """Choose the trace to show: whose closure the diagnosis gives, else the baseline's first."""
    if diagnosis.closure is not None:
        for trace in traces:
            if closure_of(trace) == diagnosis.closure:
                return trace
    cited = {e.trace for f in diagnosis.findings if f.cause == diagnosis.cause for e in f.evidence}
    baseline = [trace for trace in traces if trace.experiment == "baseline"]
    ranked = [t for t in baseline if t.id in cited] or baseline
    return next(iter(ranked or [t for t in traces if t.id in cited] or traces), None)


def mark_label(mark: Mark) -> str:
    """Give a mark's caption: `close 1011 'Internal error'`, `text, 17 bytes '{"a": 1}'`."""
    if mark.kind == "deadline":
        return f"gave up waiting for {mark.text}"
    if mark.kind != "close" and isinstance(mark.sign, FrameSent | FrameReceived):
        return f"{mark.kind}, {size(mark.sign.size)} {mark.text}".rstrip()
    return f"{mark.kind} {mark.text}".rstrip()


def _dns(trace: Trace) -> Segment | None:
    event = trace.first(Resolved) or trace.first(ResolveFailed)
    if event is None:
        return _unresolved(trace)
    if isinstance(event, Resolved) and event.source != "system":
        return None
    return Segment("dns", event.at - event.took, event.at, isinstance(event, Resolved))


def _unresolved(trace: Trace) -> Segment | None:
    expired = trace.first(DeadlineExpired)
    started = trace.first(Connecting) or trace.first(RequestSent)
    return Segment("dns", expired.since, expired.at, False) if expired and not started else None


def _tcp(trace: Trace) -> Segment | None:
    began = trace.first(Connecting)
    if began is None:
        return None
    done = trace.first(Connected)
    if done:
        return Segment("tcp", began.at, done.at, True)
    return Segment("tcp", began.at, _stop(trace, began), False)


def _tls(trace: Trace) -> Segment | None:
    if done := trace.first(TlsEstablished):
        return Segment("tls", done.at - done.took, done.at, True)
    if failed := trace.first(TlsFailed):
        return Segment("tls", failed.at - failed.took, failed.at, False)
    expired = trace.first(DeadlineExpired)
    if expired and "TLS" in expired.waiting_for:
        return Segment("tls", expired.since, expired.at, False)
    return None


def _upgrade(trace: Trace) -> Segment | None:
    sent = next((e for e in trace.all(RequestSent) if e.method != "CONNECT"), None)
    if sent is None:
        return None
    if done := trace.first(Upgraded):
        return Segment("upgrade", sent.at, done.at, True)
    answer = trace.response
    end = answer.at if answer else _stop(trace, sent)
    return Segment("upgrade", sent.at, end, bool(answer and not sent.upgrade))


def _open(trace: Trace, marks: Sequence[Mark]) -> Segment | None:
    opened, closure = trace.first(Upgraded), closure_of(trace)
    if opened is None or closure is None:
        return None
    ended = next((m.at for m in marks if m.ending), max(e.at for e in trace.events))
    return Segment("open", opened.at, ended, closure.chosen)


def _stop(trace: Trace, since: Event) -> float:
    stops = (*_FAILURES, DeadlineExpired, StreamEnded, StreamReset)
    later = [e.at for e in trace.events if isinstance(e, stops) and e.at >= since.at]
    return max(later, default=max(e.at for e in trace.events))


def _marks(trace: Trace) -> tuple[Mark, ...]:
    marks: list[Mark] = []
    ended = False
    for place, event in enumerate(trace.events):
        mark = _mark(event, place, ended)
        if mark is not None:
            marks.append(mark)
            ended = ended or mark.ending
    return tuple(marks)


def _mark(event: Event, place: int, ended: bool) -> Mark | None:
    ending = not ended
    match event:
        case FrameSent() | FrameReceived():
            lane: Lane = "client" if isinstance(event, FrameSent) else "server"
            return Mark(lane, event.opcode, event, place, event.opcode == "close" and ending)
        case StreamEnded():
            return Mark("server", "FIN", event, place, ending)
        case StreamReset():
            return Mark("server", "RST", event, place, ending)
        case DeadlineExpired():
            return Mark("client", "deadline", event, place, ending)
    return None
