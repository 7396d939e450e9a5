"""What each vantage saw of one connection, as sightings on its own lifeline: pure computation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from msgspec import Struct

from hangup.closure import ending_event
from hangup.correlate import message_of
from hangup.diagnosis import Moment
from hangup.event import (
    BytesAfterClose,
    ConnectFailed,
    DeadlineExpired,
    Event,
    EventsDropped,
    ExperimentCrashed,
    FrameReceived,
    FrameRejected,
    FrameSent,
    LocalClose,
    MessagesCounted,
    PongWithheld,
    ReadingPaused,
    ReadingResumed,
    RequestSent,
    ResolveFailed,
    ResponseMalformed,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TlsFailed,
    Upgraded,
    UpgradeInvalid,
)
from hangup.report.escape import show
from hangup.report.happenings import event_text, payload
from hangup.report.opening import failure_words
from hangup.report.units import size
from hangup.trace import Trace

Lane = Literal["client", "proxy", "server"]
LANES: tuple[Lane, ...] = ("client", "proxy", "server")
"""From left to right, as a connection runs."""
Way = Literal["sent", "received", "happened"]
MOST_SAID = 200
"""Characters of what one sighting says."""

_STOPS = (
    ResolveFailed,
    ConnectFailed,
    TlsFailed,
    ResponseMalformed,
    UpgradeInvalid,
    DeadlineExpired,
    StreamEnded,
    StreamReset,
)
_LEAVING = (FrameSent, RequestSent)
_COMING = (
    FrameReceived,
    FrameRejected,
    MessagesCounted,
    BytesAfterClose,
    ResponseMalformed,
    ResponseReceived,
    StreamEnded,
    StreamReset,
)
_HAPPENING = (
    ResolveFailed,
    ConnectFailed,
    TlsFailed,
    UpgradeInvalid,
    PongWithheld,
    ReadingPaused,
    ReadingResumed,
    EventsDropped,
    ExperimentCrashed,
)
_ELSEWHERE: dict[str, Lane] = {"server": "server", "log": "server", "proxy": "proxy"}
_ASIDE = ("first send", "first receive")
"""Phases of a recorder that its messages tell of as well."""


class Sighting(Struct, frozen=True):
    """Something that one vantage saw: `at` is in seconds of the client's clock since the trace.

    `about` is alike for both sightings of one message. `event` is its place in the trace, None for
    what a recorder kept. `ending` marks the first sign of the end, `failure` what was caught.
    """

    at: float
    lane: Lane
    way: Way
    about: str
    seen: Event | Moment
    event: int | None = None
    ending: bool = False

    @property
    def failure(self) -> bool:
        """Whether a recorder caught this as a failure."""
        return isinstance(self.seen, Moment) and self.seen.failure

    @property
    def silence(self) -> bool:
        """Whether this is that nothing came any more."""
        return isinstance(self.seen, DeadlineExpired | LocalClose)

    @property
    def says(self) -> str:
        """What was seen, safe to show; asked for only where it is drawn, for a trace holds many."""
        if isinstance(self.seen, Moment):
            return show(self.seen.says, MOST_SAID)
        return show(_words(self.seen), MOST_SAID)


def sightings_of(trace: Trace, moments: Sequence[Moment] = ()) -> list[Sighting]:
    """Give all that is drawn of a connection, in the order in which it was seen.

    Of `moments` those of the server are taken: the client's are the trace's own events.
    """
    last = end_of(trace)
    found = [s for i, e in enumerate(trace.events) if (s := _of_event(e, i, e is last))]
    found += _recorded([moment for moment in moments if moment.vantage == "server"])
    return sorted(found, key=lambda sighting: sighting.at)


def end_of(trace: Trace) -> Event | None:
    """Give the event that ended it: what closed an open WebSocket, or what stopped an opening."""
    ending = ending_event(trace)
    if ending is not None and not isinstance(ending, LocalClose):
        return ending
    if trace.first(Upgraded):
        return trace.last(DeadlineExpired) or ending
    answer = trace.response
    stops = (e for e in reversed(trace.events) if isinstance(e, _STOPS))
    return answer if answer and answer.status != 101 else next(stops, None)


def _of_event(event: Event, place: int, ending: bool) -> Sighting | None:
    lane = _ELSEWHERE.get(event.vantage, "client")
    way = _way(event, lane)
    if way is None and not ending:
        return None
    return Sighting(event.at, lane, way or "happened", _about(event), event, place, ending)


def _way(event: Event, lane: Lane) -> Way | None:
    if lane == "proxy":  # which of its two connections an event was on, it does not say
        return "happened" if isinstance(event, _LEAVING + _COMING + _HAPPENING) else None
    if isinstance(event, _LEAVING):
        return "sent"
    if isinstance(event, _COMING):
        return "received"
    return "happened" if isinstance(event, (*_HAPPENING, DeadlineExpired)) else None


def _about(event: Event) -> str:
    match event:
        case FrameSent() | FrameReceived():
            close = event.opcode == "close"
            return "close" if close else f"{event.opcode}, {event.size} bytes"
        case RequestSent():
            return "request"
        case ResponseReceived():
            return "response"
    return ""


def _recorded(moments: Sequence[Moment]) -> Iterator[Sighting]:
    said = {moment.says for moment in moments}
    closes = "close" if "accepted" in said else "response"
    known: dict[str, tuple[Way, str]] = {
        "arrived": ("received", "request"),
        "arrival": ("received", "request"),
        "accepted": ("sent", "response"),
        "closing": ("sent", closes),
    }
    for moment in _telling(moments):
        message = message_of(moment.says)
        if message:
            way: Way = "sent" if message[0] == "sent" else "received"
            about = message[1]
        else:
            way, about = known.get(moment.says, ("happened", ""))
        yield Sighting(moment.at_ms / 1000, "server", way, about, moment)


def _telling(moments: Sequence[Moment]) -> Iterable[Moment]:
    """Leave out what another moment says better."""
    for i, moment in enumerate(moments):
        after = moments[i + 1] if i + 1 < len(moments) else None
        outdone = moment.says == "ended" and after and after.at_ms == moment.at_ms
        if moment.says not in _ASIDE and not outdone:
            yield moment


def _words(event: Event) -> str:
    match event:
        case FrameSent() | FrameReceived():
            said = payload(event, 80)
            what = "close" if event.opcode == "close" else f"{event.opcode}, {size(event.size)}"
            return f"{what} {said}".rstrip()
        case RequestSent():
            return f"{show(event.method, 20)} {show(event.target, 120)}"
        case ResponseReceived():
            return f"{event.status} {show(event.reason, 80)}".rstrip()
        case StreamEnded():
            return "FIN"
        case StreamReset():
            reset = event.failure == "tcp.reset"
            return "RST" if reset else f"broken off: {failure_words(event.failure)}"
        case DeadlineExpired():
            return f"gave up waiting for {show(event.waiting_for, 120)}"
        case FrameRejected():
            return f"no legal frame: {failure_words(event.failure)}"
        case LocalClose():
            return f"we left: {event_text(event)}"
    return event_text(event)
