"""When the next look is due: a grid with jitter, on which what comes late is left out."""

from __future__ import annotations

import random

from msgspec import Struct

SOON = 10.0
"""Seconds after which a look is repeated that found something new."""
MOST_JITTER = 0.5
"""Beyond half of the distance two rounds could change places."""


class Grid(Struct, frozen=True, kw_only=True):
    """The times of one endpoint's rounds, in seconds since the watch began.

    Round 0 is at `first`, round k at `k * every + offset`, give or take `jitter * every`; the
    same `seed` gives the same times.
    """

    every: float
    first: float = 0.0
    offset: float = 0.0
    jitter: float = 0.0
    seed: str = ""

    def due(self, number: int) -> float:
        """Give the time of a round."""
        if number == 0:
            return self.first
        chance = random.Random(f"{self.seed}:{number}")  # noqa: S311 - spreads load, hides nothing
        away = chance.uniform(-1.0, 1.0) * self.jitter * self.every
        return number * self.every + self.offset + away

    def after(self, number: int, now: float) -> int:
        """Give the first round after another that is not over already."""
        following = max(number + 1, int((now - self.offset) / self.every - self.jitter))
        while self.due(following) <= now:
            following += 1
        return following

    @property
    def soon(self) -> float:
        """Seconds until a look is repeated that found something new."""
        return min(SOON, self.every)


def spread(urls: tuple[str, ...], *, every: float, jitter: float, seed: str) -> tuple[Grid, ...]:
    """Give each URL its grid: first looks a second apart at most, the others over the distance."""
    share = every / len(urls)
    return tuple(
        Grid(
            every=every,
            first=number * min(1.0, share),
            offset=number * share,
            jitter=jitter,
            seed=f"{seed}:{url}",
        )
        for number, url in enumerate(urls)
    )
