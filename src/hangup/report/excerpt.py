"""Which events of a long trace a report shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

FIRST, LAST = 200, 50
"""Events at a trace's beginning and end that are shown, beside those that are cited."""


def excerpt(total: int, cited: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Give the places to be shown, each with how many were left out just before it."""
    shown = {*range(min(FIRST, total)), *range(max(total - LAST, 0), total)}
    shown |= {place for place in cited if 0 <= place < total}
    last = -1
    for place in sorted(shown):
        yield place, place - last - 1
        last = place


def left_out(number: int, what: str) -> str:
    """Say how many are not shown: `1 event is not shown`."""
    return f"{number} {what} is not shown" if number == 1 else f"{number} {what}s are not shown"
