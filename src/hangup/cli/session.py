"""What one run of the program carries: the campaign's functions, and the secrets it has met."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # `hangup --version` and `--help` need none of the words
    from hangup.diagnosis import Diagnosis
    from hangup.inquiry import Inquiry
    from hangup.progress import Progress
    from hangup.trace import Trace


def _investigate(inquiry: Inquiry) -> AsyncIterator[Progress]:
    from hangup.campaign import investigate  # here: asyncio and websockets are slow to import

    return investigate(inquiry)


def _rejudge(traces: Sequence[Trace]) -> Diagnosis:
    from hangup.campaign import rejudge  # here: as above

    return rejudge(traces)


class Session:
    """The functions can be replaced in tests; `secrets` grows while options are read."""

    def __init__(
        self,
        investigate: Callable[[Inquiry], AsyncIterator[Progress]] = _investigate,
        rejudge: Callable[[Sequence[Trace]], Diagnosis] = _rejudge,
    ) -> None:
        self.investigate, self.rejudge = investigate, rejudge
        self.secrets: list[str] = []
