"""One event in one line, for tables of events."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from hangup import event as ev
from hangup.browsed.columns import page_says
from hangup.report.escape import quoted, show, show_bytes
from hangup.report.opening import failure_words
from hangup.report.units import count, duration, size
from hangup.report.words import close_code


def event_name(event: ev.Event) -> str:
    """Give the event's name as on disk: `frame-received`."""
    return str(event.__struct_config__.tag)


def event_text(event: ev.Event) -> str:
    """Say what one event tells; what a peer wrote is escaped and bounded."""
    return _TEXTS[type(event)](event)


def payload(event: ev.FrameSent | ev.FrameReceived, limit: int = 120) -> str:
    """Give what a frame holds: its text, the content of a close, or nothing for empty ones."""
    if event.opcode == "close":
        return close_code(event.code, event.reason)
    if not event.data:
        return ""
    more = "…" if event.size > len(event.data) else ""
    return f"'{show_bytes(event.data, limit)}{more}'"


def _resolved(e: ev.Resolved) -> str:
    return f"{show(e.host)} is {show(', '.join(e.addresses))} ({e.source})"


def _connect_failed(e: ev.ConnectFailed) -> str:
    return f"{show(e.address)} port {e.port}: {failure_words(e.failure)} ({show(e.text)})"


def _tls(e: ev.TlsEstablished) -> str:
    verified = "verified" if e.verified else "not verified"
    leaf = f"; certificate of {show(e.chain[0].subject)}, {verified}" if e.chain else ""
    return f"{show(e.version)}, {show(e.cipher)}, ALPN {show(e.alpn or 'none')}{leaf}"


def _request(e: ev.RequestSent) -> str:
    return f"{show(e.method)} {show(e.target)}; {_headers(e.headers)}"


def _credential(e: ev.CredentialUsed) -> str:
    signed = f" signed with {show(e.algorithm, 20)}" if e.algorithm else ""
    dates = ((e.not_before, "valid from"), (e.expires, "expires"))
    said = "".join(f", {words} {_date(at)}" for at, words in dates if at is not None)
    return f"{e.kind} credential{signed} in the {show(e.place, 40)}{said}"


def _date(epoch: float) -> str:
    try:
        return datetime.fromtimestamp(epoch, UTC).isoformat(timespec="seconds")
    except (OverflowError, OSError, ValueError):
        # A claim is a number of the peer's choice, and need not be a date.
        return f"{epoch:g}"


def _response(e: ev.ResponseReceived) -> str:
    head = f"HTTP/{show(e.http_version)} {e.status} {show(e.reason)}; {_headers(e.headers)}"
    if not e.body_size:
        return head
    if not e.body:
        return f"{head}; body of {size(e.body_size)}, encoded and so not kept"
    return f"{head}; body of {size(e.body_size)}: '{show_bytes(e.body)}'"


def _headers(headers: tuple[ev.Header, ...]) -> str:
    return "; ".join(f"{show(name)}: {show(value)}" for name, value in headers)


def _upgraded(e: ev.Upgraded) -> str:
    spoken = f"subprotocol {quoted(e.subprotocol)}" if e.subprotocol else "no subprotocol"
    extensions = show(", ".join(e.extensions)) if e.extensions else "no extensions"
    glued = f", {count(e.glued, 'byte')} came along" if e.glued else ""
    return f"{spoken}, {extensions}{glued}"


def _frame(e: ev.FrameSent | ev.FrameReceived) -> str:
    text = payload(e)
    fragment = "" if e.fin else ", more fragments follow"
    automatic = ", automatic" if isinstance(e, ev.FrameSent) and e.automatic else ""
    said = f": {text}" if text else ""
    return f"{e.opcode}, {size(e.size)}{fragment}{automatic}{said}"


def _broken(e: ev.UpgradeInvalid | ev.TlsFailed | ev.StreamReset) -> str:
    return f"{failure_words(e.failure)} ({show(e.text)})"


def _illegal(e: ev.ResponseMalformed | ev.FrameRejected) -> str:
    return f"{failure_words(e.failure)} ({show(e.text)}): '{show_bytes(e.head, 80)}'"


