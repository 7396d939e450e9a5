"""Delta debugging of a sequence, and of a number where a limit decides."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from hangup.shrink.steps import Steps

T = TypeVar("T")


def ddmin(
    items: tuple[T, ...], breaks: Callable[[tuple[T, ...]], Steps[bool]]
) -> Steps[tuple[T, ...]]:
    """Give a part of the items that still breaks and of which no single one can be left out.

    After Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input" (2002): ever
    smaller pieces are left out, here halves first. That all of them break is known.
    """
    if not items or (yield from breaks(())):
        return ()
    size = max(len(items) // 2, 1)
    while True:
        left = yield from _without_pieces(items, size, breaks)
        if size == 1 and len(left) == len(items):
            return items
        items, size = left, max(min(size, len(left)) // 2, 1)


def _without_pieces(
    items: tuple[T, ...], size: int, breaks: Callable[[tuple[T, ...]], Steps[bool]]
) -> Steps[tuple[T, ...]]:
    start = 0
    while start < len(items):
        rest = items[:start] + items[start + size :]
        if rest and (yield from breaks(rest)):
            items = rest
        else:
            start += size
    return items


def limit(passes: int, fails: int, breaks: Callable[[int], Steps[bool]]) -> Steps[int]:
    """Give a number that breaks while the one below passes, between one of each (from 0 on).

    Limits are mostly powers of two, so those are asked first.
    """
    while powers := [2**k for k in range(fails.bit_length()) if passes < 2**k < fails]:
        middle = powers[len(powers) // 2]
        if (yield from breaks(middle)):
            fails = middle
        else:
            passes = middle
    guesses = [passes + 1, fails - 1]
    while fails - passes > 1:
        guess = guesses.pop(0) if guesses else (passes + fails) // 2
        if not passes < guess < fails:
            continue
        if (yield from breaks(guess)):
            fails = guess
        else:
            passes = guess
    return fails
