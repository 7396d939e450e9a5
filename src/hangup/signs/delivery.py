"""Signs of what the server sends: whether numbered messages come once each and in order."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from hangup.event import CredentialUsed, FrameReceived
from hangup.numbering import CHANNELS, channel_of, number_of
from hangup.record import Record
from hangup.signs.sign import Reading, Sign, cite

FEWEST = 3
"""Numbered messages of one connection from which an order can be seen."""
WORST = ("reordered", "doubled", "gap")

Numbered = tuple[int, FrameReceived]


def _sequence(record: Record) -> Reading | None:
    base = record.baseline
    if not base or not base[1].closure:
        return None
    found: dict[str, Reading] = {}
    # Who reads slowly on purpose may miss what others get: that is another sign's question.
    for trace in (t for t in record.uncrowded if t.experiment != "slow-reader"):
        numbered = list(_numbered(trace.all(FrameReceived)))
        if len(numbered) >= FEWEST:
            value, says, frame = _order_of_all(numbered)
            found.setdefault(value, cite(trace, value, says, frame))
        elif copied := _copied(trace.all(FrameReceived)):
            copies, frame = copied
            found.setdefault("doubled", cite(trace, "doubled", f"each came {copies} times", frame))
    worst = next((found[value] for value in WORST if value in found), None)
    return worst or found.get("in-order") or cite(base[0], "none", "no message bears a number")


def _copied(frames: list[FrameReceived]) -> tuple[int, FrameReceived] | None:
    """Give how often each message came in a row, where all came several times and differ."""
    said = [frame for frame in frames if frame.opcode in ("text", "binary") and frame.data]
    runs = [list(group) for _, group in groupby(said, key=lambda frame: frame.data)]
    fewest = min((len(run) for run in runs), default=0)
    return (fewest, runs[0][1]) if len(runs) >= FEWEST - 1 and fewest > 1 else None


def _numbered(frames: list[FrameReceived]) -> Iterator[Numbered]:
    for frame in frames:
        number = number_of(frame.data) if frame.opcode in ("text", "binary") else None
        if number is not None:
            yield number, frame


def _order_of_all(numbered: list[Numbered]) -> tuple[str, str, FrameReceived]:
    """Give the order of all numbers, or of those of each channel where each counts for itself."""
    whole = _order(numbered)
    if whole[0] == "in-order":
        return whole
    for by in CHANNELS:
        channels: dict[bytes, list[Numbered]] = {}
        for number, frame in numbered:
            channels.setdefault(channel_of(frame.data, by), []).append((number, frame))
        told = [_order(each) for each in channels.values()]
        if 1 < len(channels) < len(numbered) and all(v == "in-order" for v, _, _ in told):
            says = f"the numbers of each of {len(channels)} channels came in order"
            return "in-order", says, numbered[-1][1]
    return whole


def _order(numbered: list[Numbered]) -> tuple[str, str, FrameReceived]:
    """Give the worst that befell one connection's numbers; a fall to 0 or 1 begins anew."""
    seen: set[int] = set()
    odd: dict[str, tuple[str, FrameReceived]] = {}
    last = numbered[0][0] - 1
    for number, frame in numbered:
        if number <= 1 and last > 1:
            seen.clear()
        elif number in seen:
            odd.setdefault("doubled", (f"number {number} came twice", frame))
        elif number < last:
            odd.setdefault("reordered", (f"number {number} came after {last}", frame))
        elif number > last + 1:
            odd.setdefault("gap", (f"number {number} came right after {last}", frame))
        seen.add(number)
        last = number
    # What comes late leaves a gap before it comes.
    value = next((each for each in WORST if each in odd), None)
    if value:
        return (value, *odd[value])
    says = f"numbers {numbered[0][0]} to {last} came in order"
    return "in-order", says, numbered[-1][1]


def _past_expiry(record: Record) -> Reading | None:
    """Whether a connection outlives the token that opened it, where one was open that long."""
    for trace in record.uncrowded:
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
