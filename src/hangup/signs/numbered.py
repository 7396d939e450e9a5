"""Messages that the server numbers: their numbers, and in what order these came."""

from __future__ import annotations

from collections.abc import Iterable

from hangup.event import FrameReceived
from hangup.numbering import number_of
from hangup.record import Record

FEWEST = 3
"""Numbered messages of one connection from which an order can be seen."""
WORST = ("reordered", "doubled", "gap")

Numbered = tuple[int, FrameReceived]


def numbered_in(frames: Iterable[FrameReceived]) -> list[Numbered]:
    """Give the numbered messages among some frames, each with its number."""
    said = (frame for frame in frames if frame.opcode in ("text", "binary"))
    pairs = ((number_of(frame.data), frame) for frame in said)
    return [(number, frame) for number, frame in pairs if number is not None]


def counted(record: Record) -> list[Numbered]:
    """Give the numbered messages of the honest request."""
    base = record.baseline
    return numbered_in(base[0].all(FrameReceived)) if base else []


def uncounted(record: Record) -> str:
    """Say why nobody can tell from the numbers what is missing; nothing when that can be told."""
    numbered = counted(record)
    if len(numbered) < FEWEST:
        return "too few numbered messages came" if numbered else "no numbered messages came"
    value, says, _ = order(numbered)
    rising = [number for number, _ in numbered]
    if value == "in-order" and rising == sorted(rising):
        return ""
    return f"the numbers do not simply rise: {says}" if value != "in-order" else "they begin anew"


def order(numbered: list[Numbered]) -> tuple[str, str, FrameReceived]:
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
