"""Signs of what the server sends: whether numbered messages come once each and in order."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

from hangup.event import CredentialUsed, FrameReceived
from hangup.numbering import CHANNELS, channel_of
from hangup.record import Record
from hangup.signs.numbered import FEWEST, WORST, Numbered, numbered_in, order
from hangup.signs.sign import Reading, Sign, cite


def _sequence(record: Record) -> Reading | None:
    base = record.baseline
    if not base or not base[1].closure:
        return None
    found: dict[str, Reading] = {}
    # Who reads slowly on purpose may miss what others get: that is another sign's question.
    for trace in (t for t in record.uncrowded if t.experiment != "slow-reader"):
        numbered = numbered_in(trace.all(FrameReceived))
        if trace.experiment == "resume" and not _all_doubled(numbered):
            continue  # what is replayed comes beside what happens, in any order
        if len(numbered) >= FEWEST:
            value, says, frame = _order_of_all(numbered)
            found.setdefault(value, cite(trace, value, says, frame))
        elif copied := _copied(trace.all(FrameReceived)):
            copies, frame = copied
            found.setdefault("doubled", cite(trace, "doubled", f"each came {copies} times", frame))
    worst = next((found[value] for value in WORST if value in found), None)
    return worst or found.get("in-order") or cite(base[0], "none", "no message bears a number")


def _all_doubled(numbered: list[Numbered]) -> bool:
    """Whether no number came only once, as where an old subscription outlives a reconnect."""
    times = Counter(number for number, _ in numbered)
    return len(times) >= FEWEST and min(times.values()) > 1


def _copied(frames: list[FrameReceived]) -> tuple[int, FrameReceived] | None:
    """Give how often each message came in a row, where all came several times and differ."""
    said = [frame for frame in frames if frame.opcode in ("text", "binary") and frame.data]
    runs = [list(group) for _, group in groupby(said, key=lambda frame: frame.data)]
    fewest = min((len(run) for run in runs), default=0)
    return (fewest, runs[0][1]) if len(runs) >= FEWEST - 1 and fewest > 1 else None


def _order_of_all(numbered: list[Numbered]) -> tuple[str, str, FrameReceived]:
    """Give the order of all numbers, or of those of each channel where each counts for itself."""
    whole = order(numbered)
    if whole[0] == "in-order":
        return whole
    for by in CHANNELS:
        channels: dict[bytes, list[Numbered]] = {}
        for number, frame in numbered:
            channels.setdefault(channel_of(frame.data, by), []).append((number, frame))
        told = [order(each) for each in channels.values()]
        if 1 < len(channels) < len(numbered) and all(v == "in-order" for v, _, _ in told):
            says = f"the numbers of each of {len(channels)} channels came in order"
            return "in-order", says, numbered[-1][1]
    return whole


def _past_expiry(record: Record) -> Reading | None:
    """Whether a connection outlives the token that opened it, where one was open that long."""
    for trace in record.traces:
        used, ending = trace.first(CredentialUsed), record.ending(trace)
        if not used or used.expires is None or not ending.opened:
            continue
        left = used.expires - trace.began
        end = trace.events[ending.event].at
        if 0 < left < end and ending.works:
            says = f"the token expired {left:.1f} s after we connected, and nobody ended it"
            return cite(trace, "lives-on", says, ending.event)
        if left > 0 and -EARLIER < end - left < LATE and not ending.works:
            return cite(trace, "ends", "the connection ended when its token expired", ending.event)
    return None


EARLIER = 0.2
"""Seconds by which the two clocks may differ."""
LATE = 1.5
"""Seconds within which an end after the token's expiry is told from the expiry."""

SIGNS = (
    Sign(
        "sequence",
        "Do numbered messages come once each and in order?",
        "baseline",
        {"none": 20, "in-order": 3, "gap": 0.1, "doubled": 0.05, "reordered": 0.05},
        _sequence,
    ),
    Sign(
        "past-expiry",
        "Does a connection outlive its token?",
        "baseline",
        {"lives-on": 0.15, "ends": 1},
        _past_expiry,
    ),
)
