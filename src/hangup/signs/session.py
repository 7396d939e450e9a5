"""Signs of an open WebSocket: silence, messages, pings, repetition."""

from __future__ import annotations

from hangup.ending import Ending
from hangup.event import DeadlineExpired, Expecting, FrameReceived, FrameSent, Matched
from hangup.interval import wilson
from hangup.record import Record
from hangup.signs.sign import Reading, Sign, cite, compared, steady
from hangup.trace import Trace

BIG = 4096
"""Bytes; no server or proxy is known to limit messages below it by default."""


def _idle(record: Record) -> Reading | None:
    base, found = record.baseline, record.first("idle")
    if not found and base and not base[0].all(Expecting) and record.first("baseline"):
        found = base  # a baseline without a conversation is itself the silent connection
    if not found or not base or not found[1].closure or not steady(record):
        return None
    trace, ending = found
    if ending.works:
        return cite(trace, "lives", "a connection that says nothing lives", ending.event)
    if ending.same_as(base[1]):
        says = f"a connection that said nothing ended too: {ending.words}"
        return cite(trace, "dies-alike", says, ending.event)
    return cite(trace, "dies-otherwise", f"without a word: {ending.words}", ending.event)


def _messages(record: Record) -> Reading | None:
    runs = [(t, e) for t, e in record.comparable("messages") if e.closure]
    if not runs or not steady(record):
        return None
    dead = [(t, e) for t, e in runs if not e.works]
    if all(e.closure and not e.closure.messages_sent for _, e in dead) and len(dead) == len(runs):
        return None  # none was sent, so none did anything
    if dead:
        trace, ending = dead[0]
        value = "all-kill" if len(dead) == len(runs) and len(runs) > 1 else "one-kills"
        return cite(trace, value, f"{trace.variant} alone: {ending.words}", ending.event)
    mute = [(t, e) for t, e in runs if not t.all(Matched)]
    if mute:
        trace, ending = mute[0]
        value = "all-silent" if len(mute) == len(runs) else "one-silent"
        return cite(trace, value, f"{trace.variant} alone got no reply", ending.event)
    trace, ending = runs[0]
    return cite(trace, "all-answered", "each message alone got a reply", ending.event)


def _delay(record: Record) -> Reading | None:
    """Hold speaking at once against speaking later; the baseline speaks a little later."""
    runs, base = record.of("delay"), record.baseline
    if not runs or not base or not all(e.closure for _, e in runs):
        return None
    if base[1].cut_short and not steady(record):
        return None
    early, late = runs[0], runs[-1] if len(runs) > 1 else base
    if _answered(*early) == _answered(*late):
        return cite(early[0], "no-effect", "the delay changes nothing", early[1].event)
    if _answered(*late):
        says = f"sent at once: {_account(*early)}; sent later: it works"
        return cite(early[0], "only-late-works", says, early[1].event)
    return cite(late[0], "only-early-works", f"sent late: {late[1].words}", late[1].event)


def _answered(trace: Trace, ending: Ending) -> bool:
    """Whether the conversation came through; without an expectation any reply counts."""
    asked = trace.all(Expecting)
    return ending.works and (not asked or bool(trace.all(Matched)))


def _account(trace: Trace, ending: Ending) -> str:
    return ending.words if not ending.works else "no reply"


def _other_type(record: Record) -> Reading | None:
    found = compared(record, "other-type")
    if not found or not found[1].closure:
        return None
    trace, ending, base = found
    if ending.works and not base.works:
        return cite(trace, "works", "as the other type it works", ending.event)
    value = "alike" if ending.same_as(base) else "otherwise"
    return cite(trace, value, f"as the other type: {ending.words}", ending.event)


def _smaller(record: Record) -> Reading | None:
    runs = record.comparable("smaller")
    if not runs:
        return None
    trace, ending = runs[-1]
    if ending.works:
        return cite(trace, "works", f"{trace.variant} pass", ending.event)
    return cite(trace, "alike", f"{trace.variant}: {ending.words}", ending.event)


def _message_size(record: Record) -> Reading | None:
    base = record.baseline
    sent = [e for e in base[0].all(FrameSent) if e.opcode in ("text", "binary")] if base else []
    if not base or not sent:
        return None
    biggest = max(sent, key=lambda event: event.size)
    value = "big" if biggest.size > BIG else "small"
    return cite(base[0], value, f"the biggest message sent has {biggest.size} bytes", biggest)


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


