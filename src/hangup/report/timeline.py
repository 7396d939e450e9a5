"""The layers of one connection as a waterfall, and which connection tells most."""

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
from hangup.report.sightings import end_of
from hangup.trace import Trace

Layer = Literal["dns", "tcp", "tls", "upgrade", "open"]

_FAILURES = (ResolveFailed, ConnectFailed, TlsFailed, ResponseMalformed, UpgradeInvalid)


class Segment(Struct, frozen=True):
    """One layer's share of the time; `good` is False when the connection got no further."""

    layer: Layer
    start: float
    end: float
    good: bool


def layers_of(trace: Trace) -> tuple[Segment, ...]:
    """Compute the waterfall of one trace: the layers that it came to, one after the other."""
    found = (_dns(trace), _tcp(trace), _tls(trace), _upgrade(trace), _open(trace))
    return tuple(segment for segment in found if segment is not None)


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


def _open(trace: Trace) -> Segment | None:
    opened, closure = trace.first(Upgraded), closure_of(trace)
    if opened is None or closure is None:
        return None
    ended = end_of(trace)
    until = ended.at if ended else max(e.at for e in trace.events)
    return Segment("open", opened.at, until, closure.chosen)


def _stop(trace: Trace, since: Event) -> float:
    stops = (*_FAILURES, DeadlineExpired, StreamEnded, StreamReset)
    later = [e.at for e in trace.events if isinstance(e, stops) and e.at >= since.at]
    return max(later, default=max(e.at for e in trace.events))
