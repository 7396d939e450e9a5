"""Signs of the baseline: how it ended, when, and what was said."""

from __future__ import annotations

from hangup import fingerprint
from hangup.ending import COMPLAINTS, EARLY, KINDS
from hangup.event import (
    CredentialUsed,
    DeadlineExpired,
    Expecting,
    FrameReceived,
    FrameRejected,
    FrameSent,
    Matched,
    RequestSent,
    Upgraded,
)
from hangup.record import Record
from hangup.signs.sign import Reading, Sign, cite
from hangup.trace import Trace

FREQUENT = {
    "open": 4.0,
    "fin": 4.0,
    "closed-1011-empty": 3.0,
    "closed-1011-reason": 3.0,
    "http-403": 4.0,
    "http-404": 3.0,
    "http-400": 2.0,
    "http-401": 2.0,
    "http-500": 2.0,
    "http-502": 2.0,
    "tcp-refused": 2.0,
    "closed-1000": 2.0,
    "closed-keepalive": 2.0,
}

JUST_BEFORE = 0.5
"""Seconds between a complaint and the close that it explains."""
QUOTED = 120
"""First bytes of a message that are quoted."""


def _ending(record: Record) -> Reading | None:
    base = record.baseline
    if not base or base[1].kind not in KINDS:
        return None  # no packet was sent: that is a browser's to tell
    trace, ending = base
    return cite(trace, ending.kind, ending.words, ending.event)


def _when(record: Record) -> Reading | None:
    base = record.baseline
    if not base or not base[1].closure:
        return None
    trace, ending = base
    closure = ending.closure
    assert closure
    if ending.works:
        return cite(trace, "not-ended", "nobody ended it before we did", ending.event)
    age = _age(closure.elapsed_ms)
    if closure.messages_sent == 0 and closure.elapsed_ms > EARLY * 1000:
        return cite(trace, "while-idle", f"ended after {age} without a word", ending.event)
    if closure.messages_sent == 0 and closure.after == "upgrade":
        says = f"ended {age} after the upgrade, before any message was sent"
        return cite(trace, "before-any-message", says, ending.event)
    silent = record.silent
    if silent and silent[1].same_as(ending):
        # What ends alike without a word was not ended by a message, however close in time.
        says = "a connection that said nothing ended alike: no message is needed"
        return cite(silent[0], "before-any-message", says, silent[1].event)
    if closure.after.startswith("message") or _awaited_reply(trace):
        kind, _, number = closure.after.partition(":")
        since = f"our message {number}" if kind == "message" else "the last frame"
        return cite(trace, "after-message", f"ended {age} after {since}", ending.event)
    return cite(trace, "while-idle", f"ended {age} after the last frame", ending.event)


def _lag(record: Record) -> Reading | None:
    """How long after the last message the end came."""
    base = record.baseline
    closure = base[1].closure if base else None
    if not base or not closure or base[1].works or not closure.after.startswith("message"):
        return None
    value = next((name for name, most in _LAGS.items() if closure.elapsed_ms < most), "late")
    says = f"the end came {_age(closure.elapsed_ms)} after our last message"
    return cite(base[0], value, says, base[1].event)


_LAGS = {"at-once": 250.0, "soon": 700.0}
"""Milliseconds below which an end is a failure's own; later somebody has waited, or worked."""


def _age(ms: float) -> str:
    if ms < 9.95:
        return f"{ms:.1f} ms"
    return f"{ms:.0f} ms" if ms < 950 else f"{ms / 1000:.1f} s"


def _awaited_reply(trace: Trace) -> bool:
    """Whether a reply was still waited for when the connection ended, however long that took."""
    asked, came = trace.all(Expecting), trace.all(Matched)
    return len(asked) > len(came) and any(
        e.opcode in ("text", "binary") for e in trace.all(FrameSent)
    )


def _replies(record: Record) -> Reading | None:
    base = record.baseline
    if not base or not base[1].closure:
        return None
    trace, _ = base
    asked, came = trace.all(Expecting), trace.all(Matched)
    # What came before the first word, a greeting say, is no reply to it.
    first = next((e.at for e in trace.all(FrameSent) if e.opcode in ("text", "binary")), 0.0)
    said = [e for e in trace.all(FrameReceived) if e.opcode in ("text", "binary")]
    heard = [e for e in said if e.at >= first]
    named = [e for e in asked if e.what != "any message"]
    if not named:
        if not trace.all(FrameSent) or not asked:
            return cite(trace, "not-asked", "no reply was asked for", trace.first(Upgraded))
        value = "silence" if not heard else "some" if len(came) == len(asked) else "some-missing"
        missing = len(asked) - len(came)
        which = "the message" if len(asked) == 1 else f"{missing} of {len(asked)} messages"
        says = f"{which} got no reply" if missing else "replies came"
        return cite(trace, value, says, asked[-1] if missing or not heard else heard[0])
    if len([m for m in came if m.what != "any message"]) == len(named):
        return cite(trace, "all-came", "every reply that must come came", came[-1])
    if heard and len(heard) <= len(came):
        missed = trace.last(DeadlineExpired)
        return cite(trace, "some-missing", "a reply came, and not every one that must", missed)
    if heard:
        came_instead = heard[-1].data[:QUOTED].decode("utf-8", "replace")
        says = f"{came_instead!r} came, not {named[0].what}"
        return cite(trace, "others-came", says, heard[-1])
    expired = trace.last(DeadlineExpired)
    if not any(e.opcode in ("text", "binary") for e in trace.all(FrameSent)):
        says = f"nothing came, and nothing had been said; waited for {named[0].what}"
        return cite(trace, "no-greeting", says, expired)
    return cite(trace, "silence", f"no message came; waited for {named[0].what}", expired)


