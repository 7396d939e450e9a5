"""Compares two runs check by check, by what each of them met."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import Literal, get_args

from msgspec import Struct

from hangup.plan.kept_run import KeptCheck, KeptRun
from hangup.plan.results import AS_EXPECTED
from hangup.signs.volatile import without_numbers

Kind = Literal[
    "broken",
    "newly-failing",
    "newly-void",
    "newly-not-executed",
    "symptom-changed",
    "still-failing",
    "fixed",
    "new",
    "gone",
    "unchanged",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""In the order in which they are told, the worst first."""
WORSE = frozenset({"broken", "newly-failing", "newly-void", "newly-not-executed"})
"""Of these nobody can say that nothing is worse."""
FAILING = ("failed", "hung")


class Change(Struct, frozen=True, kw_only=True):
    """What became of one check from one run to the other."""

    name: str
    kind: Kind
    before: KeptCheck | None
    after: KeptCheck | None


class Comparison(Struct, frozen=True, kw_only=True):
    """Two runs, and what changed."""

    before: KeptRun
    after: KeptRun
    changes: tuple[Change, ...]
    notes: tuple[str, ...]

    @property
    def worse(self) -> bool:
        """Whether anything is worse, or can no longer be said to be well."""
        return any(change.kind in WORSE for change in self.changes)

    @property
    def counts(self) -> dict[str, int]:
        """How many checks there are of each kind of change that was met."""
        every = [change.kind for change in self.changes]
        return {kind: every.count(kind) for kind in KINDS if kind in every}


def compare(before: KeptRun, after: KeptRun) -> Comparison:
    """Compare two runs; the worst changes come first."""
    old, new = before.checks, after.checks
    changes = [_change(name, old.get(name), new.get(name)) for name in {**new, **old}]
    changes.sort(key=lambda change: KINDS.index(change.kind))
    notes = tuple(_notes(before, after))
    return Comparison(before=before, after=after, changes=tuple(changes), notes=notes)


def _change(name: str, before: KeptCheck | None, after: KeptCheck | None) -> Change:
    return Change(name=name, kind=_kind(before, after), before=before, after=after)


def _kind(before: KeptCheck | None, after: KeptCheck | None) -> Kind:
    if before is None or after is None:
        return "new" if before is None else "gone"
    if after.outcome in FAILING:
        return _failing(before, after)
    if after.outcome in AS_EXPECTED:
        return _expected(before, after)
    if _unknown(before):
        return "unchanged"
    return "newly-void" if after.outcome == "void" else "newly-not-executed"


def _failing(before: KeptCheck, after: KeptCheck) -> Kind:
    if before.outcome in AS_EXPECTED:
        return "broken"
    if _unknown(before):
        return "newly-failing"
    return "still-failing" if _alike(before, after) else "symptom-changed"


def _expected(before: KeptCheck, after: KeptCheck) -> Kind:
    """What is a known issue fails: it is neither fixed nor as good as what passed."""
    if before.outcome == after.outcome:
        return "unchanged"
    if after.outcome == "passed":
        return "fixed"
    if before.outcome in FAILING:
        return "still-failing" if _alike(before, after) else "symptom-changed"
    return "broken" if before.outcome == "passed" else "newly-failing"


def _unknown(check: KeptCheck) -> bool:
    return check.outcome not in (*AS_EXPECTED, *FAILING)


def _alike(before: KeptCheck, after: KeptCheck) -> bool:
    """Whether two failures look the same: 403 that became 500 is another one, and no success."""
    mine, theirs = before.symptom, after.symptom
    if (mine is None) != (theirs is None) or (mine and theirs and not mine.same_as(theirs)):
        return False
    if before.outcome == "known-issue" or after.outcome == "known-issue":
        return True  # its sentence is that of the plan
    if (before.outcome, before.where or "") != (after.outcome, after.where or ""):
        return False
    said = without_numbers(before.says), without_numbers(after.says)
    return said[0] == said[1] or bool(mine and mine.kind not in ("open", "finished"))


def _notes(before: KeptRun, after: KeptRun) -> Iterator[str]:
    names = [PurePath(run.plan).name for run in (before, after)]
    if names[0] != names[1]:
        both = " and ".join(names)
        yield f"the plans are different ones, {both}: compared by the names of checks"
    elif before.digest != after.digest:
        yield f"{names[0]} was changed between the two runs"
    if (before.environment or "") != (after.environment or ""):
        told = [run.environment or "none" for run in (before, after)]
        yield f"the environments are different ones: {told[0]} and {told[1]}"
    if before.began > after.began:
        yield f"{before.title} is the later one of the two"
    yield _build_note(before.builds, after.builds)


def _build_note(before: tuple[str, ...], after: tuple[str, ...]) -> str:
    if not before or not after:
        seen = (
            "neither run saw a build id"
            if not before and not after
            else ("one of the two runs saw no build id")
        )
        return f"{seen}: whether the build is another one is unknown"
    if before == after:
        return f"the build is the same, {', '.join(after)}: no other build was tested"
    return f"the build changed from {', '.join(before)} to {', '.join(after)}"


def outcome_words(check: KeptCheck) -> str:
    """Say what a check met, in one line."""
    outcome = check.outcome.replace("-", " ")
    return outcome if check.outcome == "passed" or not check.says else f"{outcome}: {check.says}"
