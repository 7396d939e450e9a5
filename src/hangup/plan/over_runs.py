"""The checks of a plan over its runs: what each met in each run, and what changed in between."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from hangup.plan.compare import Kind, compare
from hangup.plan.kept_run import KeptCheck, KeptRun

SAME: tuple[Kind, ...] = ("unchanged", "still-failing")
"""What is no change."""


class Cell(Struct, frozen=True, kw_only=True):
    """One check in one run: what it met, None when the run has no such check.

    `change` is what became of it since the run before, None where that is not known or nothing;
    `place` is that of the check in its run.
    """

    check: KeptCheck | None
    change: Kind | None
    place: int


class Row(Struct, frozen=True, kw_only=True):
    """One check over all runs."""

    name: str
    cells: tuple[Cell, ...]


class PhaseRows(Struct, frozen=True, kw_only=True):
    """The checks of one phase."""

    name: str
    rows: tuple[Row, ...]


def rows_of(runs: Sequence[KeptRun], earlier: KeptRun | None) -> tuple[PhaseRows, ...]:
    """Give the checks of runs, the latest first as they are given; `earlier` is the run before.

    Phases and checks stand in the order of the latest run, then those that only older ones have.
    """
    columns = [_column(run, before) for run, before in zip(runs, [*runs[1:], earlier], strict=True)]
    return tuple(
        PhaseRows(
            name=phase,
            rows=tuple(
                Row(name=name, cells=tuple(each.get(name, MISSING) for each in columns))
                for name in names
            ),
        )
        for phase, names in _phases(runs).items()
    )


MISSING = Cell(check=None, change=None, place=-1)


def _column(run: KeptRun, before: KeptRun | None) -> dict[str, Cell]:
    changes = {each.name: each.kind for each in compare(before, run).changes} if before else {}
    return {
        name: Cell(check=check, change=_told(changes.get(name)), place=place)
        for place, (name, check) in enumerate(run.checks.items())
    }


def _told(kind: Kind | None) -> Kind | None:
    return None if kind in SAME else kind


def _phases(runs: Iterable[KeptRun]) -> dict[str, list[str]]:
    """Give each phase its checks; a check that moved stands where it was last."""
    found: dict[str, list[str]] = {}
    known = set[str]()
    for run in runs:
        for phase in run.phases:
            names = [*(check.name for check in phase.checks), *phase.would_tell]
            found.setdefault(phase.name, []).extend(n for n in names if n not in known)
            known.update(names)
    return {phase: names for phase, names in found.items() if names}
