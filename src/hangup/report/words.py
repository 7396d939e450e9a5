"""Who hung up, in one sentence: from a closure, and from a trace."""

from __future__ import annotations

from hangup.closure import Closure, closure_of
from hangup.event import (
    DeadlineExpired,
    FrameReceived,
    FrameRejected,
    FrameSent,
    Matched,
    StreamReset,
)
from hangup.report.escape import quoted, show
from hangup.report.opening import never_opened
from hangup.report.units import NEVER_SENT, code_name, count, duration
from hangup.trace import Trace

BROWSER_1006 = "what a browser reports as 1006"
NORMAL = (1000, 1001)


def closure_sentence(closure: Closure, trace: Trace | None = None) -> str:
    """Say who closed, with what and after what; `trace` adds what only its events tell."""
    if closure.origin == "own-library":
        return _closed_by_us(closure, trace)
    if closure.origin == "deadline":
        return _nobody_closed(closure, trace)
    parts = [f"{_who(closure, trace)}, {closure_when(closure)}", _traffic(closure)]
    return ", ".join(part for part in parts if part) + _aftermath(closure, trace)


def trace_sentence(trace: Trace) -> str:
    """Say in one sentence how a connection ended, whether or not a WebSocket ever opened."""
    closure = closure_of(trace)
    return never_opened(trace) if closure is None else closure_sentence(closure, trace)


def closure_label(closure: Closure) -> str:
    """Give the ending in two or three words, for a mark in a drawing: `closed 1011`."""
    if closure.origin in ("peer-frame", "intermediary-frame"):
        return f"closed {closure.code}"
    if closure.origin == "own-library":
        return f"we closed {closure.code}"
    if closure.origin == "deadline":
        return "silence" if closure.transport_end == "silence" else "still open"
    return "FIN, no close frame" if closure.origin == "fin" else "broken off"


def ended_by(trace: Trace) -> str:
    """Say in a few words who ended it, for a mark in a drawing: `the server closed first`."""
    closure = closure_of(trace)
    if closure is None:
        refused = trace.response is not None and trace.response.status != 101
        return "the upgrade was refused" if refused else "no WebSocket opened"
    if closure.origin == "own-library":
        return "we closed" if closure.chosen else "our own side closed first"
    if closure.origin == "deadline":
        silent = closure.transport_end == "silence"
        return "nobody closed: silence" if silent else "nobody closed: still open"
    return {
        "peer-frame": "the server closed first",
        "intermediary-frame": "an intermediary closed first",
        "fin": "the server ended TCP, no close frame",
        "rst": "reset, no close frame",
    }[closure.origin]


def closure_when(closure: Closure) -> str:
    """Say when it ended, from what came before: `3 ms after the upgrade`."""
    elapsed = duration(closure.elapsed_ms / 1000)
    if closure.after == "idle":
        return f"after {elapsed} without a frame"
    return f"{elapsed} after {_occasion(closure.after)}"


def close_code(code: int | None, reason: str) -> str:
    """Give the content of a close frame: `1011 'Internal error'`, `1001 (going away), no reason`.

    A code that no frame may hold is marked so; 1005 stands for a frame without a code.
    """
    if code is None or code == 1005:
        return "a close frame without a code (1005)"
    if code in NEVER_SENT or not 1000 <= code <= 4999:
        return f"{code} {quoted(reason)} (a code that no frame may hold)"
    return f"{code} {quoted(reason)}" if reason else f"{code} ({code_name(code)}), no reason"


def _who(closure: Closure, trace: Trace | None) -> str:
    if closure.origin == "fin":
        return f"the server ended the TCP connection without a close frame ({BROWSER_1006})"
    if closure.origin == "rst":
        return f"{_broken(trace)} without a close frame ({BROWSER_1006})"
    said = close_code(closure.code, closure.reason)
    if closure.origin == "intermediary-frame":
        return f"an intermediary{_named(trace)} closed first: {said}"
    return f"the server closed first: {said}"


