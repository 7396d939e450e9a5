"""Signs of connections that are many: what the next one meets, and what becomes of the others."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from hangup.ending import Ending
from hangup.event import (
    ConnectFailed,
    DeadlineExpired,
    Expecting,
    FrameReceived,
    FrameSent,
    Matched,
    TcpInfo,
    Upgraded,
)
from hangup.record import CROWD, Record
from hangup.signs.sign import Reading, Sign, cite
from hangup.trace import Trace

AGAIN, AFTER_ONE, AFTER_TWO, STILL = (
    "again, and nobody left",
    "after one had left",
    "after two had left",
    "again after those, and nobody left",
)
"""Variants of newcomers after one was not let in."""
IN_VAIN = ", in vain"
"""Ends the variant of one that was not let in, or not in time."""
OURS = ("tcp.no-descriptors-here", "tcp.no-local-address", "tcp.forbidden-here")
"""Failures of our own side: it is us who cannot have more."""
CUT_OFF = ("eof-before-response", "reset-before-response", "tcp-refused", "tls-ended", "fin", "rst")
UNREACHED = ("tcp-silent", "tcp-unreachable")
MUTE = ("silent-handshake", "tls-silent")
PONG = 2.0
"""Seconds that a pong may take."""
PUNCTUAL = 0.3
"""Seconds by which a deadline of ours may be late and still show that the delay is the peer's."""
SLUGGISH = 0.2
"""Seconds that the pongs of a server take at least whose loop is busy; others take milliseconds."""
AT_ONCE = 0.15
"""Seconds within which a newcomer that waits is let in where nothing but a place was missing."""

Run = tuple[Trace, Ending]


def variant_of(place: int, most: int, *, let_in: bool) -> str:
    """Name the connection that is, or would have been, so many of a crowd."""
    return f"{place} of {most}" + ("" if let_in else IN_VAIN)


@dataclass(frozen=True, slots=True)
class _Seen:
    """The crowd's traces: those let in, with their places, and those after them that were not."""

    let_in: Sequence[tuple[int, Run]]
    in_vain: Sequence[Run]
    tries: Sequence[Run]
    most: int

    @property
    def places(self) -> int:
        """How many were let in."""
        return max((place for place, _ in self.let_in), default=0)

    @property
    def cut(self) -> bool:
        """Whether it was over before all were there, and for no reason of the endpoint's."""
        ended = self.in_vain or any(ending.cut_short for _, ending in self.old)
        return not ended and self.places < self.most

    @property
    def old(self) -> list[Run]:
        """Those that were let in, in the order of their places."""
        return [run for _, run in self.let_in]


def _seen(record: Record) -> _Seen | None:
    let_in, in_vain, tries, most = [], [], [], 0
    for trace, ending in record.of(CROWD):
        named = re.fullmatch(r"(\d+) of (\d+)(, in vain)?", trace.variant)
        if not named or (named[3] and _stays(ending)):
            tries.append((trace, ending))  # who waited in vain, and came in after all, among them
        elif named[3]:
            in_vain.append((trace, ending))
        else:
            let_in.append((int(named[1]), (trace, ending)))
        most = int(named[2]) if named else most
    found = _Seen(sorted(let_in, key=lambda each: each[0]), in_vain, tries, most)
    return found if record.baseline and let_in and not _ours((*in_vain, *tries)) else None


def _stays(ending: Ending) -> bool:
    """Whether it was let in: open, and not ended by anybody else."""
    return ending.opened and not ending.cut_short


def untaken(trace: Trace) -> bool:
    """Whether the peer's TCP did not take what was sent, though it seemed to be connected.

    Linux drops the last packet of the three-way handshake when the queue of a listener is full.
    """
    info = trace.last(TcpInfo)
    return info is not None and bool(info.unacked and info.retransmits)


def _ours(runs: Sequence[Run]) -> bool:
    """Whether one was not dialled at all, for want of something here or of a resolver's answer."""
    if any(ending.kind.startswith("dns-") for _, ending in runs):
        return True
    failed = (event for trace, _ in runs for event in trace.all(ConnectFailed))
    return any(event.failure in OURS for event in failed)


def _crowd(record: Record) -> Reading | None:
    seen = _seen(record)
    if seen is None:
        return None
    ended = [run for run in seen.old if run[1].cut_short]
    if ended:
        return _ended(record, seen, ended)
    asked = [run for run in seen.old if _pings(run[0]) or run[0].first(Matched)]
    mute = [run for run in asked if _stalls(run[0])]
    if not asked:
        return None
    if mute:
        return _stalled(seen, mute, len(asked))
    limited = _late(seen) or (_next(seen) if seen.in_vain else _all_work(seen))
    return _unserved(record, seen) or limited


