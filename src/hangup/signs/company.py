"""Signs of connections that are open together: who hears what one of them says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from hangup.ending import Ending
from hangup.event import FrameReceived, FrameSent, Upgraded
from hangup.record import Record
from hangup.signs.rows import missing_before
from hangup.signs.sign import Reading, Sign, cite
from hangup.trace import Trace

CALM = 0.2
"""Seconds before anybody speaks: what comes in them answers nobody."""
SPEAKER = "speaker"
ASKER, SECOND = "asker", "asker's second"
OTHERS = ("other user", "other user's second")
"""The variants of two users' connections, in the order in which they are opened."""
FEWEST_GROUPED = 2
"""Listeners that one speaker must reach before those are called a group."""

Run = tuple[Trace, Ending]


def _overheard(record: Record) -> Reading | None:
    """Hold what several that speak at once hear, and one that is silent, against what one hears."""
    base = next((t for t, e in record.of("baseline") if e.opened), None)
    runs = [trace for trace, ending in record.of("at-once") if ending.opened]
    if not base or len(runs) < 2 or not _sent(base):
        return None
    first = _sent(base)[0]
    unasked = {_alike(event) for event in _within(base, 0, first)}
    heard_alone = _replies(base, unasked)
    alone = len(heard_alone)
    loud = next((t for t in runs if _hears_more(_replies(t, unasked), heard_alone)), None)
    if loud:
        heard = _replies(loud, unasked)
        says = f"one of {len(runs)} that spoke at once heard {len(heard)} messages, {alone} alone"
        return cite(loud, "yes", says, heard[-1])
    if found := _heard_when_others_spoke(record, unasked):
        heard_by, message = found
        says = "one that had spoken in vain heard what another said"
        return cite(heard_by, "yes", says, message)
    said = {_alike(event) for trace in (base, *runs) for event in _replies(trace, unasked)}
    for trace in (t for t, _ in record.of("idle") if not _sent(t)):
        event = next((e for e in _messages(trace) if _alike(e) in said), None)
        if event:
            return cite(trace, "yes", "one that said nothing heard what another one got", event)
    return cite(runs[0], "no", f"none of {len(runs)} that spoke at once heard more than one alone")


def _heard_when_others_spoke(
    record: Record, unasked: set[bytes]
) -> tuple[Trace, FrameReceived] | None:
    """Give what came to one that had long spoken right when another spoke.

    Only where one that spoke while nobody else did was answered nothing at all.
    """
    runs = [trace for trace in record.uncrowded if _sent(trace)]
    spoken = sorted((at, trace.id) for trace in runs for at in _sent(trace))
    if all(_replies(t, unasked) or not _by_itself(t, spoken) for t in runs):
        return None
    for trace in runs:
        for event in _replies(trace, unasked):
            came = trace.began + event.at
            near = {id for at, id in spoken if came - PROMPT < at <= came}
            silent = came - max(at for at in _sent(trace) if at <= came) > IN_VAIN
            if near and trace.id not in near and silent:
                return trace, event
    return None


PROMPT, IN_VAIN = 0.05, 0.3
"""Seconds within which a message answers another's word, and after which none of one's own."""


def _by_itself(trace: Trace, spoken: Sequence[tuple[float, str]]) -> bool:
    """Whether nobody else spoke from its first word on, for as long as it listened."""
    first, end = _sent(trace)[0], trace.began + trace.events[-1].at
    return not any(first - PROMPT < at < end for at, id in spoken if id != trace.id)


def _hears_more(heard: list[FrameReceived], alone: list[FrameReceived]) -> bool:
    """Whether one heard more than one alone, and not only a beginning that the other had missed."""
    more = len(heard) - len(alone)
    return more > 0 and missing_before(alone, heard) != more


def _replies(trace: Trace, unasked: set[bytes]) -> list[FrameReceived]:
    """Give what was heard after the first word, without what comes to everybody anyway."""
    sent = _sent(trace)
    after = _within(trace, sent[0], float("inf")) if sent else ()
    return [event for event in after if _alike(event) not in unasked]


