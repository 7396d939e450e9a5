"""Runs a campaign to its end, or to Ctrl-C, and keeps what was found until then."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from hangup.cli.session import Session
from hangup.cli.watchdog import GRACE, Stalled, Watchdog
from hangup.diagnosis import Diagnosis
from hangup.inquiry import Inquiry
from hangup.progress import Concluded, Ended, Progress
from hangup.trace import Trace

INTERRUPTED = "Interrupted: this is the judgement of the connections that were complete by then."
HEADLINE = "Interrupted; judged by what was seen until then:"
STALLED = (
    "Our own event loop was stuck when the budget ended (a pattern of --expect that runs away?): "
    "this is the judgement of the connections that were complete by then."
)


class Result(msgspec.Struct, frozen=True):
    """What a run gave; `interrupted` when the user ended it."""

    diagnosis: Diagnosis
    traces: tuple[Trace, ...]
    interrupted: bool = False

    @property
    def last(self) -> str:
        """The line to end with, lest a long report makes one forget how it came about."""
        return INTERRUPTED if self.interrupted else ""


def run(inquiry: Inquiry, session: Session, watch: Callable[[Progress], None]) -> Result:
    """Investigate, telling `watch` of each step; Ctrl-C gives the judgement of what there is."""
    import time

    from hangup.probe import loop  # here: commands without a network need not pay for it

    began = time.monotonic()
    seen: list[Trace] = []
    concluded: list[Concluded] = []

    async def follow() -> None:
        async for step in session.investigate(inquiry):
            if isinstance(step, Ended):
                seen.extend(step.traces)
            if isinstance(step, Concluded):
                concluded.append(step)
            watch(step)

    try:
        with Watchdog(inquiry.budget + GRACE):
            loop.run(follow())
    except Stalled:
        if not concluded:
            return _judged(inquiry, session, tuple(seen), STALLED)
    except KeyboardInterrupt:
        if not concluded:
            found = _judged(inquiry, session, tuple(seen), INTERRUPTED)
            return _interrupted(found, time.monotonic() - began)
    return Result(concluded[-1].diagnosis, concluded[-1].traces)


def _judged(inquiry: Inquiry, session: Session, traces: tuple[Trace, ...], note: str) -> Result:
    """Judge what is there of a run that did not conclude."""
    diagnosis = session.rejudge(traces) if traces else _nothing(inquiry, session)
    return Result(msgspec.structs.replace(diagnosis, notes=(*diagnosis.notes, note)), traces)


def _interrupted(found: Result, elapsed: float) -> Result:
    """Say in the headline of every report that the verdict is of a part of the run."""
    diagnosis = msgspec.structs.replace(
        found.diagnosis,
        summary=f"{HEADLINE} {found.diagnosis.summary}",
        elapsed_s=round(elapsed, 3),
    )
    return Result(diagnosis, found.traces, interrupted=True)


def _nothing(inquiry: Inquiry, session: Session) -> Diagnosis:
    """Give the diagnosis of a run that was ended before its first connection was complete."""
    from hangup.cli.undecided import undecided  # here: it is rare, and the first packet waits
    from hangup.redact import Redactor

    url = Redactor(session.secrets).text(inquiry.endpoint.url)
    summary = "No connection was complete."
    return undecided(url, summary, ("Run it again and let it finish.",), 0)