def _ended(record: Record, seen: _Seen, ended: Sequence[Run]) -> Reading | None:
    """Tell whom the number ended; what is older than silence was seen to live may be a timer's."""
    silent = [e.lived for n in ("idle", "baseline") for _, e in record.of(n) if e.works]
    young = [run for run in ended if run[1].lived < max(silent, default=0.0)]
    if not young:
        return None
    trace, ending = young[0]
    gone = len(ended) == len(seen.old)
    value = "all-end" if gone else "displaced"
    who = "all of them ended" if gone else "some of those before ended"
    says = f"when {seen.places} of {seen.most} had been let in, {who}: {ending.words}"
    return cite(trace, value, says, ending.event)


def _stalled(seen: _Seen, mute: Sequence[Run], asked: int) -> Reading:
    trace, _ = mute[0]
    value = "all-stall" if len(mute) == asked else "some-stall"
    who = "not one of them answers" if len(mute) == asked else "some of them do not answer"
    says = f"with {seen.places} of {seen.most} open, {who} a ping any more"
    return cite(trace, value, says, _pings(trace)[-1])


def _unserved(record: Record, seen: _Seen) -> Reading | None:
    """Whether one that was let in gets no reply, where the honest request had all of them."""
    base, talked = record.baseline, [run for run in seen.old if run[0].all(Expecting)]
    if not base or not talked or not base[0].all(Expecting) or not _replied(base[0]):
        return None
    deaf = [run for run in talked if not _replied(run[0])]
    if not deaf:
        return None
    trace, ending = deaf[-1]
    if len(deaf) == len(talked):
        says = f"with {seen.places} of {seen.most} open, no message is answered any more"
        return cite(trace, "all-stall", says, ending.event)
    last = f"the {_nth(seen.places)} of {seen.most}"
    says = f"{last} was let in and gets no reply, while the first does"
    return cite(trace, "unserved", says, ending.event)


def _late(seen: _Seen) -> Reading | None:
    """Whether one came in after we had given it up, while nobody had left: no place was missing."""
    left = [trace.began + at for trace, _ in seen.old if (at := _closing(trace))]
    for trace, _ in seen.tries:
        opened = trace.first(Upgraded)
        waited = trace.variant.endswith(IN_VAIN) and opened is not None
        if waited and _let_in_at(trace) < min(left, default=math.inf):
            assert opened
            who = f"the {_nth(seen.places + 1)} of {seen.most}"
            says = f"{who} is let in after {opened.at:.1f} s, though nobody has left"
            pongs = [took for old, _ in seen.old for took in _pong_times(old)]
            if not pongs or median(pongs) < SLUGGISH:
                return cite(trace, "late", says, opened)
            says += f", and those who are there answer a ping after {median(pongs):.1f} s"
            return cite(trace, "sluggish", says, opened)
    return None


def _pong_times(trace: Trace) -> list[float]:
    """Give the seconds from each ping of ours to its pong, while they come in turn."""
    pongs = [event for event in trace.all(FrameReceived) if event.opcode == "pong"]
    return [pong.at - ping.at for ping, pong in zip(_pings(trace), pongs, strict=False)]


def _next(seen: _Seen) -> Reading:
    met = [(*_met(*run), run) for run in seen.in_vain]
    value, what, (trace, ending) = min(met, key=lambda each: MOST_TELLING.index(each[0]))
    who = f"the {_nth(seen.places + 1)} of {seen.most}"
    others = f"{seen.places} are open and answer"
    return cite(trace, value, f"{who} {what}; {others}", ending.event)


def _met(trace: Trace, ending: Ending) -> tuple[str, str]:
    if ending.kind in UNREACHED or (ending.kind in MUTE and untaken(trace)):
        return "unreachable", "gets no answer from TCP itself"
    if ending.kind in MUTE:
        return "mute", "connects, and no byte comes"
    if ending.kind in CUT_OFF:
        return "cut-off", f"is cut off without a word ({ending.words})"
    return "refused", f"is refused with {ending.words}"


def _all_work(seen: _Seen) -> Reading | None:
    if seen.places < seen.most:
        return None  # it was cut before all were there
    trace, ending = seen.old[-1]
    return cite(
        trace, "all-work", f"{seen.most} were open at the same time and answered", ending.event
    )