def _repeat(record: Record) -> Reading | None:
    runs, base = record.comparable("repeat"), record.baseline
    if not runs or not base:
        return None
    odd = next(((t, e) for t, e in runs if not e.same_as(base[1])), None)
    if odd:
        says = f"not always the same: {odd[1].words}, and {base[1].words}"
        return cite(odd[0], "mixed", f"{says}; {_rate([base, *runs])}", odd[1].event)
    trace, ending = runs[-1]
    return cite(trace, "same", f"{len(runs) + 1} of {len(runs) + 1} end alike", ending.event)


def _rate(runs: list[tuple[Trace, Ending]]) -> str:
    """Say how often the honest request fails, with the interval in which its true share lies."""
    failed, tries = sum(not ending.works for _, ending in runs), len(runs)
    low, high = wilson(failed, tries)
    return f"{failed} of {tries} fail (95 % interval: {low:.0%} to {high:.0%})"


def _reconnect(record: Record) -> Reading | None:
    runs, base = record.comparable("reconnect"), record.baseline
    if not runs or not base:
        return None
    trace, ending = runs[0]
    if ending.works:
        return cite(trace, "works", "a connection right after it works", ending.event)
    late = runs[-1]
    if len(runs) > 1 and late[1].works:
        return cite(late[0], "works-later", "after a pause it works", late[1].event)
    value = "alike" if ending.same_as(base[1]) else "otherwise"
    return cite(trace, value, f"right after it: {ending.words}", ending.event)


def _at_once(record: Record) -> Reading | None:
    runs, base = record.comparable("at-once"), record.baseline
    if not runs or not base or not (base[1].works or steady(record)):
        return None
    bad = [(t, e) for t, e in runs if not e.works]
    if not bad:
        return cite(runs[0][0], "all-work", f"{len(runs)} at once work", runs[0][1].event)
    trace, ending = bad[0]
    value = "all-alike" if ending.same_as(base[1]) else "otherwise"
    value = "some-fail" if len(bad) < len(runs) or base[1].works else value
    return cite(trace, value, f"{len(bad)} of {len(runs)} at once: {ending.words}", ending.event)


def _stalls(record: Record) -> Reading | None:
    """Whether handshakes went unanswered after the baseline's had been answered."""
    base = record.baseline
    if not base or not base[1].opened:
        return None
    others = [(t, r) for t in record.traces if (r := record.ending(t)) and t is not base[0]]
    silent = next(((t, e) for t, e in others if e.kind == "silent-handshake"), None)
    if silent:
        says = "a handshake was not answered although the first one was"
        return cite(silent[0], "stalls", says, silent[1].event)
    return cite(base[0], "answers", "every handshake was answered", base[1].event)


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
        "messages",
        "What does each message do alone?",
        "messages",
        {"all-answered": 2, "one-kills": 1, "all-kill": 1, "one-silent": 1, "all-silent": 2},
        _messages,
    ),
    Sign(
        "delay",
        "Does the first message's delay decide?",
        "delay",
        {"no-effect": 20, "only-late-works": 0.3, "only-early-works": 0.3},
        _delay,
    ),
    Sign(
        "other-type",
        "Does text or binary decide?",
        "other-type",
        {"works": 0.2, "alike": 3, "otherwise": 1},
        _other_type,
    ),
    Sign(
        "message-size",
        "How big are the messages?",
        "baseline",
        {"small": 4, "big": 1},
        _message_size,
    ),
    Sign("smaller", "Does a smaller one pass?", "smaller", {"works": 1, "alike": 1}, _smaller),
    Sign("ping", "Is a ping answered?", "ping", {"pong": 6, "silence": 0.4, "dies": 2}, _ping),
    Sign("repeat", "Does it end the same each time?", "repeat", {"same": 9, "mixed": 0.7}, _repeat),
    Sign(
        "reconnect",
        "Does it work right after?",
        "reconnect",
        {"works": 1, "works-later": 0.5, "alike": 4, "otherwise": 0.5},
        _reconnect,
    ),
    Sign(
        "at-once",
        "Do several at once work?",
        "at-once",
        {"all-work": 4, "some-fail": 0.3, "all-alike": 3, "otherwise": 0.3},
        _at_once,
    ),
    Sign(
        "stalls",
        "Do handshakes go unanswered later?",
        "baseline",
        {"answers": 30, "stalls": 0.5},
        _stalls,
    ),
    Sign(
        "server-ping",
        "Did the server ping, and was it answered?",
        "baseline",
        {"no-ping": 8, "answered": 2, "unanswered": 0.5},
        _server_ping,
    ),
)