class _Company:
    """The connections of one experiment, and who heard what after each time that one spoke."""

    def __init__(self, runs: Sequence[Run], first: str) -> None:
        self.traces = {trace.variant: trace for trace, ending in runs if ending.opened}
        speaker = self.traces.get(first)
        opened = [t.began + e.at for t in self.traces.values() if (e := t.first(Upgraded))]
        times = [at for at in _sent(speaker) if at >= max(opened)] if speaker else []
        self.speeches: list[tuple[float, str]] = []
        if times:
            said = [(at, name) for name, t in self.traces.items() for at in _sent(t)]
            self.speeches = sorted(each for each in said if each[0] >= times[0])
            calm = (times[0] - 0.75 * CALM, times[0])
            heard = (e for t in self.traces.values() for e in _within(t, *calm))
            self._unasked = {_alike(event) for event in heard}
            self._end = min(map(_closed, self.traces.values()))

    def heard(self, number: int, until: int | None = None) -> Counter[str]:
        """Count what each heard after one speech, until another one or the next."""
        begin = self.speeches[number][0]
        after = number + 1 if until is None else until
        end = self.speeches[after][0] if after < len(self.speeches) else self._end
        return Counter(
            name
            for name, trace in self.traces.items()
            for event in _within(trace, begin, end)
            if _alike(event) not in self._unasked
        )


def _within(trace: Trace, begin: float, end: float) -> Iterator[FrameReceived]:
    return (event for event in _messages(trace) if begin <= trace.began + event.at < end)


def _messages(trace: Trace) -> Iterator[FrameReceived]:
    return (e for e in trace.all(FrameReceived) if e.opcode in ("text", "binary"))


def _sent(trace: Trace) -> list[float]:
    """Give the times at which it spoke."""
    spoken = (e for e in trace.all(FrameSent) if e.opcode in ("text", "binary"))
    return [trace.began + event.at for event in spoken]


def _closed(trace: Trace) -> float:
    """Give the time at which we closed it: who leaves may be announced to those who stay."""
    ours = (e for e in trace.all(FrameSent) if e.opcode == "close" and not e.automatic)
    return min((trace.began + event.at for event in ours), default=float("inf"))


def _alike(event: FrameReceived) -> bytes:
    """Give a message without its numbers: what comes again and again counts or tells the time."""
    return re.sub(rb"\d+", b"0", event.data)


def _listeners(record: Record) -> Reading | None:
    company = _Company(record.of("listeners"), SPEAKER)
    listeners = {name for name in company.traces if name != SPEAKER}
    if not company.speeches or len(listeners) < FEWEST_GROUPED:
        return None
    heard = set(company.heard(0))
    reached, count = heard - {SPEAKER}, len(listeners)
    trace = company.traces[min(reached or {SPEAKER})]
    if not reached:
        return cite(trace, "none", f"none of {count} listeners heard what one connection said")
    if reached == listeners:
        return cite(trace, "all", f"all {count} listeners heard what one connection said")
    says = f"{len(reached)} of {count} listeners heard what one connection said"
    if len(company.speeches) < 2:
        return cite(trace, "some", says)
    second, after = company.speeches[1][1], set(company.heard(1))
    value, more = _second(heard, second, after)
    return cite(company.traces[second], value, f"{says}; {more}")


def _second(heard: set[str], second: str, after: set[str]) -> tuple[str, str]:
    """Say what it means whom one reached that had not heard the first."""
    reached, others = heard - {SPEAKER}, after - {second}
    if after and not after & (heard | {SPEAKER}):
        words = f"one of those who did not reached {_more(len(others))}, and none of them"
        grouped = max(len(reached), len(others)) >= FEWEST_GROUPED
        return ("groups" if grouped else "some"), words
    if SPEAKER not in heard and len(reached) == 1 and after == reached:
        return "astray", "what another one said went to the same one, and neither heard its own"
    if second not in after and others <= heard | {SPEAKER}:
        return "deaf", "one of those who did not hears not even what it says itself"
    return "some", f"one of those who did not reached {_more(len(others))}"


