"""The search for the level at which an endpoint breaks: what to try next, and what was found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Found:
    """The highest level that held below the lowest that broke, and those that once did each.

    `broke` is None where even the highest held. A level in `flaky` counts as broken: it held when
    it was repeated.
    """

    held: int
    broke: int | None
    flaky: tuple[int, ...] = ()


class BreakingPoint:
    """Bisects between a level that holds and one that breaks; a level that broke is repeated.

    `low` is known to hold. `high` breaks if `breaks` says so, else it is the most that may be
    tried, and levels double until one breaks. The search ends when both are no further apart than
    `tolerance`, as a share of the level that held; 0 finds the exact level.

    Raises:
        ValueError: no level lies between, or the tolerance is no share.
    """

    def __init__(
        self, low: int, high: int, tolerance: float = 0.05, *, breaks: bool = False
    ) -> None:
        if not 0 <= low < high or not 0 <= tolerance < 1:
            raise ValueError(f"no search from {low} to {high} within {tolerance}")
        self._held, self._high, self._tolerance = low, high, tolerance
        self._broke = high if breaks else None
        self._doubt: int | None = None
        self._flaky: list[int] = []

    def next_level(self) -> int | None:
        """Give the level to try, the same until its answer is learnt; None when all is found."""
        if self._doubt is not None:
            return self._doubt
        if self._broke is None:
            return min(2 * max(self._held, 1), self._high) if self._held < self._high else None
        if self._broke - self._held <= max(1.0, self._tolerance * self._held):
            return None
        return (self._held + self._broke) // 2

    def learn(self, level: int, broke: bool) -> None:
        """Take the answer for the level that was to be tried.

        Raises:
            ValueError: it was another.
        """
        if level != self.next_level():
            raise ValueError(f"level {level} was not asked for")
        if self._doubt is not None:
            self._flaky += [] if broke else [level]
            self._broke, self._doubt = level, None
        elif broke:
            self._doubt = level
        else:
            self._held = level

    @property
    def found(self) -> Found:
        """What is known so far, and what was found in the end."""
        return Found(self._held, self._broke, tuple(self._flaky))
