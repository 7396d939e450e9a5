"""How one WebSocket ended: who first, with what, after what."""

from __future__ import annotations

import itertools
from typing import Literal

from msgspec import Struct

from hangup.event import (
    Event,
    FrameReceived,
    FrameRejected,
    FrameSent,
    LocalClose,
    StreamEnded,
    StreamReset,
    Upgraded,
)
from hangup.trace import Trace

Origin = Literal["own-library", "peer-frame", "intermediary-frame", "fin", "rst", "deadline"]
ClosedBy = Literal["local", "remote", "neither"]
TransportEnd = Literal["fin", "rst", "silence", "open"]

IDLE_AFTER = 2.0
"""Seconds without a frame from which an end counts as one of an idle connection."""


class Closure(Struct, frozen=True, kw_only=True):
    """The account of one ending; `elapsed_ms` runs from what `after` names to the first sign."""

    origin: Origin
    closed_by: ClosedBy
    code: int | None
    reason: str
    transport_end: TransportEnd
    after: str
    elapsed_ms: float
    frames_received: int
    messages_sent: int = 0
    echoed: bool | None = None
    chosen: bool = False


# An intermediary that writes close frames of its own (it must name itself in the 101's headers):
# Caddy closes what it proxies with 1001 and no reason when its configuration is reloaded.
_INTERMEDIARY_CLOSES = {("caddy", 1001, "")}


def closure_of(trace: Trace) -> Closure | None:
    """Read the closure from a trace; None when no WebSocket was ever open in it."""
    opened = trace.first(Upgraded)
    if opened is None:
        return None
    events = trace.events[trace.index(opened) :]
    ending = ending_event(trace)
    at = ending.at if ending else events[-1].at
    before = list(itertools.takewhile(lambda event: event is not ending, events))
    sent = [e for e in before if isinstance(e, FrameSent) and e.opcode in ("text", "binary")]
    after, since = _after(opened, before, sent, at)
    return Closure(
        origin=_origin(trace, ending),
        closed_by=_closed_by(ending),
        code=_code(ending),
        reason=ending.reason if isinstance(ending, FrameSent | FrameReceived) else "",
        transport_end=_transport_end(events),
        after=after,
        elapsed_ms=round((at - since) * 1000, 3),
        frames_received=sum(isinstance(e, FrameReceived) for e in before),
        messages_sent=sum(e.fin for e in sent),
        echoed=_echoed(ending, events),
        chosen=isinstance(ending, FrameSent) and not ending.automatic,
    )


def ending_event(trace: Trace) -> Event | None:
    """Give the first sign that an open WebSocket ended, None when there is none."""
    opened = trace.first(Upgraded)
    after = trace.events[trace.index(opened) :] if opened else ()
    return next((event for event in after if ends(event)), None)


def ends(event: Event) -> bool:
    """Whether an event is a sign that an open WebSocket ends."""
    if isinstance(event, FrameSent | FrameReceived):
        return event.opcode == "close"
    return isinstance(event, StreamEnded | StreamReset | LocalClose)


def _origin(trace: Trace, ending: Event | None) -> Origin:
    if isinstance(ending, FrameSent):
        return "own-library"
    if isinstance(ending, FrameReceived):
        server = (trace.response.header("server") or "").lower() if trace.response else ""
        ours = (server, ending.code, ending.reason) in _INTERMEDIARY_CLOSES
        return "intermediary-frame" if ours else "peer-frame"
    if isinstance(ending, StreamEnded):
        return "fin"
    return "rst" if isinstance(ending, StreamReset) else "deadline"


def _closed_by(ending: Event | None) -> ClosedBy:
    if isinstance(ending, FrameSent):
        return "local"
    if isinstance(ending, FrameReceived | StreamEnded | StreamReset):
        return "remote"
    return "neither"


def _code(ending: Event | None) -> int | None:
    if isinstance(ending, FrameSent | FrameReceived):
        return ending.code if ending.code is not None else 1005
    return 1006 if isinstance(ending, StreamEnded | StreamReset) else None


def _transport_end(events: tuple[Event, ...]) -> TransportEnd:
    for event in events:
        if isinstance(event, StreamEnded):
            return "fin"
        if isinstance(event, StreamReset):
            return "rst"
    gave_up = isinstance(events[-1], LocalClose) or any(isinstance(e, LocalClose) for e in events)
    return "open" if gave_up and not _awaited_end(events) else "silence"


def _awaited_end(events: tuple[Event, ...]) -> bool:
    return any(isinstance(e, LocalClose) and e.abort for e in events)


def _after(
    opened: Upgraded, before: list[Event], sent: list[FrameSent], at: float
) -> tuple[str, float]:
    frames = [e.at for e in before if isinstance(e, FrameSent | FrameReceived | FrameRejected)]
    last = max(frames, default=opened.at)
    if at - last > IDLE_AFTER:
        return "idle", last
    if sent:
        return f"message:{sum(e.fin for e in sent)}", sent[-1].at
    return "upgrade", opened.at


def _echoed(ending: Event | None, events: tuple[Event, ...]) -> bool | None:
    if isinstance(ending, FrameSent):
        if any(isinstance(e, FrameRejected) for e in events):
            return None  # nothing is read after an illegal frame (RFC 6455, 7.1.7)
        return any(isinstance(e, FrameReceived) and e.opcode == "close" for e in events)
    if isinstance(ending, FrameReceived):
        return any(isinstance(e, FrameSent) and e.opcode == "close" for e in events)
    return None
