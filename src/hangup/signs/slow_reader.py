"""The sign of a reader that reads nothing for a while: what becomes of it, and of who reads."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from hangup.ending import Ending
from hangup.event import (
    FrameReceived,
    LocalClose,
    MessagesCounted,
    NumbersCounted,
    Occurrence,
    ReadingPaused,
    ReadingResumed,
    Upgraded,
)
from hangup.record import Record
from hangup.signs.sign import Reading, Sign, cite
from hangup.trace import Trace

SLOW, WITNESS, LATE = "slow reader", "witness", "later witness"
"""The variants of the experiment's connections."""
FILLS = 256 * 1024
"""Bytes that fill the buffers of two kernels and of a server's library, for a narrow socket."""
HELD = 1024
"""Bytes in our own buffer that show that the peer had to wait for us."""
IN_FLIGHT = 0.5
"""Seconds of the witness's last messages that the slow one may still be about to get."""
FEWEST = 3
"""Numbered messages from which an order can be seen."""
SILENCE = 0.4
"""Seconds without a message that are no pause between two of them."""
UNUSUAL = 3.0
"""Times the longest silence before and after that one of a stall lasts."""
STALLED = 0.4
"""Share of the time of not reading for which the witness got nothing, from which it stalled."""
RELEASED = 0.75
"""Seconds after we read again within which one that waited for that goes on."""

Run = tuple[Trace, Ending]


@dataclass(frozen=True, slots=True)
class _Reader:
    """One connection; all times are Unix times."""

    trace: Trace
    ending: Ending
    counts: list[MessagesCounted]

    @classmethod
    def of(cls, run: Run) -> _Reader:
        trace, ending = run
        return cls(trace, ending, trace.all(MessagesCounted))

    @property
    def messages(self) -> int:
        return sum(each.messages for each in self.counts)

    @property
    def watched(self) -> tuple[float, float]:
        """From when until when it was open."""
        opened, began = self.trace.first(Upgraded), self.trace.began
        over = next((e for e in self.trace.events if _is_end(e)), self.trace.events[-1])
        return began + (opened.at if opened else 0.0), began + over.at

    @property
    def cut(self) -> bool:
        """Whether the server ended it."""
        closure = self.ending.closure
        return closure is not None and closure.closed_by == "remote"

    def within(self, begin: float, end: float) -> tuple[int, int]:
        """Give the messages and bytes of the stretches that lie for the most part in a time."""
        mine = [e for e in self.counts if begin <= self._middle(e) < end]
        return sum(e.messages for e in mine), sum(e.size for e in mine)

    def _middle(self, count: MessagesCounted) -> float:
        return self.trace.began + (count.since + count.until) / 2

    def silences(self) -> list[tuple[float, float]]:
        """Give the times between two stretches in which nothing came."""
        began = self.trace.began
        return [(began + a.until, began + b.since) for a, b in pairwise(self.counts)]


def _is_end(event: Occurrence) -> bool:
    closing = isinstance(event, FrameReceived) and event.opcode == "close"
    return closing or isinstance(event, LocalClose)


@dataclass(frozen=True, slots=True)
class _Case:
    """The slow reader, the witness, and the time in which the first read nothing."""

    slow: _Reader
    witness: _Reader
    paused: ReadingPaused
    resumed: ReadingResumed

    @property
    def pause(self) -> tuple[float, float]:
        began = self.slow.trace.began
        return began + self.paused.at, began + self.resumed.at

    @property
    def not_read(self) -> str:
        return f"one that read nothing for {self.resumed.paused:.1f} s"


def _case(record: Record) -> _Case | None:
    runs = {trace.variant: _Reader.of((trace, e)) for trace, e in record.of("slow-reader")}
    slow, witness = runs.get(SLOW), runs.get(WITNESS)
    if slow is None or witness is None:
        return None
    paused, resumed = slow.trace.first(ReadingPaused), slow.trace.first(ReadingResumed)
    if paused is None or resumed is None or witness.watched[1] < slow.trace.began + resumed.at:
        return None
    return _Case(slow, witness, paused, resumed)


def _slow_reader(record: Record) -> Reading | None:
    case = _case(record)
    if case is None:
        return None
    found = _stall(case) or _closed(case) or _gap(case)
    return found or (_in_the_end(case) if _filled(case) else None)


def _filled(case: _Case) -> bool:
    return case.witness.within(*case.pause)[1] >= FILLS


