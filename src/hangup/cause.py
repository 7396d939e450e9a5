"""A cause: what makes WebSockets end, what it predicts, and how it is mended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Expect = str | tuple[str, ...] | Mapping[str, float]
"""What a cause expects of one sign: one answer, one of several, or answers with weights."""

COMMON, USUAL, RARE = 3.0, 1.0, 0.3
"""How often a cause is met before anything is known, as a weight; from public cases."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cause:
    """One entry of the catalogue, itself and equal to no other.

    `predicts` maps signs to what is expected of them; signs that are not named are expected as
    everywhere, or as at a healthy endpoint when the cause is `latent`: all but its own sign works.
    `struck` is what a latent one expects in place of all that, but for how it ends, once it has
    ended the honest request itself.
    `means` is what is wrong, in one plain sentence. `asks` names the experiment of each clause of
    `decisive`, "" for what no experiment shows; clauses are parted by semicolons.
    `untestable` gives the reason why one client cannot test the cause in passing.
    """

    id: str
    means: str
    signature: str
    look_alikes: str
    decisive: str
    mend: str
    core: bool = True
    asks: tuple[str, ...] = ()
    weight: float = USUAL
    predicts: Mapping[str, Expect] = field(default_factory=dict)
    struck: Mapping[str, Expect] = field(default_factory=dict)
    latent: bool = False
    needs: str = ""
    untestable: str = ""

    @property
    def layer(self) -> str:
        """The part of the id before the dot."""
        return self.id.partition(".")[0]