def _ended(e: ev.StreamEnded) -> str:
    if e.close_notify is None:
        return "FIN"
    return "FIN, with close_notify" if e.close_notify else "FIN, without close_notify"


def _expired(e: ev.DeadlineExpired) -> str:
    pending = f"; {count(e.pending, 'byte')} lay unread" if e.pending else ""
    return f"waited {duration(e.at - e.since)} for {show(e.waiting_for)}{pending}"


def _tcp_info(e: ev.TcpInfo) -> str:
    lost = f"{count(e.total_retransmits, 'retransmit')}, {e.unacked} unacknowledged"
    return f"{show(e.state)}, round trip {e.rtt_ms:.1f} ms, {lost}"


def _resumed(e: ev.ReadingResumed) -> str:
    lay = "" if e.unread is None else f"; {size(e.unread)} lay in our buffer"
    return f"after {duration(e.paused)} in which nothing was read{lay}"


def _counted(e: ev.MessagesCounted) -> str:
    within = duration(max(0.0, e.until - e.since))
    return f"{count(e.messages, 'message')}, {size(e.size)}, within {within}"


def _numbers(e: ev.NumbersCounted) -> str:
    each = f" in each {show(e.by, 40)}" if e.by else ""
    first = "" if e.before is None else f", the first between {e.before} and {e.behind}"
    gaps = f"; {e.missing} missing{first}" if e.missing else "; none is missing"
    return f"{count(e.numbers, 'number')}{each}, the last {e.last}{gaps}"


def _page(e: ev.PageLoaded) -> str:
    secure = "a secure context" if e.secure_context else "no secure context"
    cannot = f"; no script can send {show(', '.join(e.unsendable))}" if e.unsendable else ""
    return f"{show(e.agent)}, a page of {show(e.origin)}, {secure}{cannot}"


_TEXTS: dict[type[ev.Occurrence], Callable[[Any], str]] = {
    ev.Resolved: _resolved,
    ev.ResolveFailed: lambda e: f"{show(e.host)}: {failure_words(e.failure)} ({show(e.text)})",
    ev.Connecting: lambda e: f"to {show(e.address)} port {e.port}",
    ev.Connected: lambda e: f"to {show(e.address)} port {e.port} in {duration(e.took)}",
    ev.ConnectFailed: _connect_failed,
    ev.TlsEstablished: _tls,
    ev.TlsFailed: _broken,
    ev.RequestSent: _request,
    ev.CredentialUsed: _credential,
    ev.ResponseReceived: _response,
    ev.ResponseMalformed: _illegal,
    ev.Upgraded: _upgraded,
    ev.UpgradeInvalid: _broken,
    ev.FrameSent: _frame,
    ev.FrameReceived: _frame,
    ev.FrameRejected: _illegal,
    ev.PongWithheld: lambda e: f"a ping of {size(e.size)} was left unanswered on purpose",
    ev.ReadingPaused: lambda e: f"nothing is read on purpose; our buffer holds {size(e.buffer)}",
    ev.ReadingResumed: _resumed,
    ev.MessagesCounted: _counted,
    ev.NumbersCounted: _numbers,
    ev.Expecting: lambda e: f"{show(e.what)}, until {duration(e.deadline)}",
    ev.Matched: lambda e: show(e.what),
    ev.StreamEnded: _ended,
    ev.StreamReset: _broken,
    ev.BytesAfterClose: lambda e: f"{size(e.size)}: '{show_bytes(e.head, 80)}'",
    ev.DeadlineExpired: _expired,
    ev.LocalClose: lambda e: f"{show(e.why)}{', aborted' if e.abort else ''}",
    ev.TcpInfo: _tcp_info,
    ev.PageLoaded: _page,
    ev.PageTold: lambda e: show(page_says(e)),
    ev.CookieWithheld: lambda e: f"{show(e.name, 40)}: {show(e.why)}",
    ev.ExperimentCrashed: lambda e: f"a bug of ours: {show(e.text)}",
    ev.EventsDropped: lambda e: f"{e.count} of kind {show(e.kind)} were counted, not kept",
}
