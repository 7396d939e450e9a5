"""Signs of what keeps an open WebSocket alive: silence, pings, something said in time."""

from __future__ import annotations

from collections.abc import Callable

from hangup.ending import Ending
from hangup.event import DeadlineExpired, Expecting, FrameReceived, FrameSent
from hangup.record import Record, wants_login
from hangup.signs.sign import Reading, Sign, cite, steady
from hangup.trace import Trace

YOUNG = 0.5
"""Seconds of age below which deaths that coincide say nothing."""
TOGETHER = 0.05
"""Seconds within which two deaths count as one."""
NEAR = 1.25
"""Two ages within this factor are the same one."""


def _idle(record: Record) -> Reading | None:
    base, found = record.baseline, record.silent
    if not found and base and not base[0].all(Expecting) and record.first("baseline"):
        found = base  # a baseline without a conversation is itself the silent connection
    if not found or not base or not found[1].closure or not steady(record):
        return None
    trace, ending = found
    if ending.works and (base[1].works or not ending.same_as(base[1])):
        return cite(trace, "lives", "a connection that says nothing lives", ending.event)
    if wants_login(ending, base[1]):
        says = f"one that says nothing is sent away for want of a login: {ending.words}"
        return cite(trace, "wants-login", says, ending.event)
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
        if abs(_died(*found) - _died(*base)) < TOGETHER < abs(ending.lived - age):
            says = (
                f"{doing} it ended at the same moment, {ending.lived:.1f} s old and not {age:.1f} s"
            )
            return cite(trace, "otherwise", says, ending.event)
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


def _closing(record: Record) -> Reading | None:
    """Whether our close frame is answered, which every live peer does by itself."""
    ended = ((trace, record.ending(trace)) for trace in record.uncrowded)
    ours = [(t, e) for t, e in ended if e.closure and e.closure.chosen]
    silent = [(t, e) for t, e in ours if e.closure and not e.closure.echoed]
    if not ours:
        return None
    if len(silent) * 2 > len(ours):
        trace, ending = silent[0]
        says = f"{len(silent)} of {len(ours)} close frames of ours were not answered"
        return cite(trace, "unanswered", says, ending.event)
    trace, ending = next((t, e) for t, e in ours if e.closure and e.closure.echoed)
    return cite(trace, "answered", "our close frame was answered", ending.event)


def _deaths(record: Record) -> Reading | None:
    """Whether connections of different age die together, or each at the same age."""
    ended = ((trace, record.ending(trace)) for trace in record.uncrowded)
    dead = [(t, e) for t, e in ended if e.cut_short and e.lived > YOUNG]
    for number, (one, first) in enumerate(dead):
        for other, second in dead[number + 1 :]:
            apart = abs(_died(one, first) - _died(other, second))
            older = max(first.lived, second.lived) - min(first.lived, second.lived)
            if apart < TOGETHER and older > 2 * TOGETHER:
                says = f"two connections, {older:.1f} s apart in age, ended within {apart:.2f} s"
                return cite(other, "together", says, second.event)
    if len(dead) < 2:
        return None
    ages = [ending.lived for _, ending in dead]
    if max(ages) > NEAR * min(ages):
        return None
    trace, ending = dead[-1]
    return cite(trace, "by-age", f"{len(dead)} ended at {min(ages):.1f} s of age", ending.event)


def _silent_alone(record: Record) -> Reading | None:
    """Whether a silent connection, which ended with one that had spoken, ends by itself too."""
    along, alone = record.fell_along, record.first("silent-alone")
    if not along or not alone or not alone[1].opened:
        return None
    if alone[1].works:
        says = "a silent connection ended with one that had spoken; alone it lives"
        return cite(along[0], "lives", says, along[1].event)
    return cite(alone[0], "dies", f"alone too: {alone[1].words}", alone[1].event)


def _died(trace: Trace, ending: Ending) -> float:
    return trace.began + trace.events[ending.event].at


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
        {"lives": 3, "dies-alike": 2, "dies-otherwise": 1, "wants-login": 0.2},
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
    Sign(
        "closing",
        "Is our close frame answered?",
        "baseline",
        {"answered": 8, "unanswered": 1},
        _closing,
    ),
    Sign(
        "silent-alone",
        "Does a silent connection live when nobody speaks beside it?",
        "silent-alone",
        {"dies": 3, "lives": 0.3},
        _silent_alone,
    ),
    Sign(
        "deaths",
        "Do connections of different age die together?",
        "baseline",
        {"by-age": 1.5, "together": 0.4},
        _deaths,
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