def _readmission(record: Record) -> Reading | None:
    """Whether one that was not let in is, when another one leaves, or as time passes."""
    seen, met = _seen(record), _crowd(record)
    if seen is None or met is None:
        return None
    if met.value == "all-work":
        return Reading("nobody-refused", "nobody was refused", met.trace, met.event)
    if met.value not in LIMITS or not seen.tries:
        return None
    came = {trace.variant: trace for trace, ending in seen.tries if _stays(ending)}
    if AGAIN in came:
        says = "one more is let in although nobody has left"
        return cite(came[AGAIN], "with-time", says, came[AGAIN].first(Upgraded))
    if came.keys() == {AFTER_ONE, AFTER_TWO}:
        return _place(seen, came[AFTER_ONE], came[AFTER_TWO])
    if came:
        return None  # too late for who left, or too early for the time
    trace, ending = seen.tries[-1]
    return cite(trace, "not-soon", "none is let in, not even after two have left", ending.event)


def _place(seen: _Seen, first: Trace, second: Trace) -> Reading:
    """Tell a newcomer that waited for a place alone from one that was looked after at some time."""
    left = sorted(trace.began + _closing(trace) for trace, _ in seen.old[-2:])
    lags = [_let_in_at(t) - at for t, at in zip((first, second), left, strict=False)]
    if first.began > left[0]:
        says = "one is let in after one has left, another after another one, and none before"
        return cite(first, "when-one-leaves", says, first.first(Upgraded))
    soon = all(0 <= lag < AT_ONCE for lag in lags)
    what = "as soon as one leaves" if soon else f"{max(lags):.1f} s after one has left"
    says = f"one that waits is let in {what}, another after another one, and none before"
    return cite(first, "at-once" if soon else "later", says, first.first(Upgraded))


def _closing(trace: Trace) -> float:
    ours = (event for event in trace.all(FrameSent) if event.opcode == "close")
    return next((event.at for event in ours), 0.0)


def _let_in_at(trace: Trace) -> float:
    opened = trace.first(Upgraded)
    return trace.began + (opened.at if opened else 0.0)


LIMITS = ("refused", "cut-off", "mute", "unreachable")
"""Answers that leave those alone who are there."""
MOST_TELLING = ("refused", "cut-off", "unreachable", "mute")
"""They in the order of what they tell where several are met: a full queue fills from its front."""


def _pings(trace: Trace) -> list[FrameSent]:
    return [event for event in trace.all(FrameSent) if event.opcode == "ping"]


def _stalls(trace: Trace) -> bool:
    """Whether a pong did not come in time, and it was not us who were late to look."""
    missed = [e for e in trace.all(DeadlineExpired) if e.waiting_for == "a pong"]
    return any(event.at - event.since < PONG + PUNCTUAL for event in missed)


def _replied(trace: Trace) -> bool:
    return len(trace.all(Matched)) == len(trace.all(Expecting))


def _nth(number: int) -> str:
    ends = {1: "st", 2: "nd", 3: "rd"} if number % 100 not in (11, 12, 13) else {}
    return f"{number}{ends.get(number % 10, 'th')}"


def told(record: Record) -> str:
    """Tell in a few words how many there could be; empty when it cannot be said."""
    seen, met, again = _seen(record), _crowd(record), _readmission(record)
    if seen is None:
        return ""
    if met is None:
        return f"{seen.places} of {seen.most} were open when it was cut" if seen.cut else ""
    more = again and again.value != "nobody-refused"
    return f"{met.says}; {again.says}" if again and more else met.says


SIGNS = (
    Sign(
        CROWD,
        "What does one more meet when many are open?",
        CROWD,
        {
            "all-work": 300,
            "refused": 1,
            "cut-off": 0.5,
            "mute": 0.5,
            "late": 0.2,
            "sluggish": 0.2,
            "unreachable": 0.2,
            "unserved": 0.3,
            "all-stall": 0.5,
            "some-stall": 0.3,
            "displaced": 0.5,
            "all-end": 0.5,
        },
        _crowd,
    ),
    Sign(
        "readmission",
        "Is one more let in when another one leaves?",
        CROWD,
        {
            "nobody-refused": 150,
            "when-one-leaves": 1,
            "at-once": 0.4,
            "later": 0.4,
            "with-time": 1,
            "not-soon": 1,
        },
        _readmission,
    ),
)
