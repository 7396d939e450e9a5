"""How a comparison of two runs is told: lines of text, and the document."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from hangup import __version__
from hangup.plan.compare import FAILING, Change, Comparison, outcome_words
from hangup.plan.kept_run import KeptCheck, KeptRun
from hangup.report.units import duration

SCHEMA = "hangup.compare/1"
WORDS = {
    "broken": "BROKEN",
    "newly-failing": "NEWLY FAILING",
    "newly-void": "NEWLY VOID",
    "newly-not-executed": "NEWLY NOT EXECUTED",
    "symptom-changed": "symptom changed",
    "still-failing": "still failing",
}
MEANS = {
    "newly-failing": "it fails, and did not run before",
    "newly-void": "its control did not pass, so that it proves nothing now",
    "newly-not-executed": "it was not run, so that nothing is known of it now",
    "symptom-changed": "it fails in another way: this is no success",
}
QUIET = ("unchanged",)


def document_of(found: Comparison) -> dict[str, Any]:
    """Give the document."""
    return {
        "schema": SCHEMA,
        "worse": found.worse,
        "before": _run(found.before),
        "after": _run(found.after),
        "notes": list(found.notes),
        "counts": found.counts,
        "checks": [_changed(change) for change in found.changes],
        "hangup": __version__,
    }


def _run(run: KeptRun) -> dict[str, Any]:
    return {
        "run": run.run,
        "file": run.source or None,
        "plan": run.plan,
        "digest": run.digest or None,
        "environment": run.environment,
        "began": run.began,
        "builds": list(run.builds),
        "hangup": run.hangup,
    }


def _changed(change: Change) -> dict[str, Any]:
    return {
        "name": change.name,
        "change": change.kind,
        "before": _met(change.before),
        "after": _met(change.after),
    }


def _met(check: KeptCheck | None) -> dict[str, Any] | None:
    if check is None:
        return None
    return {
        "outcome": check.outcome,
        "says": check.says,
        "where": check.where,
        "symptom": check.symptom.words if check.symptom else None,
        "build": check.build,
    }


def lines_of(found: Comparison, now: float) -> Iterator[str]:
    """Say what changed, the worst first; `now` is in seconds since the epoch."""
    yield f"before  {_told(found.before, now)}"
    yield f"after   {_told(found.after, now)}"
    yield from (f"note    {note}" for note in found.notes)
    yield ""
    for change in found.changes:
        if change.kind not in QUIET:
            yield from _lines(change)
    counts = ", ".join(
        f"{number} {kind.replace('-', ' ')}" for kind, number in found.counts.items()
    )
    yield f"{'WORSE' if found.worse else 'not worse'}  {counts or 'neither run has a check'}"


def _told(run: KeptRun, now: float) -> str:
    builds = f"build {', '.join(run.builds)}" if run.builds else "build unknown"
    where = f", environment {run.environment}" if run.environment else ""
    return f"{run.title}, {_age(run.began, now)}, {run.plan}{where}, {builds}"


def _age(began: float, now: float) -> str:
    try:
        at = datetime.fromtimestamp(began, UTC).isoformat(timespec="seconds")
    except (OverflowError, OSError, ValueError):
        began, at = 0.0, ""
    return f"{duration(now - began)} ago ({at})" if began > 0 else "of unknown age"


def _lines(change: Change) -> Iterator[str]:
    kind = WORDS.get(change.kind, change.kind)
    means = MEANS.get(change.kind)
    yield f"  {kind:<18} {change.name}" + (f"  ({means})" if means else "")
    if change.before and change.after and _says_more(change):
        yield f"                     before: {outcome_words(change.before)}"
        yield f"                     after:  {outcome_words(change.after)}"
    elif change.after and (change.kind == "still-failing" or change.after.outcome in FAILING):
        yield f"                     {outcome_words(change.after)}"


def _says_more(change: Change) -> bool:
    return change.kind not in ("still-failing", "unchanged")
