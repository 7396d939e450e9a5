"""Signs of what keeps an open WebSocket alive: silence, pings, something said in time."""

from __future__ import annotations

from collections.abc import Callable

from hangup.event import DeadlineExpired, Expecting, FrameReceived, FrameSent
from hangup.record import Record
from hangup.signs.sign import Reading, Sign, cite, steady

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


def _kept(experiment: str, doing: str) -> Callable[[Record], Reading | None]:
    """Read whether something done in time keeps a connection alive that ends in silence."""

    def read(record: Record) -> Reading | None:
        base = record.baseline
        found = next((run for run in record.comparable(experiment) if run[1].closure), None)
        if not base or base[1].works or not found:
            return None
        (trace, ending), age = found, base[1].lived
        if ending.works:
            return cite(trace, "keeps", f"{doing} it lives past {age:.1f} s", ending.event)
        if not ending.same_as(base[1]) or not 1 / NEAR < ending.lived / age < NEAR:
            return cite(trace, "otherwise", f"{doing}: {ending.words}", ending.event)
        says = f"{doing} it ends at the same age, {ending.lived:.1f} s"
        return cite(trace, "same-age", says, ending.event)

    return read


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
        "pinged",
        "Does it live when it is pinged in time?",
        "pinged",
        {"keeps": 0.6, "same-age": 3, "otherwise": 0.5},
        _kept("pinged", "pinged in time"),
    ),
    Sign(
        "talking",
        "Does it live when messages are said in time?",
        "talking",
        {"keeps": 1, "same-age": 2, "otherwise": 0.5},
        _kept("talking", "with messages in time"),
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
