"""How each endpoint stands: what metrics and the exit status are read from."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from hangup.watching.memory import Memory
from hangup.watching.words import VERDICTS, Look, State, Verdict

SEVERITY: tuple[Verdict, ...] = ("fault", "unknown", "inconclusive", "healthy")
"""Which verdict stands for several endpoints: the first that one of them has."""


class Standing(Struct, frozen=True, kw_only=True):
    """One endpoint as it is at the moment; it is replaced, never changed.

    `state` is what was told last, `verdict` that of the last look, which ended at `ended` (of the
    monotonic clock). `rounds` counts looks by verdict, `skipped` those that came too late.
    """

    state: State | None = None
    verdict: Verdict | None = None
    ended: float = 0.0
    elapsed_s: float = 0.0
    certificate_end: float | None = None
    rounds: dict[Verdict, int] = msgspec.field(default_factory=lambda: dict.fromkeys(VERDICTS, 0))
    skipped: int = 0
    changes: int = 0

    def after(self, look: Look, memory: Memory, changes: int, now: float) -> Standing:
        """Give how it stands after one more look."""
        verdict = look.state.verdict
        return msgspec.structs.replace(
            self,
            state=memory.state,
            verdict=verdict,
            ended=now,
            elapsed_s=look.elapsed_s,
            certificate_end=look.certificate_end,
            rounds={**self.rounds, verdict: self.rounds[verdict] + 1},
            changes=self.changes + changes,
        )

    def without(self, skipped: int) -> Standing:
        """Give how it stands after rounds that were left out."""
        return msgspec.structs.replace(self, skipped=self.skipped + skipped)


def worst(standings: Iterable[Standing]) -> Verdict | None:
    """Give the verdict of the last looks that matters most; None when there was no look."""
    found = {each.verdict for each in standings}
    return next((verdict for verdict in SEVERITY if verdict in found), None)