def _first_words(record: Record) -> Reading | None:
    base = record.baseline
    if not base or not base[1].closure:
        return None
    trace, _ = base
    sent = next((e for e in trace.all(FrameSent) if e.opcode in ("text", "binary")), None)
    limit = sent.at if sent else float("inf")
    words = [e for e in trace.all(FrameReceived) if e.opcode in ("text", "binary") and e.at < limit]
    if not words:
        return cite(trace, "none", "the server said nothing first", trace.first(Upgraded))
    text = words[-1].data.decode("utf-8", "replace").lower()
    if "error" in text or "exception" in text:
        return cite(trace, "error", "the server sent a message that speaks of an error", words[-1])
    return cite(trace, "greeting", "the server spoke first", words[0])


def _reason(record: Record) -> Reading | None:
    base = record.baseline
    if not base or not base[1].closure or base[1].closure.closed_by == "neither":
        return None
    trace, ending = base
    if not ending.kind.startswith(("closed", "own")):
        return None
    assert ending.closure
    reason = ending.closure.reason
    last = _last_words(trace) if not reason else None
    if last:
        text = last.data.decode("utf-8", "replace")
        says = f"the close gives no reason; the last message before it: {text[:QUOTED]!r}"
        return cite(trace, fingerprint.reason_kind(text), says, last)
    kind = fingerprint.reason_kind(reason)
    says = f"the close reason is {reason!r}" if reason else "the close frame gives no reason"
    return cite(trace, kind, says, ending.event)


def _last_words(trace: Trace) -> FrameReceived | None:
    """Give the message with which the server complained just before it closed."""
    frames = trace.all(FrameReceived)
    words = [e for e in frames if e.opcode in ("text", "binary")]
    close = next((e for e in frames if e.opcode == "close"), None)
    if not words or not close or close.at - words[-1].at > JUST_BEFORE:
        return None
    said = words[-1].data.lower()
    return words[-1] if any(word in said for word in COMPLAINTS) else None


def _illegal(record: Record) -> Reading | None:
    """Look at the baseline, and then at the silent connection, which lives longer."""
    base = record.baseline
    if not base or not base[1].closure:
        return None
    for trace, ending in (base, *record.of("idle")):
        rejected = trace.first(FrameRejected)
        if rejected and ending.closure:
            name = rejected.failure.removeprefix("frame.")
            return cite(trace, name, f"the peer's bytes were refused: {rejected.text}", rejected)
        bad = next((f for f in trace.all(FrameReceived) if _illegal_close(f)), None)
        if bad:
            return cite(trace, "close-payload", f"a close frame with code {bad.code}", bad)
    return cite(base[0], "none", "every frame was legal", base[0].first(Upgraded))


def _illegal_close(frame: FrameReceived) -> bool:
    code = frame.code
    reserved = code is not None and (code < 1000 or code in (1004, 1005, 1006, 1015))
    return frame.opcode == "close" and (reserved or not frame.reason_valid)


def _claims(record: Record) -> Reading | None:
    base = record.baseline
    if not base or not base[0].first(RequestSent):
        return None
    trace, used = base[0], base[0].first(CredentialUsed)
    if not used:
        return cite(trace, "none-given", "no token was sent", trace.first(RequestSent))
    if used.kind == "opaque":
        return cite(trace, "opaque", "the token is no JWT", used)
    now = trace.began
    if used.expires is not None and used.expires <= now:
        says = f"the token expired {now - used.expires:.0f} s before this run"
        return cite(trace, "expired", says, used)
    if used.not_before is not None and used.not_before > now:
        says = f"the token is valid only in {used.not_before - now:.0f} s"
        return cite(trace, "not-yet", says, used)
    return cite(trace, "in-time", "the token's claims are valid now", used)


SIGNS = (
    Sign(
        "ending",
        "How did it end?",
        "baseline",
        {kind: FREQUENT.get(kind, 1.0) for kind in KINDS},
        _ending,
    ),
    Sign(
        "when",
        "When did it end?",
        "baseline",
        {"before-any-message": 3, "after-message": 2, "while-idle": 1, "not-ended": 2},
        _when,
    ),
    Sign(
        "lag",
        "How long after the message did it end?",
        "baseline",
        {"at-once": 6, "soon": 1, "late": 1.5},
        _lag,
    ),
    Sign(
        "replies",
        "Did the replies come?",
        "baseline",
        {
            "all-came": 2,
            "some": 1,
            "some-missing": 1,
            "others-came": 1,
            "silence": 2,
            "no-greeting": 0.5,
            "not-asked": 2,
        },
        _replies,
    ),
    Sign(
        "first-words",
        "Did the server speak first?",
        "baseline",
        {"none": 6, "greeting": 2, "error": 1},
        _first_words,
    ),
    Sign(
        "reason",
        "What does the close reason speak of?",
        "baseline",
        dict.fromkeys((*(name for name, _ in fingerprint.CLOSE_REASONS), "none", "other"), 1.0),
        _reason,
    ),
    Sign(
        "illegal",
        "Was every frame legal?",
        "baseline",
        {
            "none": 20,
            **dict.fromkeys(
                (
                    "http-in-stream",
                    "reserved-bits",
                    "opcode",
                    "masked",
                    "control",
                    "fragmentation",
                    "close-payload",
                    "utf8",
                    "too-big",
                    "compression",
                    "other",
                ),
                1.0,
            ),
            "http-in-stream": 0.1,
        },
        _illegal,
    ),
    Sign(
        "claims",
        "What do the token's own claims say?",
        "baseline",
        {"none-given": 5, "in-time": 4, "expired": 0.3, "not-yet": 0.2, "opaque": 4},
        _claims,
    ),
)
