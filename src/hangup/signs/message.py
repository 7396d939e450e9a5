"""Signs of what single messages do."""

from __future__ import annotations

from hangup.ending import Ending
from hangup.event import Expecting, FrameReceived, FrameSent, Matched
from hangup.record import Record
from hangup.signs.company import hears_others
from hangup.signs.sign import Reading, Sign, cite, compared, lossy, steady
from hangup.trace import Trace

BIG = 1000
"""Bytes above which a message may be too big for something: a limit, or the path's packets."""

DEAF = 0.5
"""Seconds without a pong after which nobody hears."""
QUOTED = 60
"""Bytes of a message that are quoted."""


def _messages(record: Record) -> Reading | None:
    runs = [(t, e) for t, e in record.comparable("messages") if e.closure]
    if not runs or not steady(record):
        return None
    dead = [(t, e) for t, e in runs if not e.works]
    if len(dead) == len(runs) > 1 and all(e.cut_short and t.all(Matched) for t, e in dead):
        trace, ending = dead[0]
        says = f"each message alone got its reply, and then: {ending.words}"
        return cite(trace, "answered-then-ends", says, ending.event)
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
    if hears_others(record) or lossy(record.uncrowded):
        return None  # what one that speaks late hears may have been said by one that spoke later
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


def _while_working(record: Record) -> Reading | None:
    """Whether pings were still answered when the end came, or had not been for a while."""
    run = record.first("while-working")
    if not run or not run[1].cut_short or not record.baseline:
        return None
    trace, ending = run
    end = trace.events[ending.event].at
    pings = [e for e in trace.all(FrameSent) if e.opcode == "ping"]
    pongs = [e for e in trace.all(FrameReceived) if e.opcode == "pong"]
    unheard = [ping for ping in pings if all(pong.at < ping.at for pong in pongs)]
    if unheard and end - unheard[0].at > DEAF:
        says = f"no ping was answered in the last {end - unheard[0].at:.1f} s before the end"
        return cite(trace, "deaf", says, unheard[0])
    if pongs and end - pongs[-1].at < DEAF:
        return cite(trace, "hears", "pings were answered until the end", pongs[-1])
    return None


def _message_size(record: Record) -> Reading | None:
    base = record.baseline
    sent = [e for e in base[0].all(FrameSent) if e.opcode in ("text", "binary")] if base else []
    if not base or not sent:
        return None
    biggest = max(sent, key=lambda event: event.size)
    value = "big" if biggest.size > BIG else "small"
    return cite(base[0], value, f"the biggest message sent has {biggest.size} bytes", biggest)


def _altered(record: Record) -> Reading | None:
    """Hold the messages that came through the proxy against those of the same request without it.

    Only where the expected reply came without it and not with it: what an application says may
    differ from one connection to the next.
    """
    base, direct = record.baseline, record.first("bypass")
    if not base or not direct or not direct[1].works or not direct[0].all(Matched):
        return None
    if base[0].all(Matched):
        return None
    here, there = _said(base[0]), _said(direct[0])
    for ours in here:
        near = next((their for their in there if _nearly(ours.data, their.data)), None)
        if near:
            says = f"{ours.data[:QUOTED]!r} came; directly it was {near.data[:QUOTED]!r}"
            return cite(base[0], "altered", says, ours)
    return cite(base[0], "same", "no message came changed", base[1].event)


def _said(trace: Trace) -> list[FrameReceived]:
    return [e for e in trace.all(FrameReceived) if e.opcode in ("text", "binary")]


def _nearly(one: bytes, other: bytes) -> bool:
    """Whether one is the other with some bytes changed in place."""
    if one == other or len(one) != len(other):
        return False
    changed = sum(a != b for a, b in zip(one, other, strict=True))
    return changed <= max(2, 2 * len(one) // 3)


SIGNS = (
    Sign(
        "messages",
        "What does each message do alone?",
        "messages",
        {
            "all-answered": 2,
            "one-kills": 1,
            "all-kill": 1,
            "answered-then-ends": 0.2,
            "one-silent": 1,
            "all-silent": 2,
        },
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
        "while-working",
        "Does it hear pings while it works on a message?",
        "while-working",
        {"hears": 2, "deaf": 1},
        _while_working,
    ),
    Sign(
        "message-size",
        "How big are the messages?",
        "baseline",
        {"small": 4, "big": 1},
        _message_size,
    ),
    Sign(
        "altered",
        "Do messages come changed through the proxy?",
        "bypass",
        {"same": 3, "altered": 0.1},
        _altered,
    ),
    Sign("smaller", "Does a smaller one pass?", "smaller", {"works": 1, "alike": 1}, _smaller),
)
