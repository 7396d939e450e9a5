"""Puts what a browser met into a diagnosis: its columns, and the verdict where it decides one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from hangup.browsed.columns import browsed, found_difference, in_browser
from hangup.browsed.differing import Difference
from hangup.causes import CAUSES
from hangup.diagnosis import Diagnosis, Evidence, ExperimentRun, Finding, InBrowser
from hangup.ending import ending_of
from hangup.event import Connecting
from hangup.judge import MOST_SURE
from hangup.trace import BROWSER, Trace

QUESTION = "What does a page in a browser meet?"
UNCHANGED = ("both-work", "undecided")
"""Outcomes that say nothing of what is wrong."""


def with_browser(
    diagnosis: Diagnosis,
    traces: Sequence[Trace],
    limits: Iterable[str] = (),
    took: float | None = None,
) -> Diagnosis:
    """Add what a browser met, if one was among the traces; `took` is how many seconds it ran.

    Where the probe found nothing wrong and only the browser failed, twice alike or by a rule of its
    own, that is the fault: it was seen, and is not inferred.
    """
    seen = in_browser(traces, limits)
    if seen is None:
        return diagnosis
    tries = browsed(traces)
    diagnosis = replace(
        diagnosis,
        browser=seen,
        experiments=(*diagnosis.experiments, _run_of(tries, took)),
        connections=diagnosis.connections + sum(bool(t.first(Connecting)) for t in tries),
    )
    why = found_difference(traces)
    if why is None:
        return _told(diagnosis, seen)
    if why.ours or diagnosis.verdict == "fault":
        steps = dict.fromkeys(filter(None, (*diagnosis.next_steps, why.mend)))
        return replace(_told(diagnosis, seen), next_steps=tuple(steps))
    return _decided(diagnosis, seen, why)


def _run_of(tries: Sequence[Trace], took: float | None) -> ExperimentRun:
    seconds = sum(each.events[-1].at for each in tries) if took is None else took
    return ExperimentRun(
        name=BROWSER,
        question=QUESTION,
        outcome=ending_of(tries[-1]).words,
        traces=tuple(each.id for each in tries),
        elapsed_s=round(seconds, 3),
    )


def _told(diagnosis: Diagnosis, seen: InBrowser) -> Diagnosis:
    if seen.outcome in UNCHANGED:
        return diagnosis
    return replace(diagnosis, summary=f"{diagnosis.summary} In {seen.agent}: {seen.because}")


def _decided(diagnosis: Diagnosis, seen: InBrowser, why: Difference) -> Diagnosis:
    cause = next((each for each in CAUSES if each.id == why.cause), None)
    layer = cause.layer if cause else why.layer
    means = cause.means if cause else f"It fails in a browser only, in the layer {layer}"
    mend = why.mend or (cause.mend if cause else "")
    return replace(
        diagnosis,
        verdict="fault",
        layer=layer,
        cause=cause.id if cause else None,
        confidence=MOST_SURE,
        summary=f"{means}. {seen.because}",
        alternatives=(),
        findings=(*_findings(why, seen, diagnosis), *_rest(diagnosis, why)),
        untested=tuple(each for each in diagnosis.untested if each.cause != why.cause),
        next_steps=(mend,) if mend else (),
    )


def _findings(why: Difference, seen: InBrowser, diagnosis: Diagnosis) -> tuple[Finding, ...]:
    if why.cause is None:
        return ()
    evidence = Evidence(
        trace=seen.trace, event=why.event, says=f"What does a browser meet? {why.says}"
    )
    return (
        Finding(cause=why.cause, verdict="supported", confidence=MOST_SURE, evidence=(evidence,)),
    )


def _rest(diagnosis: Diagnosis, why: Difference) -> Iterable[Finding]:
    return (each for each in diagnosis.findings if each.cause != why.cause)
