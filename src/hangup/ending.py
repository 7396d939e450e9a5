"""One trace's ending in one comparable value: the stage it reached and what stopped it there."""

from __future__ import annotations

from msgspec import Struct

from hangup.closure import Closure, closure_of, ends
from hangup.event import (
    Connected,
    ConnectFailed,
    Connecting,
    DeadlineExpired,
    Event,
    Expecting,
    FrameReceived,
    FrameRejected,
    LocalClose,
    Matched,
    PageTold,
    RequestSent,
    Resolved,
    ResolveFailed,
    ResponseMalformed,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TlsEstablished,
    TlsFailed,
    Upgraded,
    UpgradeInvalid,
)
from hangup.trace import Trace

KEEPALIVE = ("keepalive ping timeout", "ping timed out", "ping timeout", "pong timeout")

UNAUTHORIZED = frozenset({3000, 3003, 4001, 4003, 4401, 4403})
"""Codes that mean a refused credential: registered (IANA), or HTTP's 401 and 403 in the 4000s."""
COMPLAINTS = (b"error", b"exception", b"fail", b"denied", b"unauthor", b"forbidden", b"invalid")
"""Words of a last message after which a clean close hides something."""
EARLY = 1.5
"""Seconds up to which an end without a word is one of the beginning; daphne takes one."""
MOST_WORDS = 300
"""Characters; a trace from elsewhere may hold a peer's text at any length."""
UNACKNOWLEDGED = "an acknowledgement of what was sent"
MUTE = ("a pong", "the answer to our close frame", UNACKNOWLEDGED)
"""What any live WebSocket peer gives, whatever its application does (RFC 6455, 5.5)."""
WILLED = (1000, 1001, 1005)
"""Codes with which a client leaves because it wants to, beside those of applications."""

KINDS = (
    "dns-failed",
    "dns-silent",
    "tcp-refused",
    "tcp-unreachable",
    "tcp-silent",
    "no-tunnel",
    "tls-untrusted",
    "tls-name",
    "tls-dates",
    "tls-not-tls",
    "tls-ended",
    "tls-refused",
    "tls-client-certificate",
    "tls-silent",
    "eof-before-response",
    "reset-before-response",
    "silent-handshake",
    "not-http",
    "broken-response",
    "http-2xx",
    "http-3xx",
    "http-400",
    "http-401",
    "http-403",
    "http-404",
    "http-405",
    "http-407",
    "http-426",
    "http-429",
    "http-4xx",
    "http-500",
    "http-501",
    "http-502",
    "http-503",
    "http-504",
    "http-505",
    "http-5xx",
    "bad-101",
    "closed-1000",
    "closed-1001",
    "closed-1002",
    "closed-1003",
    "closed-1005",
    "closed-1007",
    "closed-1008",
    "closed-1009",
    "closed-1011-empty",
    "closed-1011-reason",
    "closed-1012",
    "closed-1013",
    "closed-keepalive",
    "closed-unauthorized",
    "closed-application",
    "closed-other",
    "own-1002",
    "own-1007",
    "own-1009",
    "own-keepalive",
    "fin",
    "rst",
    "open",
    "finished",
    "open-unanswered",
    "open-mute",
)


UNSENT = "unsent"
"""How a connection ends that a browser did not even try; no sign is read from it."""
TURNED_AWAY = ("tcp.refused", "tcp.reset")
"""A reset in answer to the SYN, or to the connection before it was of use."""
WORKS = ("open", "finished")
"""It was ours to end, or its work was done."""
LOST = ("fin", "rst")
"""Ends of TCP without a close frame; which of them comes depends on what was still unread."""
ONE_END = (("finished", "closed-1000", "closed-application"), LOST)


class Ending(Struct, frozen=True, kw_only=True):
    """What stopped one connection; two connections ended alike when `same_as` says so.

    `lived` is how long its WebSocket was open or watched, in seconds.
    """

    kind: str
    words: str
    event: int
    closure: Closure | None = None
    response: ResponseReceived | None = None
    lived: float = 0.0

    @property
    def opened(self) -> bool:
        """Whether a WebSocket was open."""
        return self.closure is not None

    @property
    def works(self) -> bool:
        """Whether nobody stopped it: it was ours to end, or its work was done."""
        return self.kind in WORKS

    @property
    def cut_short(self) -> bool:
        """Whether an open WebSocket was ended by somebody else."""
        remote = self.closure is not None and self.closure.closed_by == "remote"
        return remote and not self.works

    def same_as(self, other: Ending) -> bool:
        """Whether both were stopped by the same thing, as far as a client can see."""
        if self.works and other.works:
            return True
        if self.kind != other.kind and not any({self.kind, other.kind} <= set(p) for p in ONE_END):
            return False
        if self.kind in LOST:
            return True
        if self.closure and other.closure:
            mine, theirs = self.closure, other.closure
            return (mine.code, mine.reason) == (theirs.code, theirs.reason)
        if self.response and other.response:
            return self.response.status == other.response.status
        return True


