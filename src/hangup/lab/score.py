"""The score: how often layer and cause are right, how honest the confidence is, at what cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from msgspec import Struct

from hangup import __version__
from hangup.interval import wilson
from hangup.lab.lookup import BASELINES, guess
from hangup.lab.marking import account
from hangup.lab.parts import parts_of
from hangup.lab.running import Result

SCHEMA = "hangup.lab-score/1"
EDGES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
"""Bounds of the bins of confidence."""
NONE = "none"
"""The row or column of the confusion matrix for no fault, and for no decision."""


class Right(Struct, frozen=True):
    """How many of the faulty worlds got layer and cause right, and how often it raised an alarm."""

    layer_right: int
    cause_right: int
    false_alarms: int


class HeldOut(Struct, frozen=True):
    """What became of the worlds that were written without sight of the predictions."""

    worlds: int
    faulty: int
    layer_right: int
    cause_right: int
    false_alarms: int
    not_executed: int
    sure: int
    sure_right: int


class Bin(Struct, frozen=True):
    """Diagnoses of one range of confidence: how sure they were on average, how many were right."""

    low: float
    high: float
    count: int
    sure: float
    right: float


class Row(Struct, frozen=True, kw_only=True):
    """One world of the table."""

    world: str
    parts: tuple[str, ...]
    truth: str | None
    also: tuple[str, ...]
    outcome: str
    found: str
    why: str
    verdict: str
    layer: str | None
    cause: str | None
    confidence: float | None
    elapsed_s: float | None
    connections: int | None
    waits: bool
    held_out: bool


class Score(Struct, frozen=True, kw_only=True):
    """The document of `hangup lab score`; times are seconds, medians leave out what waits.

    `matrix` counts the layers found for each true layer; `confused` names the pairs of causes.
    Held-out worlds are in `held_out` and `rows` only.
    """

    schema: str = SCHEMA
    hangup: str = __version__
    worlds: int
    faulty: int
    healthy: int
    layer_right: int
    cause_right: int
    layer_right_share: float
    cause_right_share: float
    false_alarms: int
    abstained: int
    hung: int
    not_executed: int
    sure: int
    sure_right: int
    sure_interval: tuple[float, float]
    brier: float
    bins: tuple[Bin, ...]
    median_s: float
    median_connections: float
    matrix: dict[str, dict[str, int]]
    confused: dict[str, dict[str, int]]
    baselines: dict[str, Right]
    held_out: HeldOut
    rows: tuple[Row, ...]


SURE = 0.9
"""Confidence from which a diagnosis must nearly always be right."""


def score(results: Sequence[Result]) -> Score:
    """Count; what was not executed is neither right nor wrong."""
    known = [r for r in results if not r.world.held_out]
    ran = [r for r in known if r.outcome != "not-executed"]
    faulty = [r for r in ran if r.world.truth is not None]
    claims = [(r.diagnosis.confidence, r.mark.claim) for r in ran if r.diagnosis and r.mark]
    decided = [(sure, right) for sure, right in claims if right is not None]
    sure = _sure(ran)
    quick = [r.diagnosis for r in ran if r.diagnosis and not r.world.waits]
    layer = sum(r.mark.layer for r in faulty if r.mark)
    cause = sum(r.mark.cause for r in faulty if r.mark)
    return Score(
        worlds=len(known),
        faulty=len(faulty),
        healthy=len(ran) - len(faulty),
        layer_right=layer,
        cause_right=cause,
        layer_right_share=_share(layer, len(faulty)),
        cause_right_share=_share(cause, len(faulty)),
        false_alarms=_false_alarms(ran),
        abstained=sum(right is None for _, right in claims),
        hung=sum(r.outcome == "hung" for r in ran),
        not_executed=len(known) - len(ran),
        sure=len(sure),
        sure_right=sum(sure),
        sure_interval=wilson(sum(sure), len(sure)) if sure else (0.0, 1.0),
        brier=_brier(decided),
        bins=tuple(_bins(decided)),
        median_s=round(median(d.elapsed_s for d in quick), 3) if quick else 0.0,
        median_connections=median(d.connections for d in quick) if quick else 0.0,
        matrix=_matrix(ran),
        confused=_confused(faulty),
        baselines={name: _baseline(name, ran) for name in BASELINES},
        held_out=_held_out([r for r in results if r.world.held_out]),
        rows=tuple(_row(r) for r in results),
    )


def _held_out(results: Sequence[Result]) -> HeldOut:
    ran = [r for r in results if r.outcome != "not-executed"]
    marks = [r.mark for r in ran if r.mark and r.world.truth is not None]
    sure = _sure(ran)
    return HeldOut(
        worlds=len(results),
        faulty=sum(r.world.truth is not None for r in ran),
        layer_right=sum(mark.layer for mark in marks),
        cause_right=sum(mark.cause for mark in marks),
        false_alarms=_false_alarms(ran),
        not_executed=len(results) - len(ran),
        sure=len(sure),
        sure_right=sum(sure),
    )


def _sure(ran: Sequence[Result]) -> list[bool]:
    """Give of each diagnosis that committed itself, and was sure, whether its claim is right."""
    marked = [(r.diagnosis.confidence, r.mark.claim) for r in ran if r.diagnosis and r.mark]
    return [claim for sure, claim in marked if claim is not None and sure >= SURE]


def _false_alarms(ran: Sequence[Result]) -> int:
    return sum(
        r.world.truth is None and r.diagnosis is not None and r.diagnosis.verdict == "fault"
        for r in ran
    )


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _brier(decided: Sequence[tuple[float, bool]]) -> float:
    """Give the mean squared distance between confidence and truth; 0.25 is what a coin gets."""
    if not decided:
        return 0.0
    return round(sum((sure - right) ** 2 for sure, right in decided) / len(decided), 4)


def _bins(decided: Sequence[tuple[float, bool]]) -> list[Bin]:
    found = []
    for low, high in pairwise(EDGES):
        inside = [(s, r) for s, r in decided if low <= s < high or s == high == EDGES[-1]]
        if inside:
            sure = sum(s for s, _ in inside) / len(inside)
            right = sum(r for _, r in inside) / len(inside)
            found.append(Bin(low, high, len(inside), round(sure, 4), round(right, 4)))
    return found


def _matrix(ran: Sequence[Result]) -> dict[str, dict[str, int]]:
    pairs = Counter((_layer(r.world.truth), _found(r)) for r in ran)
    rows: dict[str, dict[str, int]] = {}
    for (true, found), count in sorted(pairs.items()):
        rows.setdefault(true, {})[found] = count
    return rows


def _found(result: Result) -> str:
    found = result.diagnosis
    return (found.layer or found.verdict) if found else result.outcome


def _layer(cause: str | None) -> str:
    return cause.partition(".")[0] if cause else "healthy"


def _confused(faulty: Sequence[Result]) -> dict[str, dict[str, int]]:
    """Count what was found in place of each true cause, where something else was."""
    rows: dict[str, dict[str, int]] = {}
    for result in faulty:
        found = result.diagnosis.cause if result.diagnosis else None
        truth = result.world.truth
        if truth is not None and found != truth:
            row = rows.setdefault(truth, {})
            row[found or NONE] = row.get(found or NONE, 0) + 1
    return dict(sorted(rows.items()))


def _baseline(name: str, ran: Sequence[Result]) -> Right:
    layer = cause = alarms = 0
    for result in ran:
        found_layer, found_cause = guess(name, result.traces)
        if result.world.truth is None:
            alarms += found_layer is not None
        else:
            layer += found_layer in result.world.layers
            cause += found_cause in result.world.right
    return Right(layer, cause, alarms)


def _row(result: Result) -> Row:
    world, found = result.world, result.diagnosis
    return Row(
        world=world.name,
        parts=parts_of(world.start),
        truth=world.truth,
        also=world.also,
        outcome=result.outcome,
        found=account(found) if found else "",
        why=result.why or (result.mark.problem if result.mark else ""),
        verdict=found.verdict if found else "",
        layer=found.layer if found else None,
        cause=found.cause if found else None,
        confidence=found.confidence if found else None,
        elapsed_s=found.elapsed_s if found else None,
        connections=found.connections if found else None,
        waits=world.waits,
        held_out=world.held_out,
    )
