"""Says in words how a connection ended on the wire: who, with what, and after how long."""

from __future__ import annotations

from collections.abc import Iterable

from hangup.event import (
    DeadlineExpired,
    Event,
    FrameReceived,
    FrameSent,
    RequestSent,
    ResponseReceived,
    TlsFailed,
    Upgraded,
)
from hangup.redact import MOST_QUOTED
from hangup.report.units import duration
from hangup.vantage.pcap.story import seconds
from hangup.vantage.pcap.wire import Wire, joined


def ended(wire: Wire, events: Iterable[Event] = ()) -> str:
    """Say who ended it first and what followed, in the order of the wire."""
    closes = [_close(e) for e in events if isinstance(e, FrameSent | FrameReceived) and _closes(e)]
    return ", then ".join([*closes, *_transport(wire)])


def ended_by_client(wire: Wire, events: Iterable[Event]) -> bool:
    """Whether the first sign of an end was the client's."""
    closes = (e for e in events if isinstance(e, FrameSent | FrameReceived) and _closes(e))
    first = next(closes, None)
    if first is not None:
        return isinstance(first, FrameSent)
    return bool(wire.left) and wire.left[0].client


def account(wire: Wire, events: tuple[Event, ...]) -> str:
    """Say from where to where it went, how long it was open, how it ended, what was lost."""
    where = f"{wire.client} to {joined(*wire.server)}"
    opened = next((e for e in events if isinstance(e, Upgraded)), None)
    frames = [e.at for e in events if isinstance(e, FrameSent | FrameReceived) and not _closes(e)]
    parts = [ended(wire, events)]
    end = end_of(wire, events)
    if opened:
        parts.append(f"open for {duration(end - opened.at)}")
        parts.append(
            f"{duration(end - max(frames, default=opened.at))} after {_last(bool(frames))}"
        )
    answer = next((e for e in events if isinstance(e, ResponseReceived)), None)
    if answer and not opened:
        parts.insert(0, f"answered {answer.status} {answer.reason}".rstrip())
    if not answer and any(isinstance(e, RequestSent) for e in events):
        parts.insert(0, "not answered in HTTP")
    failed = next((e for e in events if isinstance(e, TlsFailed)), None)
    if failed:
        parts.insert(0, failed.text)
    waited = next((e for e in events if isinstance(e, DeadlineExpired)), None)
    if waited:
        parts.append(f"{waited.waiting_for} did not come in {duration(waited.at - waited.since)}")
    return f"{where}: {', '.join((*parts, *_lost(wire)))}"


def _last(frames: bool) -> str:
    return "the last frame" if frames else "the 101"


def _closes(event: FrameSent | FrameReceived) -> bool:
    return event.opcode == "close"


def end_of(wire: Wire, events: tuple[Event, ...]) -> float:
    """Give when the first sign of an end came, in seconds since the connection began."""
    closes = [e.at for e in events if isinstance(e, FrameSent | FrameReceived) and _closes(e)]
    left = [seconds(left.ns - wire.began) for left in wire.left]
    return min((*closes, *left), default=seconds(wire.last - wire.began))


def _close(event: FrameSent | FrameReceived) -> str:
    side = "client" if isinstance(event, FrameSent) else "server"
    code = "without a code" if event.code is None else str(event.code)
    reason = f" '{event.reason[:MOST_QUOTED]}'" if event.reason else ""
    return f"close {code}{reason} by the {side}"


def _transport(wire: Wire) -> list[str]:
    if wire.left:
        return [left.words for left in wire.left]
    for client in (True, False):
        if wire.silent(client):
            side, other = ("client", "server") if client else ("server", "client")
            again = wire.side(not client).again_now
            return [f"the {side} acknowledges nothing that the {other} sent {again + 1} times"]
    return ["open when the capture ended"]


def _lost(wire: Wire) -> list[str]:
    """Say what was sent again and what the capture lacks."""
    said = []
    for client in (True, False):
        side, name = wire.side(client), "client" if client else "server"
        if side.again:
            said.append(f"{side.again} segments of the {name} sent again")
        if side.gap is not None:
            said.append(f"bytes of the {name} are missing, so it is told up to there")
    return said