def ending_of(trace: Trace) -> Ending:
    """Name a trace's ending."""
    closure = closure_of(trace)
    if closure is not None:
        return _of_closure(trace, closure)
    invalid = trace.last(UpgradeInvalid)
    if invalid:
        return _ending(trace, "bad-101", f"101 refused: {invalid.text}", invalid)
    response = trace.response
    if response:
        return _of_response(trace, response)
    return _no_tunnel(trace) or _unsent(trace) or _before_response(trace)


def _unsent(trace: Trace) -> Ending | None:
    """Name what a browser's own rules stopped before any packet."""
    thrown = next((e for e in trace.all(PageTold) if e.what == "exception"), None)
    if thrown:
        return _ending(trace, UNSENT, f"new WebSocket() threw {thrown.text}", thrown)
    gave_up = trace.last(LocalClose)
    tried = any(trace.first(kind) for kind in (Connecting, Resolved, ResolveFailed, RequestSent))
    if tried or gave_up is None or not gave_up.abort:
        return None
    return _ending(trace, UNSENT, gave_up.why, gave_up)


def _ending(
    trace: Trace,
    kind: str,
    words: str,
    event: Event | None,
    closure: Closure | None = None,
    response: ResponseReceived | None = None,
) -> Ending:
    opened = trace.first(Upgraded)
    return Ending(
        kind=kind,
        words=words[:MOST_WORDS] + "…" * (len(words) > MOST_WORDS) or kind,
        event=trace.index(event),
        closure=closure,
        response=response,
        lived=event.at - opened.at if event and opened else 0.0,
    )


def _of_closure(trace: Trace, closure: Closure) -> Ending:
    event = closing_event(trace)
    if closure.origin == "deadline" or (closure.chosen and _willed(closure.code)):
        return _while_open(trace, closure, event)
    if closure.origin == "fin":
        return _ending(trace, "fin", "ended without a close frame", event, closure)
    if closure.origin == "rst":
        return _ending(trace, "rst", "reset", event, closure)
    if closure.closed_by == "remote" and _is_orderly(trace, closure):
        if _all_came(trace):
            words = f"closed {closure.code} after every reply"
            return _ending(trace, "finished", words, event, closure)
        if closure.code == 1000 and _delivered(trace):
            words = "closed 1000 after what it had to say"
            return _ending(trace, "finished", words, event, closure)
    side = "own" if closure.closed_by == "local" else "closed"
    reason = f" '{closure.reason}'" if closure.reason else ""
    words = f"{'we closed' if side == 'own' else 'closed'} {closure.code}{reason}"
    return _ending(trace, _close_kind(side, closure), words, event, closure)


def _willed(code: int | None) -> bool:
    return code in WILLED or (code is not None and code >= 3000)


def _while_open(trace: Trace, closure: Closure, event: Event | None) -> Ending:
    """Tell a connection that was ours to end from one that stayed open and was of no use."""
    rejected = trace.first(FrameRejected)
    if rejected:
        return _ending(trace, "own-1002", f"not WebSocket: {rejected.text}", rejected, closure)
    missed = trace.all(DeadlineExpired)
    unanswered = next((e for e in missed if e.waiting_for.startswith("a message")), None)
    if unanswered:
        waited = unanswered.at - unanswered.since
        words = f"open, but {unanswered.waiting_for} did not come within {waited:.1f} s"
        return _ending(trace, "open-unanswered", words, unanswered, closure)
    reset = trace.last(StreamReset)
    if reset and closure.after == "idle":
        words = f"open, and reset when spoken to after {closure.elapsed_ms / 1000:.1f} s of silence"
        return _ending(trace, "open-mute", words, reset, closure)
    mute = next((e for e in missed if e.waiting_for in MUTE or e.pending), None)
    if mute:
        words = f"open, but {mute.waiting_for} never came"
        return _ending(trace, "open-mute", words, mute, closure)
    return _ending(trace, "open", "open until we closed it", event, closure)


def _is_orderly(trace: Trace, closure: Closure) -> bool:
    """Whether a close can be the end of finished work: 1000, or the last message's word again."""
    code = closure.code or 0
    if code == 1000:
        return True
    said = [e for e in trace.all(FrameReceived) if e.opcode in ("text", "binary")]
    own = 4000 <= code <= 4999 and code not in UNAUTHORIZED
    return own and bool(closure.reason and said) and closure.reason.encode() in said[-1].data


def _all_came(trace: Trace) -> bool:
    """Whether replies were waited for and none is missing."""
    asked = trace.all(Expecting)
    return bool(asked) and len(trace.all(Matched)) == len(asked)


