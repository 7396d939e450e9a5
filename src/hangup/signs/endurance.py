"""Signs of what keeps an open WebSocket alive: silence, pings, something said in time."""

from __future__ import annotations

from hangup.event import DeadlineExpired, Expecting, FrameReceived, FrameSent
from hangup.record import Record
from hangup.signs.sign import Reading, Sign, cite, steady

PINGED, SPOKEN = "pings in time", "messages in time"
NEAR = 1.25
"""Two ages within this factor are the same one."""


def _idle(record: Record) -> Reading | None:
    base, found = record.baseline, record.first("idle")
    if not found and base and not base[0].all(Expecting) and record.first("baseline"):
        found = base  # a baseline without a conversation is itself the silent connection
    if not found or not base or not found[1].closure or not steady(record):
        return None
    trace, ending = found
    if ending.works and (base[1].works or not ending.same_as(base[1])):
        return cite(trace, "lives", "a connection that says nothing lives", ending.event)
    if ending.same_as(base[1]):
        says = f"a connection that said nothing ended too: {ending.words}"
        return cite(trace, "dies-alike", says, ending.event)
    return cite(trace, "dies-otherwise", f"without a word: {ending.words}", ending.event)


def _busy(record: Record) -> Reading | None:
    """Whether something said in time keeps a connection that ended in silence alive."""
    base = record.baseline
    runs = {t.variant: (t, e) for t, e in record.comparable("busy") if e.closure}
    if not base or PINGED not in runs:
        return None
    pinged, spoke = runs[PINGED], runs.get(SPOKEN)
    age = base[1].lived
    if pinged[1].works:
        says = f"pinged in time it lives past {age:.1f} s"
        return cite(pinged[0], "pings-keep", says, pinged[1].event)
    if spoke and spoke[1].works:
        says = f"with messages in time it lives past {age:.1f} s; pings alone do not keep it"
        return cite(spoke[0], "messages-keep", says, spoke[1].event)
    trace, ending = spoke or pinged
    if not ending.same_as(base[1]) or not 1 / NEAR < ending.lived / age < NEAR:
        return cite(trace, "otherwise", f"{trace.variant}: {ending.words}", ending.event)
    says = f"{trace.variant}, and it ends at the same age: {ending.lived:.1f} s"
    return cite(trace, "same-age" if spoke else "pings-no-help", says, ending.event)


def _ping(record: Record) -> Reading | None:
    found = record.first("ping")
    if not found or not found[1].closure:
        return None
    trace, ending = found
    sent = next((e for e in trace.all(FrameSent) if e.opcode == "ping"), None)
    pong = next((e for e in trace.all(FrameReceived) if e.opcode == "pong"), None)
    if sent and pong:
        says = f"the pong came {(pong.at - sent.at) * 1000:.0f} ms after our ping"
        return cite(trace, "pong", says, pong)
    if not ending.cut_short and not ending.kind.startswith("own-"):
        return cite(trace, "silence", "our ping was not answered", trace.last(DeadlineExpired))
    return cite(trace, "dies", f"after our ping: {ending.words}", ending.event)


def _server_ping(record: Record) -> Reading | None:
    """Whether the server pinged and we answered before it closed for want of a pong."""
    base = record.baseline
    if not base or not base[1].closure:
        return None
    trace, _ = base
    ping = next((e for e in trace.all(FrameReceived) if e.opcode == "ping"), None)
    if ping is None:
        return cite(trace, "no-ping", "the server sent no ping")
    pong = next((e for e in trace.all(FrameSent) if e.opcode == "pong" and e.at >= ping.at), None)
    if pong is None:
        return cite(trace, "unanswered", "the server's ping was not answered", ping)
    says = f"the server's ping was answered within {(pong.at - ping.at) * 1000:.1f} ms"
    return cite(trace, "answered", says, pong)


SIGNS = (
    Sign(
        "idle",
        "Does a connection live that says nothing?",
        "idle",
        {"lives": 3, "dies-alike": 2, "dies-otherwise": 1},
        _idle,
    ),
    Sign(
        "busy",
        "Does it live when something is said in time?",
        "busy",
        {"pings-keep": 1, "messages-keep": 1, "same-age": 2, "pings-no-help": 2, "otherwise": 0.5},
        _busy,
    ),
    Sign("ping", "Is a ping answered?", "ping", {"pong": 6, "silence": 0.4, "dies": 2}, _ping),
    Sign(
        "server-ping",
        "Did the server ping, and was it answered?",
        "baseline",
        {"no-ping": 8, "answered": 2, "unanswered": 0.5},
        _server_ping,
    ),
)
