"""What is asked of a watch: how often, for how long, and when something is told."""

from __future__ import annotations

from msgspec import Struct


class Order(Struct, frozen=True, kw_only=True):
    """The order for a watch; times are in seconds.

    Each endpoint is looked at every `every`, give or take the share `jitter` of it. `rounds` looks
    are taken of each at most, and none begins after `longest`. `once` is one look at each, and
    those that confirm what it found.
    """

    every: float = 300.0
    jitter: float = 0.1
    seed: str = ""
    confirm: int = 2
    certificate_days: float = 14.0
    once: bool = False
    rounds: int | None = None
    longest: float | None = None

    @property
    def bounded(self) -> bool:
        """Whether the watch ends by itself."""
        return self.once or self.rounds is not None or self.longest is not None