def _delivered(trace: Trace) -> bool:
    """Whether the server told a story to its end, unasked: more than a greeting, no complaint."""
    said = [e for e in trace.all(FrameReceived) if e.opcode in ("text", "binary")]
    if len(said) < 2 or trace.all(Expecting):
        return False
    last = said[-1].data.lower()
    return not any(word in last for word in COMPLAINTS)


def _close_kind(side: str, closure: Closure) -> str:
    if any(words in closure.reason.lower() for words in KEEPALIVE):
        return f"{side}-keepalive"
    if side == "own":
        return f"own-{closure.code}" if closure.code in (1002, 1007, 1009) else "own-1002"
    if closure.code == 1011:
        return "closed-1011-reason" if closure.reason else "closed-1011-empty"
    if closure.code in UNAUTHORIZED:
        return "closed-unauthorized"
    if closure.code and 3000 <= closure.code <= 4999:
        return "closed-application"
    kind = f"closed-{closure.code}"
    return kind if kind in KINDS else "closed-other"


def closing_event(trace: Trace) -> Event | None:
    """Give the event that a closure is told from: the first sign of the end after the 101."""
    opened = trace.first(Upgraded)
    after = trace.events[trace.index(opened) :] if opened else ()
    rejected = next((e for e in after if isinstance(e, FrameRejected)), None)
    return rejected or next((e for e in after if ends(e)), trace.events[-1])


def _of_response(trace: Trace, response: ResponseReceived) -> Ending:
    exact = f"http-{response.status}"
    kind = exact if exact in KINDS else f"http-{response.status // 100}xx"
    words = f"{response.status} {response.reason}".strip()
    known = kind if kind in KINDS else "broken-response"
    return _ending(trace, known, words, response, response=response)


_TLS_KINDS = {
    "tls.name-mismatch": "tls-name",
    "tls.expired": "tls-dates",
    "tls.not-yet-valid": "tls-dates",
    "tls.not-tls": "tls-not-tls",
    "tls.ended": "tls-ended",
    "tcp.reset": "tls-ended",
    "tcp.broken-pipe": "tls-ended",
    "tls.client-certificate-required": "tls-client-certificate",
    "tls.client-certificate-refused": "tls-client-certificate",
    "tls.self-signed": "tls-untrusted",
    "tls.self-signed-in-chain": "tls-untrusted",
    "tls.issuer-unknown": "tls-untrusted",
    "tls.revoked": "tls-untrusted",
    "tls.verification": "tls-untrusted",
}


def _no_tunnel(trace: Trace) -> Ending | None:
    """Name what a forward proxy answered in place of a tunnel, which is no answer to our GET."""
    answer = trace.last(ResponseReceived)
    if answer is None:
        return None
    kind = "http-407" if answer.status == 407 else "no-tunnel"
    words = f"the forward proxy gave no tunnel: {answer.status} {answer.reason}".strip()
    return _ending(trace, kind, words, answer)


def _before_response(trace: Trace) -> Ending:
    failed = trace.last(TlsFailed)
    if failed:
        kind = _TLS_KINDS.get(failed.failure, "tls-refused")
        return _ending(trace, kind, f"TLS: {failed.text}", failed)
    if trace.first(RequestSent):
        return _after_request(trace)
    if trace.first(Connected) and not trace.first(TlsEstablished):
        return _ending(trace, "tls-silent", "TLS never answered", trace.last(DeadlineExpired))
    refused = trace.last(ConnectFailed)
    if refused:
        kind = "tcp-refused" if refused.failure in TURNED_AWAY else "tcp-unreachable"
        return _ending(trace, kind, refused.text, refused)
    if trace.first(Resolved):
        expired = trace.last(DeadlineExpired)
        return _ending(trace, "tcp-silent", "TCP never answered", expired)
    failed_name = trace.last(ResolveFailed)
    if failed_name:
        return _ending(trace, "dns-failed", f"no address: {failed_name.text}", failed_name)
    return _ending(trace, "dns-silent", "the resolver never answered", trace.last(DeadlineExpired))


def _after_request(trace: Trace) -> Ending:
    malformed = trace.last(ResponseMalformed)
    if malformed:
        odd = malformed.failure == "http.not-http"
        kind = "not-http" if odd else "broken-response"
        return _ending(trace, kind, malformed.text, malformed)
    ended = trace.last(StreamEnded)
    if ended:
        return _ending(trace, "eof-before-response", "ended before any response", ended)
    reset = trace.last(StreamReset)
    if reset and reset.failure in _TLS_KINDS and reset.failure.startswith("tls."):
        # TLS 1.3 refuses a client only after its handshake is done on the client's side.
        return _ending(trace, _TLS_KINDS[reset.failure], f"TLS: {reset.text}", reset)
    if reset:
        return _ending(trace, "reset-before-response", "reset before any response", reset)
    expired = trace.last(DeadlineExpired)
    kind = "broken-response" if expired and expired.pending else "silent-handshake"
    return _ending(trace, kind, "no response in time", expired or trace.events[-1])