def _more(count: int) -> str:
    return "another one" if count == 1 else f"{count or 'no'} others"


def _recipients(record: Record) -> Reading | None:
    company = _Company(record.of("two-users"), ASKER)
    names = (ASKER, SECOND, *OTHERS)
    if set(company.traces) != set(names) or len(company.speeches) < len(SPEECHES):
        return None
    if tuple(name for _, name in company.speeches) != SPEECHES:
        return None
    heard = set(company.heard(0))
    value, says = _addressed(company, heard)
    told = next((name for name in (*OTHERS, SECOND, ASKER) if name in heard), ASKER)
    return cite(company.traces[told], value, says)


SPEECHES = (ASKER, OTHERS[0], ASKER, OTHERS[0])
"""Who speaks: one user, then the other, then both at once."""


def _addressed(company: _Company, heard: set[str]) -> tuple[str, str]:
    others, second = heard & set(OTHERS), SECOND in heard
    if not others:
        return _of_one_user(company, heard)
    if ASKER not in heard:
        if second and len(others) == len(OTHERS):
            return "all-others", "all but the asker hear it"
        return "other-user", "another user hears the reply, and the asker does not"
    if not second or len(others) < len(OTHERS):
        who = "a connection" if len(others) == 1 else "each connection"
        own = "does" if second else "does not"
        return "partly", f"{who} of another user hears it, the asker's own second one {own}"
    if ASKER not in company.heard(1):
        return "one-way", "another user hears what the asker says, and not the other way round"
    return "everybody", "everybody hears it, another user too: a broadcast by design, or a leak"


def _of_one_user(company: _Company, heard: set[str]) -> tuple[str, str]:
    if not heard:
        return "nobody", "nobody hears a reply"
    if ASKER not in heard:
        return "another", "another connection of the same user hears it, and the asker does not"
    alone = {ASKER: company.heard(0)[ASKER], OTHERS[0]: company.heard(1)[OTHERS[0]]}
    both = company.heard(2, until=len(SPEECHES))
    less = [name for name, count in alone.items() if both[name] < count]
    more = [name for name, count in alone.items() if both[name] > count]
    if less and more:
        words = f"when both ask at once, {_count(both[less[0]])} to the one and "
        return "crossed", f"{words}{_count(both[more[0]])} to the other"
    return "asker", "only the user who asks hears the reply, also when both ask at once"


def _count(replies: int) -> str:
    return f"{replies or 'no'} {'reply comes' if replies == 1 else 'replies come'}"


def told(experiment: str, record: Record) -> str:
    """Tell in a few words who heard whom; empty when it cannot be said."""
    reading = next(sign.read(record) for sign in SIGNS if sign.experiment == experiment)
    return reading.says if reading else ""


def hears_others(record: Record) -> bool:
    """Whether a connection of this endpoint is known to hear what another one says."""
    overheard, listeners = _overheard(record), _listeners(record)
    shared = listeners is not None and listeners.value != "none"
    return shared or (overheard is not None and overheard.value == "yes")


SIGNS = (
    Sign(
        "overheard",
        "Does one hear what others say?",
        "at-once",
        {"no": 9, "yes": 1},
        _overheard,
    ),
    Sign(
        "listeners",
        "Which listeners hear a speaker?",
        "listeners",
        {"none": 6, "all": 4, "groups": 0.1, "astray": 0.05, "deaf": 0.1, "some": 0.2},
        _listeners,
    ),
    Sign(
        "recipients",
        "Which of two users hears a reply?",
        "two-users",
        {
            "asker": 5,
            "everybody": 3,
            "nobody": 2,
            "all-others": 0.3,
            "other-user": 0.1,
            "another": 0.1,
            "partly": 0.1,
            "one-way": 0.2,
            "crossed": 0.1,
        },
        _recipients,
    ),
)
