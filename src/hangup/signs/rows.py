"""Rows of messages held against each other, their ids, times and counts aside."""

from __future__ import annotations

from collections.abc import Sequence

from hangup.event import FrameReceived
from hangup.signs.numbered import numbered_in
from hangup.signs.volatile import without_numbers

Frames = Sequence[FrameReceived]


def missing_before(rest: Frames, whole: Frames) -> int:
    """Give how many messages begin one row that another one lacks, being like it from there on.

    Messages that are numbered are known by their numbers, others by their words.
    """
    ours, theirs = _known(rest, whole)
    place = theirs.index(ours[0]) if ours and ours[0] in theirs else 0
    common = min(len(ours), len(theirs) - place)
    apart = not set(theirs[:place]) & set(ours)
    return place if apart and ours[:common] == theirs[place : place + common] else 0


def alike_first(one: Frames, other: Frames) -> bool:
    """Whether two rows begin with the same message."""
    ours, theirs = _known(one, other)
    return ours[:1] == theirs[:1]


def _known(one: Frames, other: Frames) -> tuple[list[str], list[str]]:
    ours, theirs = numbered_in(one), numbered_in(other)
    if ours and theirs:
        return [str(number) for number, _ in ours], [str(number) for number, _ in theirs]
    return words(one), words(other)


def words(frames: Frames) -> list[str]:
    """Give each message without what differs by itself."""
    return [without_numbers(frame.data.decode("utf-8", "replace")) for frame in frames]
