"""What came of one connection of a check."""

from __future__ import annotations

from dataclasses import dataclass

from hangup.ending import Ending
from hangup.trace import Trace


@dataclass(slots=True)
class Played:
    """One connection of a check: its trace, where its steps ended, and what was missed there.

    `leg` of `legs` counts the connections of one player, one after the other; the declared end is
    that of the last. `beside` names somebody who was there beside the steps.
    """

    trace: Trace
    ending: Ending
    missed: str = ""
    where: str = ""
    expired: bool = False
    leg: int = 1
    legs: int = 1
    player: int = 0
    beside: str = ""

    @property
    def last(self) -> bool:
        """Whether the check's declared end is this one's."""
        return self.leg == self.legs and not self.beside