def _broken(trace: Trace | None) -> str:
    reset = trace.last(StreamReset) if trace else None
    if reset is None or reset.failure == "tcp.reset":
        return "the connection was reset (RST)"
    return f"the connection broke ({show(reset.failure)}: {show(reset.text)})"


def _named(trace: Trace | None) -> str:
    server = trace.response.header("server") if trace and trace.response else None
    return f" ({show(server, 40)})" if server else ""


def _occasion(after: str) -> str:
    kind, _, number = after.partition(":")
    return f"our message {number}" if kind == "message" else "the upgrade"


def _traffic(closure: Closure) -> str:
    sent, received = closure.messages_sent, closure.frames_received
    if not sent and not received:
        return "before any message in either direction"
    if not received:
        return "with nothing received before"
    came = f"{count(received, 'frame')} received before"
    return came if sent else f"{came}, nothing sent"


def _aftermath(closure: Closure, trace: Trace | None) -> str:
    if rejected := (trace.last(FrameRejected) if trace else None):
        return f"; before that it sent what is no legal frame ({show(rejected.failure)})"
    if closure.code is None or closure.origin not in ("peer-frame", "intermediary-frame"):
        return ""
    if closure.transport_end == "rst":
        return "; the TCP connection was then reset"
    if closure.transport_end == "silence":
        return "; the TCP connection stayed open"
    return ""


def _closed_by_us(closure: Closure, trace: Trace | None) -> str:
    said = close_code(closure.code, closure.reason)
    if closure.chosen and closure.code in NORMAL:
        code = said if closure.reason else str(closure.code)
        return f"we closed, {code}, {_exchange(closure, trace)}; {_answer(closure, trace)}"
    who = "we closed first" if closure.chosen else "our own side closed first"
    why = _provocation(trace)
    parts = (f"{who}: {said}", closure_when(closure), _traffic(closure), why)
    return ", ".join(part for part in parts if part) + f"; {_answer(closure, trace)}"


def _exchange(closure: Closure, trace: Trace | None) -> str:
    if not closure.messages_sent and not closure.frames_received:
        return f"after {duration(closure.elapsed_ms / 1000)} open with nothing said"
    sent = f"after {count(closure.messages_sent, 'message')} sent"
    said = f"{sent} and {count(closure.frames_received, 'frame')} received"
    # The replies that the conversation waited for are what makes such a close a healthy one.
    matched = len(trace.all(Matched)) if trace else 0
    if not matched:
        return said
    replies = "the expected reply" if matched == 1 else f"{matched} expected replies"
    return f"{said} with {replies}"


def _provocation(trace: Trace | None) -> str:
    rejected = trace.last(FrameRejected) if trace else None
    if rejected is None:
        return ""
    return f"because what came is no legal frame ({show(rejected.failure)}: {show(rejected.text)})"


def _answer(closure: Closure, trace: Trace | None) -> str:
    if not closure.echoed:
        return "the server did not answer the close"
    took = _answer_time(trace) if trace else None
    return "the server answered the close" + (f" in {duration(took)}" if took is not None else "")


def _answer_time(trace: Trace) -> float | None:
    ours = next((e for e in trace.all(FrameSent) if e.opcode == "close"), None)
    theirs = next((e for e in trace.all(FrameReceived) if e.opcode == "close"), None)
    return theirs.at - ours.at if ours and theirs else None


def _nobody_closed(closure: Closure, trace: Trace | None) -> str:
    if closure.transport_end == "open":
        return f"nobody closed: the connection was open when we left it, {closure_when(closure)}"
    expired = trace.last(DeadlineExpired) if trace else None
    awaited = f" while we waited for {show(expired.waiting_for, 80)}" if expired else ""
    parts = (
        f"nobody closed: silence{awaited}, until we gave up {closure_when(closure)}",
        _heard(closure),
    )
    return ", ".join(part for part in parts if part)


def _heard(closure: Closure) -> str:
    if closure.frames_received:
        return f"{count(closure.frames_received, 'frame')} received before"
    return "nothing ever received"