def _stall(case: _Case) -> Reading | None:
    """Whether the witness's messages stopped while nothing was read, and went on afterwards."""
    begin, end = case.pause
    silences = case.witness.silences()
    usual = max((b - a for a, b in silences if b <= begin or a >= end + RELEASED), default=0.0)
    waits = [
        (a, b) for a, b in silences if begin <= a < end and b - a > max(SILENCE, UNUSUAL * usual)
    ]
    lost = sum(min(b, end) - a for a, b in waits)
    held = case.resumed.unread is None or case.resumed.unread >= HELD
    if not waits or not held or lost < STALLED * (end - begin):
        return None
    # What goes on at our first read waited for us; what goes on by itself does so again and again.
    if len(waits) == 1 and not end - IN_FLIGHT <= waits[0][1] <= end + RELEASED:
        return None
    after = next(
        e for e in case.witness.counts if case.witness.trace.began + e.since >= waits[-1][1]
    )
    longest = max(b - a for a, b in waits)
    says = (
        f"beside {case.not_read}, the witness got nothing for {lost:.1f} s in all "
        f"({longest:.1f} s at a time, {usual:.1f} s otherwise), and then went on"
    )
    return cite(case.witness.trace, "witness-stalls", says, after)


def _closed(case: _Case) -> Reading | None:
    slow, witness = case.slow, case.witness
    closure = slow.ending.closure
    if not slow.cut or witness.cut or closure is None:
        return None
    code = "" if closure.origin == "peer-frame" else ", with no code"
    says = (
        f"{case.not_read} was ended after {_count(slow.messages)} ({slow.ending.words}{code}), "
        f"and the witness was not: it got {_count(_beside(case))}"
    )
    return cite(slow.trace, "closed", says, slow.ending.event)


def _beside(case: _Case) -> int:
    """Count what came to the witness since the slow one was open."""
    return case.witness.within(case.slow.watched[0], float("inf"))[0]


def _gap(case: _Case) -> Reading | None:
    mine, theirs = _numbered(case)
    if mine is None or theirs is None or mine.disordered or not mine.missing:
        return None
    says = (
        f"{mine.missing} numbers never came to {case.not_read}, the first between {mine.before} "
        f"and {mine.behind}; none of {theirs.numbers} is missing at the witness"
    )
    return cite(case.slow.trace, "gap", says, mine)


def _numbered(case: _Case) -> tuple[NumbersCounted | None, NumbersCounted | None]:
    """Give both accounts of the numbers by which the witness misses none."""
    mine = {each.by: each for each in case.slow.trace.all(NumbersCounted)}
    for theirs in case.witness.trace.all(NumbersCounted):
        clean = not (theirs.missing or theirs.disordered) and theirs.numbers >= FEWEST
        if clean and theirs.by in mine:
            return mine[theirs.by], theirs
    return None, None


def _in_the_end(case: _Case) -> Reading | None:
    """Hold what came to the slow one in the end against what came to the witness."""
    slow, witness = case.slow, case.witness
    if not slow.counts:
        return None
    mine, _ = _numbered(case)
    ends = min(slow.watched[1], witness.watched[1])
    due = witness.within(slow.watched[0], ends - IN_FLIGHT)[0]
    says = (
        f"{case.not_read} got {_count(slow.messages)} in the end, the witness beside it "
        f"{_beside(case)}, {_bytes(witness.within(*case.pause)[1])} of them in that time; "
    )
    cited = mine or slow.counts[-1]
    if slow.messages >= due:
        says += "no number is missing" if mine else "they bear no numbers that run on"
        return cite(slow.trace, "keeps", says, cited)
    if mine:
        says += "no number is missing, so the server waited for it, or merged what it had to say"
    else:
        says += "they bear no numbers, so what became of the rest is not to be seen"
    return cite(slow.trace, "fewer", says, cited)


def _count(messages: int) -> str:
    return f"{messages} message{'' if messages == 1 else 's'}"


def _bytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"


def told(record: Record) -> str:
    """Tell in a few words what became of the slow reader, or why nothing can be said of it."""
    reading = _slow_reader(record)
    if reading:
        return reading.says
    return unsaid(record)


def keeps(record: Record) -> bool:
    """Whether a reader that did not read for a while got all that the one beside it got."""
    reading = _slow_reader(record)
    return reading is not None and reading.value == "keeps"


def unsaid(record: Record) -> str:
    """Say why nothing can be said of the slow reader; nothing where it can, or none was asked."""
    if not record.of("slow-reader") or _slow_reader(record):
        return ""
    case = _case(record)
    if case is None:
        return "nothing can be said: the slow reader or its witness was not open to the end"
    if _filled(case):
        return "nothing can be said: what came to the two cannot be compared"
    sent = _bytes(case.witness.within(*case.pause)[1])
    return (
        f"nothing can be said: the server sent {sent} in the {case.resumed.paused:.1f} s in which "
        "nothing was read, too little to fill the buffers on the way"
    )


SIGNS = (
    Sign(
        "slow-reader",
        "What becomes of a reader that does not read for a while?",
        "slow-reader",
        {"keeps": 6, "fewer": 1, "gap": 0.02, "closed": 0.02, "witness-stalls": 0.02},
        _slow_reader,
    ),
)
